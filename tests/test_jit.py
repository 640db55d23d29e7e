"""Kernels are compiled once and found again, also where the package's folder cannot be written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from idlat import jit

CALL = """
import warnings
from idlat.errors import Remark
warnings.simplefilter("always", Remark)
import numpy as np
from idlat.coding.kernels.sizes import symbol_of
assert symbol_of(40) == 21
print(sum(symbol_of.stats.cache_hits.values()), symbol_of.stats.cache_path)
"""


def call(tmp_path: Path, code: str = CALL, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(jit.__file__).parents[1]), **more}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=True,
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The first call of a kernel, and the cache that it has filled."""
    folder = tmp_path_factory.mktemp("first")
    return call(folder, NUMBA_CACHE_DIR=str(folder / "cache")), folder / "cache"


@pytest.fixture
def cache(first: tuple[subprocess.CompletedProcess[str], Path], tmp_path: Path) -> Path:
    """A copy of that cache."""
    return Path(shutil.copytree(first[1], tmp_path / "cache"))


def test_compiling_is_remarked_on_once(
    first: tuple[subprocess.CompletedProcess[str], Path], cache: Path, tmp_path: Path
) -> None:
    said, second = first[0], call(tmp_path, NUMBA_CACHE_DIR=str(cache))
    assert said.stderr.count("need, once: it takes up to two minutes") == 1
    assert said.stdout.startswith("0 ")
    assert not second.stderr
    assert second.stdout.startswith("1 ")


@pytest.mark.parametrize("renamed", [True, False])
def test_what_an_older_version_kept_is_forgotten(cache: Path, tmp_path: Path, renamed: bool) -> None:
    """Its classes had other names, or the file was cut short."""
    (index,) = (path for path in cache.rglob("*.nbi") if "symbol_of" in path.name)
    content = index.read_bytes()
    old = content.replace(b"numba.core.types", b"numba.core.typos") if renamed else content[:-9]
    assert old != content
    index.write_bytes(old)
    again, found = (call(tmp_path, NUMBA_CACHE_DIR=str(cache)) for _ in range(2))
    assert again.stdout.startswith("0 ")
    assert found.stdout.startswith("1 ")


def test_it_compiles_where_warnings_are_errors(tmp_path: Path) -> None:
    code = CALL.replace('"always", Remark', '"error"')
    result = call(tmp_path, code, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert result.stdout.startswith("0 ")
    assert not result.stderr


def test_it_works_without_a_cache(tmp_path: Path) -> None:
    """No folder can be written: numba finds none, says so, and the kernel is compiled each time."""
    found = "import numba.core.caching as c; c.CacheImpl._locator_classes = []\n"
    result = call(tmp_path, found + CALL)
    assert result.stdout.split() == ["0", "None"]


def test_the_cache_heeds_every_source_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    cache, sig = jit._package_cache()(jit.compiles), None

    class Codegen:
        def magic_tuple(self) -> tuple[str]:
            return ("machine",)

    monkeypatch.setattr(cache._py_func, "__module__", "idlat.coding.any", raising=False)
    before = cache._index_key(sig, Codegen())
    monkeypatch.setattr(jit, "_sources_of", lambda module: f"another {module}")
    assert cache._index_key(sig, Codegen())[:-1] == before[:-1]
    assert cache._index_key(sig, Codegen())[-1] == "another idlat.coding.any"
    assert len(before[-1]) == 64


def test_numba_loads_only_when_a_kernel_is_needed(tmp_path: Path) -> None:
    code = "import sys, idlat.model.subband.rdo_quantisation, idlat.cli; print('numba' in sys.modules)"
    assert call(tmp_path, code).stdout.strip() == "False"
