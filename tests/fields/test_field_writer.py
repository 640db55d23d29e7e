import asyncio
import errno
import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import FieldError, OutputError, OutputExistsError
from idlat.fields import FieldWriter, field_writer, slabs
from idlat.fields.arrays.array_file_sink import ArraySink
from support.fields.field_examples import NEW

SUFFIXES = [".npy", ".raw", ".bin", ".dat", ".raw.gz", ".nc", ".nc4", ".cdf"]


def example(shape=(5, 6, 7), dtype=np.float32):
    values = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    return xr.DataArray(values, dims=("time", "z", "y", "x")[-len(shape) :], name="p")


def read(path, like):
    options = (
        {"shape": like.shape, "dtype": like.dtype.name}
        if "np" not in path.suffix and ".nc" not in path.name
        else {}
    )
    return idlat.open_field(path, **({} if path.suffix in (".nc4", ".cdf") else options))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_suffix_there_and_back(tmp_path, suffix):
    field = example()
    path = idlat.write_field(field, tmp_path / f"p{suffix}")
    np.testing.assert_array_equal(read(path, field).values, field.values)
    assert os.listdir(tmp_path) == [f"p{suffix}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("netcdf3", [False, True])
def test_region_by_region_in_any_order(tmp_path, suffix, netcdf3):
    field = example((2, 5, 6, 7), np.int16)
    if netcdf3:
        field.encoding["idlat_format"] = "netcdf3"
    path = tmp_path / f"p{suffix}"
    with FieldWriter(path, field) as writer:
        for time in (1, 0):
            for z in (slice(3, 5), slice(0, 3)):
                for x in (slice(0, 4), slice(4, 7)):
                    region = {"time": slice(time, time + 1), "z": z, "x": x}
                    writer.write(field.isel(region).values.astype(np.float64) + 0.25, **region)
        assert not path.exists()
    np.testing.assert_array_equal(read(path, field).values, field.values)


def test_equal_fields_give_equal_files(tmp_path):
    for suffix in (".npy", ".raw.gz"):
        one, two = (idlat.write_field(example(), tmp_path / f"{name}{suffix}") for name in "ab")
        assert one.read_bytes() == two.read_bytes()


def test_integers_are_rounded_and_clipped(tmp_path):
    template = example((1, 1, 3), np.uint8)
    with FieldWriter(tmp_path / "p.npy", template) as writer:
        writer.write(np.array([-4.0, 3.6, 1000.0]).reshape(1, 1, 3))
    assert np.load(tmp_path / "p.npy").ravel().tolist() == [0, 4, 255]


def test_a_time_axis_that_the_file_never_had_is_dropped(tmp_path):
    np.save(tmp_path / "a.npy", example().values)
    field = idlat.open_field(tmp_path / "a.npy")
    with_time = field.expand_dims("time")
    with_time.encoding = field.encoding
    idlat.write_field(with_time, tmp_path / "b.npy")
    assert (tmp_path / "b.npy").read_bytes() == (tmp_path / "a.npy").read_bytes()


def test_existing_output_is_kept_unless_told(tmp_path):
    path = tmp_path / "p.npy"
    path.write_text("precious")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        idlat.write_field(example(), path)
    assert path.read_text() == "precious"
    idlat.write_field(example(), path, overwrite=True)
    np.testing.assert_array_equal(np.load(path), example().values)


def test_a_file_may_be_rewritten_from_itself(tmp_path):
    for suffix in (".npy", ".nc"):
        path = idlat.write_field(example(), tmp_path / f"p{suffix}")
        idlat.write_field(idlat.open_field(path) + 1, path, overwrite=True)
        np.testing.assert_array_equal(idlat.open_field(path).values, example().values + 1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent/p.npy", "folder '.*absent' does not exist"),
        ("p.xyz", r"unknown format '\.xyz'; the known ones are"),
        ("folder.npy", "is a folder"),
    ],
)
def test_outputs_that_cannot_be(tmp_path, name, message):
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(OutputError, match=message):
        idlat.write_field(example(), tmp_path / name, overwrite=True)
    assert os.listdir(tmp_path) == ["folder.npy"]


def test_complex_fields_are_not_written(tmp_path):
    with pytest.raises(FieldError, match="complex128"):
        idlat.write_field(example().astype(complex), tmp_path / "p.npy")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_error_midway_leaves_nothing(tmp_path, suffix):
    field = example()

    def fail():
        with FieldWriter(tmp_path / f"p{suffix}", field) as writer:
            writer.write(field.values[:2], z=slice(0, 2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("suffix", [".npy", ".nc", ".raw.gz"])
def test_a_field_with_a_hole_is_not_kept(tmp_path, suffix):
    writer = FieldWriter(tmp_path / f"p{suffix}", example())
    writer.write(example().values[:2], z=slice(0, 2))
    with pytest.raises(OutputError, match="126 voxels were not written"):
        writer.close()
    assert os.listdir(tmp_path) == []


def test_values_of_another_shape_are_refused(tmp_path):
    with FieldWriter(tmp_path / "p.npy", example()) as writer:
        with pytest.raises(ValueError, match=r"shape \(2, 2, 2\): the region's is \(5, 6, 7\)"):
            writer.write(np.zeros((2, 2, 2)))
        with pytest.raises(ValueError, match="does not lie in"):
            writer.write(np.zeros((2, 6, 7)), z=slice(4, 6))
        writer.write(example().values)


def test_a_disk_too_small_is_told_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(field_writer.shutil, "disk_usage", lambda _: _Usage)
    with pytest.raises(OutputError, match="the disk is full; nothing was kept"):
        idlat.write_field(example(), tmp_path / "p.npy")
    assert os.listdir(tmp_path) == []


class _Usage:
    free = 100


@pytest.mark.parametrize("when", ["write", "close"])
def test_a_disk_that_fills_up_midway(tmp_path, monkeypatch, when):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "p.npy").write_text("precious")
    monkeypatch.setattr(ArraySink, when, full)
    with pytest.raises(OutputError, match=r"p\.npy: cannot be written: the disk is full; nothing was kept"):
        idlat.write_field(example(), tmp_path / "p.npy", overwrite=True)
    assert os.listdir(tmp_path) == ["p.npy"]
    assert (tmp_path / "p.npy").read_text() == "precious"


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """Write each format where the system allows no file of its size: what is said, and what is left."""
    folder = tmp_path_factory.mktemp("stopped")
    for suffix in [*SUFFIXES, *NEW]:
        (folder / suffix).mkdir()
    code = f"""
        import json, resource
        import numpy as np, xarray as xr, idlat
        values = np.random.default_rng(0).normal(size=(64, 64, 64))
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        said = {{}}
        for suffix in {[*SUFFIXES, *NEW]!r}:
            field = xr.DataArray(values, dims=("z", "y", "x"), name="p")
            field.encoding["idlat_format"] = "netcdf3" if suffix == ".cdf" else ""
            field.encoding.update(chunksizes=(16, 64, 64), zlib=True)
            try:
                idlat.write_field(field, {str(folder)!r} + "/" + suffix + "/p" + suffix)
            except idlat.IdlatError as error:
                said[suffix] = str(error)
        print(json.dumps(said))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return json.loads(done.stdout), folder


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
@pytest.mark.parametrize("suffix", [*SUFFIXES, *NEW])
def test_the_system_stops_a_write_midway(stopped, suffix):
    said, folder = stopped
    assert f"p{suffix}: cannot be written: " in said[suffix]
    assert "\n" not in said[suffix]
    assert os.listdir(folder / suffix) == []


def test_a_store_that_fails_is_not_made_again_by_writes_under_way(tmp_path, monkeypatch):
    from zarr.storage import LocalStore

    put = LocalStore.set

    async def late(store, key, value, *others):
        if key.endswith("c/0/0/0"):
            raise OSError(errno.ENOSPC, "No space left on device")
        if "c/" in key:
            await asyncio.sleep(0.3)
        await put(store, key, value, *others)

    monkeypatch.setattr(LocalStore, "set", late)
    field = xr.DataArray(np.ones((9, 128, 128)), dims=("z", "y", "x"), name="p")
    with pytest.raises(OutputError, match="the disk is full; nothing was kept"):
        idlat.write_field(field, tmp_path / "p.zarr")
    assert os.listdir(tmp_path) == []


def test_slabs_cover_the_field_once():
    field = example((2, 5, 6, 7)).chunk({"z": 2})
    seen = xr.zeros_like(field.load())
    for region in slabs(field.chunk({"z": 2}), max_bytes=6 * 7 * 4 * 3):
        assert region["z"].start % 2 == 0
        seen[region] += 1
    assert (seen == 1).all()
