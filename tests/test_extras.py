"""Without extras idlat reads and writes; what needs one says which, in one line."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("light")
    z, y, x = np.meshgrid(*[np.linspace(0, 3, 20)] * 3, indexing="ij")
    np.save(made / "f.npy", (np.sin(x) + np.cos(y) * z).astype("float32"))
    done = idlat(made, "compress", "f.npy", "--importance", "isosurface(1.0, decay=0.2)", "-o", "f.idlat")
    assert done.returncode == 0, done.stderr
    return made


def idlat(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = LIGHT + "from idlat.cli import main\nmain(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, timeout=300
    )


@pytest.mark.parametrize(
    "words",
    [
        "decompress f.idlat -o b.nc",
        "info f.idlat --json",
        "evaluate f.idlat f.npy",
        "verify f.idlat f.npy",
        "export f.idlat -o vtk",
    ],
)
def test_reading_and_writing_need_no_extra(folder, words) -> None:
    done = idlat(folder, *words.split())
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        ("analyze clusters f.idlat -o c", "analysis"),
        ("evaluate f.idlat f.npy --isovalue 1.0", "analysis"),
        ("demo -o d", "analysis"),
        ("train f.npy -o m --steps 1", "train"),
        ("compress f.npy --model learned -o h.idlat", "train"),
        ("explore f.idlat --server", "explorer"),
    ],
)
def test_what_is_missing_is_one_line_that_names_the_extra(folder, words, extra) -> None:
    before = sorted(folder.iterdir())
    done = idlat(folder, *words.split())
    assert done.returncode == 2
    assert re.fullmatch(rf"idlat: [^\n]* needs? [^\n]*: pip install 'idlat\[{extra}\]'\n", done.stderr)
    assert sorted(folder.iterdir()) == before


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
