"""An archive decodes alike with other kernels of the processor and other numbers of threads."""

import os
import subprocess
import sys

import numpy as np
import pytest

import idlat


def smooth_field(shape: tuple[int, int, int]) -> np.ndarray:
    z, y, x = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij")
    return (np.sin(5 * z) + np.cos(7 * y) * x + 2 * x * z).astype(np.float32)


SETTINGS = {
    "two threads": {"OMP_NUM_THREADS": "2"},
    "no vectors": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "NPY_DISABLE_CPU_FEATURES": "",
        "OPENBLAS_CORETYPE": "Prescott",
    },
    "AVX2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell"},
}

DECODE = """
import sys
import numpy as np
import idlat

archive = idlat.open_archive(sys.argv[1])
np.savez(sys.argv[2], latents=archive.latents(block=8).values, values=archive.decode().values)
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("machines") / "field.idlat"
    values = smooth_field((40, 48, 72)) + 0.01 * np.random.default_rng(0).normal(size=(40, 48, 72)).astype(
        np.float32
    )
    return idlat.compress(values, path, quality=80), path


@pytest.mark.parametrize(
    "setting", [pytest.param(name, marks=pytest.mark.slow if name == "AVX2" else ()) for name in SETTINGS]
)
def test_it_decodes_alike(archive, setting: str, tmp_path) -> None:
    here, path = archive
    target = tmp_path / "there.npz"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **SETTINGS[setting]}
    subprocess.run([sys.executable, "-c", DECODE, str(path), str(target)], env=environment, check=True)
    there = np.load(target)
    np.testing.assert_array_equal(there["latents"], here.latents(block=8).values)
    values = here.decode().values
    assert np.abs(there["values"] - values).max() < 2e-6 * np.ptp(values)  # 7.6e-7 was seen
