"""A folder where a file or an archive should be named: one line, and nothing is touched."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from idlat.cli.app import run


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A field and its archive."""
    folder = tmp_path_factory.mktemp("made")
    np.save(folder / "f.npy", np.zeros((8, 8, 8), "f4"))
    assert run(["compress", str(folder / "f.npy"), "-o", str(folder / "a.idlat")]) == 0
    return folder


@pytest.mark.parametrize("place", [".", "./", "..", "/"])
@pytest.mark.parametrize(
    "command",
    [
        ("compress", "f.npy", "-o"),
        ("compress", "f.npy", "--overwrite", "-o"),
        ("importance", "f.npy", "1", "-o"),
        ("decompress", "a.idlat", "-o"),
        ("export", "a.idlat", "-o"),
        ("export", "a.idlat", "--overwrite", "-o"),
        ("train", "f.npy", "--steps", "1", "-o"),
    ],
    ids=" ".join,
)
def test_one_line(made, tmp_path, monkeypatch, capsys, command, place):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    capsys.readouterr()
    assert run([*command, place]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "folder" in said or "not an idlat archive" in said
    assert "PosixPath" not in said
    assert sorted(tmp_path.rglob("*")) == before
