"""Archives of the default model: the second transform beside the chunks, and what is fitted to a variable."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

import idlat
from idlat.archive.read.archive_info import bytes_streams
from idlat.errors import ArchiveError
from support.fields.smooth_field import smooth

SHAPES = [(10, 25, 41), (1, 1, 300), (2, 3, 150), (64, 64, 64), (70, 20, 130)]


def objects(path: Path) -> dict[str, bytes]:
    kinds = ("latents", "second", "mask")
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name != "zarr.json" and any(kind in file.parts for kind in kinds)
    }


def field(shape, seed=0, name="p"):
    dims = ("time", "z", "y", "x")[-len(shape) :]
    return xr.DataArray(smooth(shape[-3:], seed) + np.zeros(shape, np.float32), dims=dims, name=name)


@pytest.mark.parametrize("shape", SHAPES)
def test_regions_decode_as_the_whole(shape, tmp_path):
    given = field(shape)
    with idlat.compress(given, tmp_path / "a.idlat", quality=60) as archive:
        whole = archive.decode().values
        assert np.sqrt(np.mean((whole - given.values) ** 2)) < 0.05
        region = {d: slice(n // 3, n // 3 + max(1, n // 2)) for d, n in zip("zyx", shape, strict=True)}
        part = archive.decode(**region).values
        np.testing.assert_allclose(part, whole[tuple(region.values())], atol=2e-6)
    assert idlat.verify(tmp_path / "a.idlat", given).ok


@pytest.mark.parametrize("shape", [(10, 25, 41), (1, 1, 300), (70, 20, 130)])
def test_the_coarse_view_is_near_the_means_of_cells(shape, tmp_path):
    places = np.indices(shape)
    values = np.sin(places[0] / 20 + places[1] / 15 + places[2] / 12).astype(np.float32)
    with idlat.compress(values, tmp_path / "a.idlat", "value > 0", quality=60) as archive:
        coarse = archive.decode(coarse=8).values
    means = values.astype(np.float64)
    for axis, n in enumerate(shape):
        starts = np.arange(0, n, 8)
        sizes = np.diff([*starts, n]).reshape([-1 if a == axis else 1 for a in range(3)])
        means = np.add.reduceat(means, starts, axis=axis) / sizes
    assert coarse.shape == means.shape
    assert np.sqrt(np.mean((coarse - means) ** 2)) < 0.06


@pytest.mark.parametrize("importance", [None, "value > 1"])
def test_the_number_of_workers_changes_nothing(importance, tmp_path):
    given = field((70, 20, 130))
    for workers in (1, 3):
        idlat.compress(given, tmp_path / f"{workers}.idlat", importance, workers=workers).close()
    assert objects(tmp_path / "1.idlat") == objects(tmp_path / "3.idlat")


def test_a_periodic_field_has_no_seam(tmp_path):
    z, _, x = np.indices((16, 16, 64))
    values = np.sin(2 * np.pi * x / 64 * 3 + z / 5).astype(np.float32)
    given = xr.DataArray(values, dims=("z", "y", "x"), name="p")
    with idlat.compress(given, tmp_path / "a.idlat", quality=50, periodic=["x"]) as archive:
        error = np.abs(archive.decode().values - values)
    assert error[..., [0, -1]].mean() < 3 * error.mean()


def test_a_zarr_program_sees_the_integers(tmp_path):
    with idlat.compress(field((20, 70, 30)), tmp_path / "a.idlat", quality=50) as archive:
        seen = archive.decoder().latents.frame(0)[..., 0:3, 0:9, 0:4]
        group = zarr.open_group(tmp_path / "a.idlat", mode="r")
        np.testing.assert_array_equal(group["p/latents"][0], seen)
        assert group["p/second"][...].any()
        kept = archive.latents(block=8)
    assert kept.sizes["feature"] == 513
    # The means are among the features, though not among the chunks' latents.
    assert not seen[1].any()
    assert kept.values[..., 1].any()


def test_what_is_lost_of_the_second_transform_is_told(tmp_path):
    path = tmp_path / "a.idlat"
    idlat.compress(field((20, 20, 20)), path).close()
    (tile,) = [name for name in objects(path) if "second" in name]
    stored = (path / tile).read_bytes()
    (path / tile).write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))
    with idlat.open_archive(path) as archive:
        with pytest.raises(ArchiveError, match=r"second.*damaged"):
            archive.decode()
        assert len(idlat.verify(archive).faults) == 1
    (path / tile).unlink()
    with idlat.open_archive(path) as archive, pytest.raises(ArchiveError, match=r"second.*missing"):
        archive.decode()


def test_steps_are_appended_under_what_was_fitted(tmp_path):
    path = tmp_path / "a.idlat"
    given = xr.concat([field((1, 20, 24, 30), seed) for seed in range(3)], "time")
    idlat.compress(given[:2], path, quality=60).close()
    before = objects(path)
    with idlat.compress(given[2:], path, mode="a") as archive:
        assert archive.decode().shape == given.shape
        assert np.sqrt(np.mean((archive.decode().values - given.values) ** 2)) < 0.1
        total = sum(map(len, objects(path).values()))
        assert total < bytes_streams(archive.store, archive.record.variables) < total + 2000
    after = objects(path)
    assert {name: after[name] for name in before} == before
    assert idlat.verify(path, given).ok


JOB = """
import os, signal, sys
import numpy as np
import idlat
from idlat.archive.storage.archive_store import ArchiveStore

left, put = int(sys.argv[3]), ArchiveStore.put

def counted(self, key, value):
    global left
    if "/c/" in key:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    put(self, key, value)

ArchiveStore.put = counted
idlat.compress(np.load(sys.argv[1]), sys.argv[2], "value > 1", workers=1)
"""


@pytest.mark.parametrize("written", [3, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 2, 4))])
def test_a_killed_job_resumes_to_the_same_bytes(written, tmp_path):
    values = smooth((70, 20, 130))
    np.save(tmp_path / "v.npy", values)
    idlat.compress(values, tmp_path / "whole.idlat", "value > 1").close()
    arguments = [sys.executable, "-c", JOB, str(tmp_path / "v.npy"), str(tmp_path / "a.idlat"), str(written)]
    killed = subprocess.run(arguments, env={**os.environ}, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    idlat.compress(values, tmp_path / "a.idlat", "value > 1", mode="resume").close()
    assert objects(tmp_path / "a.idlat") == objects(tmp_path / "whole.idlat")
    shutil.rmtree(tmp_path / "a.idlat")


def test_settings_of_another_model_are_refused(tmp_path):
    path = tmp_path / "a.idlat"
    idlat.compress(field((16, 16, 16)), path).close()
    document = path / "p/latents/zarr.json"
    text = document.read_text()
    document.write_text(text.replace('"lapped"', '"ripples"').replace('"octaves"', '"ripples"'))
    with pytest.raises(idlat.IdlatError, match="damaged"):
        idlat.open_archive(path).decode()
