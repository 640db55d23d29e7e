"""Volumes of an archive and its field: kinds, regions, coarse views, missing values, several variables."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat import open_archive
from idlat.errors import ArchiveError, FieldError, IdlatError
from idlat.explorer.data import CancelledError, Dataset
from idlat.explorer.data.saving.report_commands import compress_command
from idlat.shared_cache import Cache


def test_facts(dataset, alone):
    assert (dataset.variables, dataset.steps, dataset.shape) == (("speed",), 2, (40, 72, 50))
    assert dataset.block_shape == (3, 5, 4)
    assert (dataset.spacing, dataset.length_units, dataset.units) == ((2.0, 0.5, 0.5), "km", "m/s")
    assert dataset.has_field
    assert not alone.has_field
    assert dataset.expression == "isosurface(0.5, decay=0.2)"
    assert dataset.quality == pytest.approx(60)
    assert dataset.times == ("0", "1")


def test_kinds(dataset, field):
    original = dataset.volume("original", 1)
    np.testing.assert_array_equal(original.values, field.values[1])
    with open_archive(dataset.archive.path) as archive:
        decoded = archive.decode(time=1).values
    reconstruction = dataset.volume("reconstruction", 1)
    np.testing.assert_array_equal(reconstruction.values, decoded)
    np.testing.assert_array_equal(dataset.volume("difference", 1).values, decoded - field.values[1])
    assert np.isnan(reconstruction.values[:16, :16, :16]).all()
    assert (original.stride, original.spacing) == (1, (2.0, 0.5, 0.5))


def test_region(dataset, field):
    region = ((3, 20), (60, 72), (0, 5))
    volume = dataset.volume("reconstruction", 0, region=region)
    whole = dataset.volume("reconstruction", 0)
    np.testing.assert_allclose(volume.values, whole.values[3:20, 60:72, :5], atol=1e-5)
    assert volume.region == region
    with pytest.raises(IdlatError, match="region y=60:80 is empty or outside"):
        dataset.volume("original", 0, region=((0, 1), (60, 80), (0, 1)))


def test_coarse(dataset, field):
    volume = dataset.volume("original", 0, 10_000)
    assert (volume.values.shape, volume.stride) == ((5, 9, 7), 8)
    assert volume.spacing == (16.0, 4.0, 4.0)
    np.testing.assert_allclose(volume.values[4, 8, 6], field.values[0, 32:, 64:, 48:].mean(), rtol=1e-5)
    difference = dataset.volume("difference", 0, 10_000).values
    reconstruction = dataset.volume("reconstruction", 0, 10_000).values
    np.testing.assert_allclose(difference, reconstruction - volume.values)
    thin = dataset.volume("original", 0, 60, region=((0, 40), (8, 72), (0, 50)))
    assert (thin.values.shape, thin.stride, thin.region) == ((3, 4, 4), 16, ((0, 40), (8, 72), (0, 50)))
    np.testing.assert_array_equal(thin.values, volume.values[::2, 1::2, ::2])


def test_strides_are_powers_of_two(dataset):
    # 5 × 9 × 7 cells: three of them a sample would do, but no block's edge lies there
    volume = dataset.volume("reconstruction", 0, largest=30)
    assert volume.stride == 32
    assert volume.values.shape == (2, 3, 2)


@pytest.mark.parametrize("largest", [256**3, 5000])
def test_reading_the_original_tells_of_its_layers_and_ends_on_request(dataset, largest):
    def stop(stage, done, total):
        raise CancelledError(stage)

    with pytest.raises(CancelledError):
        dataset.volume("original", 0, largest, progress=stop)
    told = []
    dataset.volume("original", 0, largest, progress=lambda *at: told.append(at))
    assert told == [("read", 0, 40), ("read", 40, 40)]


def test_without_field(alone):
    assert alone.volume("reconstruction", 0).values.shape == (40, 72, 50)
    with pytest.raises(FieldError, match="the original needs the field"):
        alone.volume("original", 0)
    with pytest.raises(FieldError, match="the difference needs the field"):
        alone.volume("difference", 0, 10)


def test_bad_requests(dataset):
    with pytest.raises(IdlatError, match="no step 2: the steps run from 0 to 1"):
        dataset.volume("reconstruction", 2)
    with pytest.raises(ArchiveError, match="no variable 'wind'"):
        dataset.volume("reconstruction", 0, variable="wind")


def test_another_field_is_refused(files, field):
    with pytest.raises(FieldError, match="give the field that was compressed"):
        Dataset.open(files[0], field.isel(z=slice(8)))


def test_several_variables_in_a_file(tmp_path, open_array, model):
    u = xr.DataArray(np.arange(512.0).reshape(8, 8, 8), dims=("z", "y", "x"), name="u")
    both = xr.Dataset({"u": u, "v": (-u).rename("v")})
    dataset = open_array(both)
    both.to_netcdf(tmp_path / "both.nc", engine="h5netcdf")
    with Dataset.open(dataset.archive.path, tmp_path / "both.nc") as opened:
        assert opened.variables == ("u", "v")
        np.testing.assert_array_equal(opened.volume("original", 0, variable="v").values, -u.values)
        assert opened.value_range(0, "v") == (-511.0, 0.0)


def test_names_of_steps(open_array):
    given = xr.DataArray(np.arange(512.0).reshape(8, 8, 8), {"time": 2.5}, ("z", "y", "x"), name="u")
    assert open_array(given).times == ("2.5",)
    assert open_array(given.drop_vars("time")).times == ("0",)


def test_components_become_their_length(open_array):
    values = np.stack([np.full((9, 8, 8), 3.0), np.full((9, 8, 8), -4.0)]).astype(np.float32)
    dataset = open_array(xr.DataArray(values, dims=("component", "z", "y", "x"), name="wind"))
    np.testing.assert_allclose(dataset.volume("original", 0).values, 5.0)
    np.testing.assert_allclose(dataset.volume("reconstruction", 0).values, 5.0, rtol=1e-3)
    assert dataset.value_range(0) == (0.0, 5.0)
    assert dataset.volume("reconstruction", 0, 1).values.shape == (1, 1, 1)


def test_integers_with_fill_values(open_array):
    values = np.full((8, 8, 8), 7, np.int16)
    values[0] = -99
    given = xr.DataArray(values, dims=("z", "y", "x"), name="t")
    given.encoding["_FillValue"] = np.int16(-99)
    dataset = open_array(given)
    for kind in ("original", "reconstruction"):
        shown = dataset.volume(kind, 0).values
        assert np.isnan(shown[0]).all()
        np.testing.assert_array_equal(shown[1:], 7.0)


def test_memory_is_bounded(files):
    whole = 40 * 72 * 50 * 4
    with Dataset.open(*files, memory=2 * whole) as dataset:
        for step in (0, 1):
            for kind in ("original", "reconstruction", "difference"):
                dataset.volume(kind, step)
        assert len(dataset.cache.keys()) == 2


def test_a_value_is_made_once_and_again_after_a_failure():
    cache, started, made = Cache(100), threading.Event(), []

    def slow():
        started.set()
        made.append(1)
        if len(made) == 1:
            second.start()
            waiting.wait(60)
            raise RuntimeError("cancelled")
        return "value"

    waiting = threading.Event()
    results = []

    def ask():
        started.wait(60)
        waiting.set()
        results.append(cache.get("key", slow, len))

    second = threading.Thread(target=ask)
    with pytest.raises(RuntimeError):
        cache.get("key", slow, len)
    second.join(60)
    assert (results, len(made)) == (["value"], 2)
    assert cache.get("key", slow, len) == "value"
    assert len(made) == 2


def test_a_field_that_is_described(files, field, tmp_path):
    (tmp_path / "speed").write_bytes(b"head" + field.values.tobytes())
    how = {"format": "raw", "shape": field.shape, "dtype": "float32", "offset": 4}
    with Dataset.open(files[0], tmp_path / "speed", how=how) as dataset:
        assert dataset.has_field
        words = compress_command(dataset, "1", 50, "other.idlat")
        assert "--format raw" in words
        assert "--shape 2,40,72,50 --dtype float32 --offset 4" in words


@pytest.mark.parametrize(
    ("positive", "values", "down"),
    [
        ("down", [0, 10, 30], True),
        ("down", [30, 10, 0], False),
        ("up", [9, 5, 1], True),
        (None, [0, 1, 2], False),
    ],
)
def test_a_depth_that_grows_and_a_height_that_falls_count_downwards(tmp_path, positive, values, down):
    attributes = {"units": "m", "axis": "Z", **({"positive": positive} if positive else {})}
    data = np.random.default_rng(0).normal(size=(3, 8, 8)).astype(np.float32)
    field = xr.DataArray(data, {"z": ("z", np.array(values, float), attributes)}, ("z", "y", "x"), "v")
    idlat.compress(field, tmp_path / "v.idlat", "1").close()
    with Dataset.open(tmp_path / "v.idlat") as opened:
        assert opened.downwards is down
