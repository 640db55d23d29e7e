"""A pipe where a command expects a file: one line, and no waiting for what never comes."""

import os
from pathlib import Path

import numpy as np
import pytest

from idlat.archive.codecs.model_lookup import find_model
from idlat.cli.analyze.archive_blocks import read_clusters
from idlat.cli.app import run
from idlat.errors import IdlatError, ModelError

COMMANDS = {
    "a field": ["compress", "pipe.npy", "-o", "out.idlat"],
    "a raw field": ["compress", "pipe.raw", "--shape", "4,5,6", "--dtype", "f4", "-o", "out.idlat"],
    "a model": ["compress", "good.npy", "-o", "out.idlat", "--model", "pipe.safetensors"],
    "a map": ["compress", "good.npy", "-o", "out.idlat", "--importance", "pipe.npy"],
    "a map in an expression": [
        *("compress", "good.npy", "-o", "out.idlat"),
        *("--importance", "0.5*file('pipe.npy')"),
    ],
    "an archive": ["info", "pipe.idlat"],
    "a packed archive": ["decompress", "pipe.zip", "-o", "back.npy"],
    "an archive to replace": ["compress", "good.npy", "-o", "pipe.idlat"],
    "an archive to append to": ["compress", "good.npy", "-o", "pipe.idlat", "--append"],
    "clusters": ["analyze", "track", "good.idlat", "--clusters", "pipe.json", "-o", "tracks"],
    "a field to train on": ["train", "pipe.npy", "-o", "m.safetensors", "--steps", "1"],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.save("good.npy", np.arange(120, dtype=np.float32).reshape(4, 5, 6))
    for suffix in ("npy", "raw", "safetensors", "idlat", "zip", "json"):
        os.mkfifo(f"pipe.{suffix}")
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pipe_is_one_line(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(COMMANDS[name]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1, message
    assert not Path("out.idlat").exists()


def test_a_pipe_among_the_models(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDLAT_MODEL_PATH", f"{folder / 'pipe.safetensors'}{os.pathsep}{folder}")
    with pytest.raises(ModelError, match="no model with SHA-256"):
        find_model("0" * 64)


def test_a_pipe_in_place_of_clusters(folder: Path) -> None:
    with pytest.raises(IdlatError, match=r"is a pipe, not a file: expected a file of clusters"):
        read_clusters(Path("pipe.json"), ())
