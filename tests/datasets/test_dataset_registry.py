"""Making datasets by name: files, progress, and nothing left behind."""

import dataclasses

import h5py
import numpy as np
import pytest
import xarray as xr

from idlat.datasets import dataset_named, dataset_registry, hurricane, list_datasets, make, vortex
from idlat.errors import IdlatError, OutputError, OutputExistsError
from idlat.fields import list_variables, open_field


@pytest.mark.parametrize("name", [dataset.name for dataset in list_datasets()])
def test_every_dataset_makes_one_file_a_step(tmp_path, name):
    calls = []
    paths = make(name, tmp_path / "out", size=8, steps=2, seed=3, progress=lambda *call: calls.append(call))
    assert [path.name for path in paths] == [f"{name}_0000.nc", f"{name}_0001.nc"]
    assert sorted((tmp_path / "out").iterdir()) == paths
    assert calls == [(0, 2), (1, 2), (2, 2)]


def test_values_coordinates_and_units_are_in_the_file(tmp_path):
    path = make("vortex", tmp_path, size=8, steps=2, seed=3)[1]
    expected = [field for _, field in vortex(size=8, steps=2, seed=3)][1]
    with xr.open_dataset(path, engine="h5netcdf") as stored:
        np.testing.assert_array_equal(stored["vorticity"].values.squeeze(), expected.values)
        np.testing.assert_allclose(stored["z"].values, expected["z"].values)
        assert float(np.ravel(stored["time"].values)[0]) == pytest.approx(0.06)
        assert stored["vorticity"].attrs["units"] == "s-1"


def test_the_steps_of_a_random_series_are_the_seeds(tmp_path):
    first = make("random", tmp_path / "a", size=8, steps=2, seed=4)[1]
    second = make("random", tmp_path / "b", size=8, steps=1, seed=5)[0]
    with (
        xr.open_dataset(first, engine="h5netcdf") as a,
        xr.open_dataset(second, engine="h5netcdf") as b,
    ):
        np.testing.assert_array_equal(a["random_field"].values, b["random_field"].values)


def test_a_dataset_of_several_variables_is_one_file_a_step(tmp_path):
    paths = make("hurricane", tmp_path, size=8, steps=2, seed=3)
    assert list_variables(paths[0]) == ["P", "T", "U", "V", "W", "QVAPOR", "QRAIN"]
    expected = dict(hurricane(size=8, steps=2, seed=3))[1]
    series = open_field(paths, variable="P")
    assert series.dims == ("time", "z", "y", "x")
    assert series["time"].values.tolist() == [0.0, 3600.0]
    np.testing.assert_array_equal(series[1].values, expected["P"].values)
    with h5py.File(paths[0]) as file:
        assert np.float32(1e35) in file["P"][...]
        assert file["P"].attrs["_FillValue"] == np.float32(1e35)


def test_the_listed_shape_is_the_one_that_is_made():
    for dataset in list_datasets():
        (_, fields), *_ = dataset.generate(8, 1, 0, 0)
        assert tuple(fields.sizes[axis] for axis in "zyx") == dataset.shape(8)


@pytest.fixture
def breaking(monkeypatch):
    """Let the series `vortex` raise an error after its first step."""

    def install(error):
        def broken(size, steps, seed, first):
            yield from vortex(size, 1, seed)
            raise error

        broken_dataset = dataclasses.replace(dataset_named("vortex"), generate=broken)
        monkeypatch.setitem(dataset_registry._DATASETS, "vortex", broken_dataset)

    return install


def test_a_failed_run_leaves_nothing(tmp_path, breaking):
    breaking(RuntimeError)
    with pytest.raises(RuntimeError):
        make("vortex", tmp_path / "out", size=8, steps=3)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, breaking, monkeypatch):
    whole = make("vortex", tmp_path / "whole", size=8, steps=3, seed=5)
    breaking(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        make("vortex", tmp_path / "out", size=8, steps=3, seed=5)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".vortex.part"]
    monkeypatch.undo()
    calls = []
    paths = make("vortex", tmp_path / "out", size=8, steps=3, seed=5, progress=lambda *c: calls.append(c))
    assert calls == [(1, 3), (2, 3), (3, 3)]
    assert sorted((tmp_path / "out").iterdir()) == paths
    for made, expected in zip(paths, whole, strict=True):
        with xr.open_dataset(made, engine="h5netcdf") as a, xr.open_dataset(expected, engine="h5netcdf") as b:
            xr.testing.assert_identical(a, b)


def test_steps_of_another_recipe_are_not_gone_on_with(tmp_path, breaking, monkeypatch):
    breaking(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        make("vortex", tmp_path / "out", size=8, steps=3, seed=5)
    monkeypatch.undo()
    calls = []
    make("vortex", tmp_path / "out", size=8, steps=1, seed=6, progress=lambda *call: calls.append(call))
    assert calls == [(0, 1), (1, 1)]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["vortex_0000.nc"]


def test_an_existing_file_is_not_replaced(tmp_path):
    (tmp_path / "vortex_0001.nc").write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match=r"vortex_0001\.nc exists already"):
        make("vortex", tmp_path, size=8, steps=2)
    assert [path.name for path in tmp_path.iterdir()] == ["vortex_0001.nc"]
    assert (tmp_path / "vortex_0001.nc").read_bytes() == b"mine"


def test_an_absent_parent_is_an_error(tmp_path):
    with pytest.raises(OutputError, match="its parent must be an existing folder"):
        make("vortex", tmp_path / "no" / "where", size=8, steps=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "vortices"}, "unknown dataset 'vortices': choose one of vortex, "),
        ({"name": "vortex", "size": 4}, "size must be 8 or more, got 4"),
        ({"name": "vortex", "steps": 0}, "steps must be 1 or more, got 0"),
        ({"name": "random", "steps": -2}, "steps must be 1 or more, got -2"),
    ],
)
def test_bad_arguments_are_one_clear_error(tmp_path, arguments, message):
    with pytest.raises(IdlatError, match=message):
        make(directory=tmp_path / "out", **arguments)
    assert list(tmp_path.iterdir()) == []
