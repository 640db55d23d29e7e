"""The code on the pages runs as it stands there, from the first line to the last."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.cli.app import run

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
WHOLE = [
    "docs/five_minutes.md",
    "docs/quality.md",
    *sorted(f"docs/tutorials/{n.name}" for n in (ROOT / "docs/tutorials").glob("*.md")),
]
PYTHON = ["README.md", "docs/index.md"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the file that pages speak of: run.nc, of the variable pressure."""
    z, y, x = np.meshgrid(np.arange(72.0), np.arange(24.0), np.arange(24.0), indexing="ij")
    values = 8 + 3 * np.sin(z / 9) * np.cos(y / 7) + np.sin(x / 5)
    field = xr.DataArray(values.astype("float32"), dims=("z", "y", "x"), name="pressure")
    idlat.write_field(field, tmp_path / "run.nc")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


def run_blocks(page: str, kinds: tuple[str, ...]) -> int:
    """Run a page's blocks in order, Python in one namespace; return how many there were."""
    names: dict[str, object] = {"__name__": "page"}
    chosen = [(kind, text) for kind, text in blocks(page) if kind in kinds]
    for kind, text in chosen:
        if kind == "python":
            exec(compile(text, page, "exec"), names)  # noqa: S102
            continue
        for line in text.splitlines():
            program, *arguments = shlex.split(line)
            assert program == "idlat", f"{page}: {line}"
            assert run(arguments) == 0, f"{page}: {line}"
    return len(chosen)


@pytest.mark.parametrize("page", WHOLE)
def test_a_page_runs(page, folder, capsys):
    assert run_blocks(page, ("python", "sh")) >= 2


@pytest.mark.parametrize("page", PYTHON)
def test_python_of_a_page_runs(page, folder):
    assert run_blocks(page, ("python",)) >= 1


def test_a_block_that_fails_is_noticed(folder, monkeypatch):
    monkeypatch.setitem(globals(), "blocks", lambda _: [("sh", "idlat info absent.idlat\n")])
    with pytest.raises(AssertionError, match="absent"):
        run_blocks("page", ("sh",))
