"""Without extras idlat reads and writes; what needs one says which, in one line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest

from idlat import extras
from idlat.errors import MissingExtraError

ROOT = Path(__file__).parents[1]
MODULES = [module for names in extras._EXTRAS.values() for module in names.split()]
MODULES.remove("PIL")  # xarray and dask do not need it, but pytest's plug-ins may have loaded it

LIGHT = f"""
import sys
for name in {MODULES}:
    sys.modules[name] = None  # as if it were not installed
"""


READ = ("decompress f.idlat -o b.nc", "info f.idlat --json", "evaluate f.idlat f.npy")
READ += ("verify f.idlat f.npy", "export f.idlat -o vtk")
MISSING = {
    "analyze clusters f.idlat -o c": "analysis",
    "evaluate f.idlat f.npy --isovalue 1.0": "analysis",
    "demo -o d": "analysis",
    "train f.npy -o m --steps 1": "train",
    "compress f.npy --model learned -o h.idlat": "train",
    "explore f.idlat --server": "explorer",
}
RUN_ALL = (
    LIGHT
    + """
import contextlib, io, json, os
from idlat.cli.app import run
ended = {}
for words in json.loads(sys.argv[1]):
    before, out, err = sorted(os.listdir()), io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(words.split())
    ended[words] = [status, err.getvalue(), before == sorted(os.listdir())]
print(json.dumps(ended))
"""
)


@dataclass(frozen=True)
class Ended:
    """How a command ended, and whether it left the folder as it was."""

    status: int
    err: str
    left_nothing: bool


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("light")
    z, y, x = np.meshgrid(*[np.linspace(0, 3, 20)] * 3, indexing="ij")
    np.save(made / "f.npy", (np.sin(x) + np.cos(y) * z).astype("float32"))
    return made


@pytest.fixture(scope="module")
def ended(folder) -> dict[str, Ended]:
    """All commands, one after the other in one process that has no extra."""
    given = json.dumps(["compress f.npy --importance isosurface(1.0,decay=0.2) -o f.idlat", *READ, *MISSING])
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL, given], cwd=folder, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return {words: Ended(*each) for words, each in json.loads(done.stdout).items()}


@pytest.mark.parametrize("words", READ)
def test_reading_and_writing_need_no_extra(ended, words) -> None:
    assert ended[words].status == 0, ended[words].err


@pytest.mark.parametrize("words", MISSING)
def test_what_is_missing_is_one_line_that_names_the_extra(ended, words) -> None:
    assert ended[words].status == 2
    line = rf"idlat: [^\n]* needs? [^\n]*: pip install 'idlat\[{MISSING[words]}\]'\n"
    assert re.fullmatch(line, ended[words].err)
    assert ended[words].left_nothing


@pytest.mark.usefixtures("ended")
def test_in_python_it_is_an_error_of_ours(folder) -> None:
    code = LIGHT + (
        "import idlat, idlat.errors\n"
        "for name in ('analysis', 'training'):\n"
        "    try:\n        getattr(idlat, name)\n"
        "    except idlat.errors.MissingExtraError as error:\n        print(error)\n"
        "print(idlat.open_archive('f.idlat').decode().shape)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "analysis needs sklearn, skimage, openTSNE, pyamg: pip install 'idlat[analysis]'",
        "training needs torch, lightning_fabric, constriction: pip install 'idlat[train]'",
        "(20, 20, 20)",
    ]
    with pytest.raises(MissingExtraError, match=r"^this needs no_such: pip install"):
        extras.require("this", "no_such")


def test_each_module_is_of_a_package_that_the_extra_names() -> None:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    known = packages_distributions()
    for extra, modules in extras._EXTRAS.items():
        packages = {re.split(r"[\[>]", line)[0].lower().replace("_", "-") for line in said[extra]}
        for module in modules.split():
            for package in known.get(module, ()):
                assert package.lower().replace("_", "-") in packages, (extra, module)
    assert set(extras._EXTRAS) <= set(re.findall(r"[a-z]+", said["all"][0]))
