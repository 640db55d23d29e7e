"""A release as others get it: built, its contents, and at work where nothing else is.

The environment is made without pip's downloads: the wheel is installed into an empty one, and beside it
the packages that its metadata ask for, and those that these ask for, are links to the environment of the
tests. So a requirement that is missing from the metadata shows; whether an index has all of them, in
versions that agree, does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement

import idlat

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PATIENCE = 1200  # s: the kernels compile anew, and the machine may be busy
MODEL_BYTES = 6e6
DATA = {".npy", ".npz", ".nc", ".h5", ".raw", ".vti", ".vtk", ".nrrd", ".mha", ".idlat"}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the source distribution, and from it the wheel."""
    folder = tmp_path_factory.mktemp("dist")
    # as `make dist` does, with the build backend that is installed
    finish([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT], folder)
    (source,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return source, wheel


def finish(command: list[str | Path], folder: Path) -> str:
    """Run a program in a folder where no source of ours is found; return what it prints."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needed(requirements: list[str], extra: str = "") -> Iterator[Distribution]:
    """Tell which installed distributions requirements and theirs name; those that are absent are left out."""
    for requirement in map(Requirement, requirements):
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        try:
            found = distribution(requirement.name)
        except PackageNotFoundError:
            continue
        yield found
        for of_its in requirement.extras or {""}:
            yield from needed(found.requires or [], of_its)


class Environment:
    """A virtual environment that has the wheel, and links to what its metadata ask for."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        venv.create(folder, symlinks=True)
        self.folder = folder
        self.python = folder / "bin" / "python"
        (self.packages,) = folder.glob("lib/python*/site-packages")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", self.python]
        finish([*pip, "install", "--quiet", "--no-index", "--no-deps", wheel], folder)
        (self.installed,) = distributions(name="idlat", path=[str(self.packages)])

    def bring(self, extra: str = "") -> None:
        """Link the packages that the wheel needs, those of an extra too."""
        for found in needed(self.installed.requires or [], extra):
            for name in {file.parts[0] for file in found.files or []} - {"..", "__pycache__"}:
                link = self.packages / name
                if not link.exists():
                    link.symlink_to(Path(str(found.locate_file(name))))

    def idlat(self, *arguments: str) -> str:
        return finish([self.folder / "bin" / "idlat", *arguments], self.folder)


@pytest.fixture(scope="module")
def environment(release, tmp_path_factory) -> Environment:
    made = Environment(tmp_path_factory.mktemp("environment"), release[1])
    made.bring()
    return made


def inside(release: tuple[Path, Path]) -> tuple[dict[PurePosixPath, int], dict[PurePosixPath, int]]:
    """Return the files of the source distribution and of the wheel, with their sizes."""
    source, wheel = release
    with tarfile.open(source) as archive:
        # each name begins with the folder idlat-VERSION
        first = {PurePosixPath(*PurePosixPath(m.name).parts[1:]): m.size for m in archive if m.isfile()}
    with zipfile.ZipFile(wheel) as archive:
        return first, {PurePosixPath(entry.filename): entry.file_size for entry in archive.infolist()}


def test_the_files_are_named_after_the_version(release):
    source, wheel = release
    assert source.name == f"idlat-{idlat.__version__}.tar.gz"
    assert wheel.name == f"idlat-{idlat.__version__}-py3-none-any.whl"


def test_the_wheel_has_the_package_alone_with_its_models(release):
    _, wheel = inside(release)
    assert {path.parts[0] for path in wheel} == {"idlat", f"idlat-{idlat.__version__}.dist-info"}
    models = {path.name: size for path, size in wheel.items() if path.suffix == ".safetensors"}
    assert set(models) == {"default.safetensors", "learned.safetensors"}
    assert sum(models.values()) < MODEL_BYTES
    assert PurePosixPath("idlat/py.typed") in wheel
    assert not [path for path in wheel if path.suffix in DATA]


def test_the_wheel_has_every_file_of_the_package(release):
    _, wheel = inside(release)
    files = {path.relative_to(ROOT / "src") for path in (ROOT / "src/idlat").rglob("*") if path.is_file()}
    assert {PurePosixPath(path) for path in files if "__pycache__" not in path.parts} <= set(wheel)


def test_the_source_has_all_that_building_and_testing_need_and_no_data(release):
    source, _ = inside(release)
    assert {path.parts[0] for path in source} >= {"src", "tests", "docs", "pyproject.toml", "Makefile"}
    assert not [path for path in source if path.suffix in DATA]


def test_the_command_tells_its_version(environment):
    assert environment.idlat("--version").split()[-1] == idlat.__version__


def test_the_package_comes_from_the_wheel_and_what_it_does_not_ask_for_is_absent(environment):
    said = finish([environment.python, "-c", "import idlat; print(idlat.__file__)"], environment.folder)
    assert Path(said.strip()).is_relative_to(environment.packages)
    assert not (environment.packages / "pytest").exists()
    assert not (environment.packages / "torch").exists()


def test_the_demo_runs(environment):
    environment.bring("analysis")
    said = environment.idlat("demo", "-o", "out")
    assert "wPSNR" in said
    assert {path.name for path in (environment.folder / "out").iterdir()} == {
        "vortex.nc",
        "vortex.idlat",
        "demo.png",
    }
    assert "isosurface" in environment.idlat("info", "out/vortex.idlat")
