"""The golden set decodes to the same integers, and bounded values to the same bits, however it is decoded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

import idlat
from golden.decode_golden import GOLDEN, NAMES, decoded, digest
from idlat.archive.codecs.sealed_objects import open_object
from idlat.archive.read.chunk_readers import latent_key
from idlat.coding import subband_walk
from idlat.coding.learned.integer_networks import IntegerLayer
from idlat.errors import IdlatError
from idlat.jit import compiles
from independent_reader.read_archive import Reader

TESTS = GOLDEN.parent
EXPECTED: dict[str, dict[str, Any]] = json.loads((GOLDEN / "golden.json").read_text())
NETWORKS = ("baseline", "learned", "paper")
DEFAULT = [name for name in NAMES if name not in NETWORKS]

MACHINES = {
    "one thread": {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},
    "two threads": {"OMP_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "2"},
    "pure Python": {"IDLAT_PURE_PYTHON": "1"},
    "old BLAS": {"OPENBLAS_CORETYPE": "Prescott", "ATEN_CPU_CAPABILITY": "default"},
    **{f"ATen {name}": {"ATEN_CPU_CAPABILITY": name} for name in ("default", "avx2", "avx512")},
    **{
        f"oneDNN {name}": {"ONEDNN_MAX_CPU_ISA": name}
        for name in "SSE41 AVX AVX2 AVX2_VNNI AVX512_CORE AVX512_CORE_VNNI AVX512_CORE_AMX ALL".split()
    },
    "deterministic": {"DETERMINISTIC": "1"},
}
QUICK = ("old BLAS",)  # these tests themselves have one thread


@pytest.fixture(autouse=True)
def models_of_the_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default model of when the set was written."""
    monkeypatch.setenv("IDLAT_MODEL_PATH", str(GOLDEN))


def check(found: dict[str, dict[str, Any]]) -> None:
    """Compare everything that was decoded: hashes, and the coarse view to some roundings of float32."""
    assert found
    for name, arrays in found.items():
        assert arrays.keys() == EXPECTED[name].keys()
        for path, value in arrays.items():
            if path.endswith("/coarse"):
                np.testing.assert_allclose(value, EXPECTED[name][path], rtol=3e-6, atol=3e-6)
            else:
                assert (name, path, value) == (name, path, EXPECTED[name][path])


def test_the_set_is_whole() -> None:
    assert set(NAMES) == set(EXPECTED) >= {*NETWORKS, "bounded", "gaps", "series"}
    presets = {idlat.open_archive(GOLDEN / f"archives/{name}.zip").record.preset for name in NAMES}
    assert presets == {"default", "learned", "paper", "baseline"}


@pytest.mark.parametrize("name", NAMES)
def test_it_decodes_to_what_was_written(name: str) -> None:
    check(decoded([name]))
    assert idlat.verify(GOLDEN / f"archives/{name}.zip", workers=1).ok


def test_it_decodes_alike_in_pure_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDLAT_PURE_PYTHON", "1")
    assert not compiles()
    check(decoded())


@pytest.mark.parametrize(
    "machine", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in MACHINES]
)
def test_it_decodes_alike_elsewhere(machine: str) -> None:
    if machine == "ATen avx512" and torch.backends.cpu.get_cpu_capability() != "AVX512":
        pytest.skip("this processor has no AVX-512")
    variables = dict(MACHINES[machine])
    arguments = ["deterministic"] if variables.pop("DETERMINISTIC", None) else []
    command = [sys.executable, "-W", "ignore", str(GOLDEN / "decode_golden.py"), *arguments]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    check(json.loads(done.stdout))


@pytest.mark.parametrize("batch", [3, 64, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 7, 16))])
@pytest.mark.parametrize("name", NETWORKS)
def test_batches_decode_alike(name: str, batch: int) -> None:
    archive = idlat.open_archive(GOLDEN / f"archives/{name}.zip")
    decoder = archive.decoder()
    keys = [latent_key(decoder.variable, index[0], index[1:]) for index in decoder.latents.indices()]
    streams = [open_object(archive.store.get(key) or b"") for key in keys]
    single = [decoder.model.decode_chunks([stream])[0] for stream in streams]
    many = (streams * 64)[:64]
    for start in range(0, 64, batch):
        found = decoder.model.decode_chunks(many[start : start + batch])
        for at, chunk in enumerate(found, start):
            np.testing.assert_array_equal(chunk, single[at % len(streams)])


@pytest.mark.parametrize("name", NETWORKS)
def test_two_threads_decode_alike(name: str) -> None:
    before = torch.get_num_threads()
    assert before == 1
    torch.set_num_threads(2)
    try:
        check(decoded([name]))
    finally:
        torch.set_num_threads(before)


def fails(name: str) -> bool:
    """Whether the golden test fails of an archive: an error, or other integers."""
    try:
        check(decoded([name]))
    except (AssertionError, IdlatError):
        return True
    return False


def test_floats_in_the_networks_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same networks, their sums a rounding of float32 lower, before they become integers."""
    exact = torch.floor

    def perturbed(values: torch.Tensor) -> torch.Tensor:
        return exact(torch.nextafter(values, torch.full_like(values, -torch.inf)))

    assert not fails("learned")
    monkeypatch.setattr(torch, "floor", perturbed)
    assert IntegerLayer.__call__.__globals__["torch"] is torch
    assert fails("learned")


def test_floats_in_the_contexts_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the default model: expected sizes a rounding of float64 lower."""
    exact = subband_walk.classes_of

    def perturbed(expected: np.ndarray, coarseness: np.ndarray) -> np.ndarray:
        return exact(np.nextafter(expected.astype(np.float64), -np.inf), coarseness)

    monkeypatch.setenv("IDLAT_PURE_PYTHON", "1")
    assert not fails("gaps")
    monkeypatch.setattr(subband_walk, "classes_of", perturbed)
    assert fails("gaps")


@pytest.mark.parametrize("name", DEFAULT)
def test_another_reader_reads_the_same_integers(name: str) -> None:
    """The reader in ``tests/independent_reader``, written from ``docs/format.md`` alone."""
    reader = Reader(GOLDEN / f"archives/{name}.zip", (GOLDEN / "default.safetensors").read_bytes())
    found = {path: digest(values) for path, values in reader.integers()}
    kinds = ("latents", "second", "residual", "step", "mask")
    said = {path: value for path, value in EXPECTED[name].items() if path.split("/")[-1] in kinds}
    assert found == said


def test_the_other_reader_imports_nothing_of_ours() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(TESTS)!r}); import independent_reader.read_archive\n"
        "own = {'idlat', 'zarr', 'numcodecs', 'constriction', 'torch'} & {*sys.modules}\n"
        "assert not own, own"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_other_reader_notices_damage() -> None:
    reader = Reader(GOLDEN / "archives/gaps.zip", (GOLDEN / "default.safetensors").read_bytes())
    key = next(key for key in reader.objects if "/latents/c/" in key)
    content = bytearray(reader.objects[key])
    content[len(content) // 2] ^= 1
    reader.objects[key] = bytes(content)
    with pytest.raises(AssertionError):
        list(reader.integers())
