"""A folder where a file or an archive should be named: one line, and nothing is touched."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.cli.app import run


@pytest.mark.parametrize("place", [".", "./", "..", "/"])
@pytest.mark.parametrize(
    "command",
    [
        ("compress", "f.npy", "-o"),
        ("compress", "f.npy", "--overwrite", "-o"),
        ("importance", "f.npy", "1", "-o"),
        ("decompress", "a.idlat", "-o"),
        ("train", "f.npy", "--steps", "1", "-o"),
    ],
    ids=" ".join,
)
def test_one_line(tmp_path, monkeypatch, capsys, command, place):
    monkeypatch.chdir(tmp_path)
    np.save("f.npy", np.zeros((8, 8, 8), "f4"))
    assert run(["compress", "f.npy", "-o", "a.idlat"]) == 0
    before = sorted(tmp_path.rglob("*"))
    capsys.readouterr()
    assert run([*command, place]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "folder" in said or "not an idlat archive" in said
    assert "PosixPath" not in said
    assert sorted(tmp_path.rglob("*")) == before
