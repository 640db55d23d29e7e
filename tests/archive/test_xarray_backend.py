"""``xr.open_dataset(path, engine="idlat")``."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.archive.read.stored_variable import StoredVariable
from idlat.errors import ArchiveError


@pytest.fixture(scope="module")
def opened(tmp_path_factory, make_field, model):
    field = make_field((20, 70, 140), steps=3).assign_coords(x=np.arange(140) * 0.5)
    field.attrs["units"] = "m s-1"
    field.values[:, 0, 0, :5] = np.nan
    path = tmp_path_factory.mktemp("xarray") / "a.idlat"
    idlat.compress(field, path, model=model)
    return path, idlat.open_archive(path).decode()


def test_it_is_the_decoded_field(opened):
    path, decoded = opened
    with xr.open_dataset(path, engine="idlat") as dataset:
        assert list(dataset.data_vars) == ["speed"]
        xr.testing.assert_identical(dataset.speed.load(), decoded)
    with xr.open_dataset(str(path)) as dataset:  # guessed by its suffix
        assert dataset.speed.shape == decoded.shape


def test_only_what_is_asked_for_is_decoded(opened, monkeypatch):
    path, decoded = opened
    asked = []
    real = StoredVariable.to_numpy
    monkeypatch.setattr(StoredVariable, "to_numpy", lambda self: asked.append(self.selection) or real(self))
    with xr.open_dataset(path, engine="idlat") as dataset:
        speed = dataset.speed
        assert not asked
        np.testing.assert_allclose(speed[1, 3:9, 20, ::7], decoded[1, 3:9, 20, ::7], atol=1e-5)
        assert (asked[0].steps, asked[0].region) == (range(1, 2), ((3, 9), (20, 21), (0, 134)))
        np.testing.assert_allclose(speed[:, ::-1, 5, -3:], decoded[:, ::-1, 5, -3:], atol=1e-5)
        np.testing.assert_allclose(speed.isel(x=[5, 2, 9], z=0), decoded.isel(x=[5, 2, 9], z=0), atol=1e-5)
        assert speed[:, 5:5].load().shape == (3, 0, 70, 140)
        np.testing.assert_allclose(speed.sel(x=3.0), decoded.sel(x=3.0), atol=1e-5)


def test_a_box_reads_its_chunks_and_nothing_else(opened, monkeypatch):
    from zarr.storage import LocalStore

    path, decoded = opened
    read = []
    real = LocalStore.get

    async def get(self, key, *args, **kwargs):
        read.append(key)
        return await real(self, key, *args, **kwargs)

    with xr.open_dataset(path, engine="idlat") as dataset:
        dataset.speed[0, :, :2, :2].load()  # opens the arrays
        monkeypatch.setattr(LocalStore, "get", get)
        for step in (1, 2):
            np.testing.assert_allclose(dataset.speed[step, :8, 4, :9], decoded[step, :8, 4, :9], atol=1e-5)
    assert read
    assert all("/c/" in key for key in read), read


def test_dask_decodes_chunk_by_chunk(opened):
    path, decoded = opened
    with xr.open_dataset(path, engine="idlat", chunks={}) as dataset:
        assert dataset.speed.chunks == ((1, 1, 1), (20,), (64, 6), (64, 64, 12))
        np.testing.assert_allclose(dataset.speed.compute(), decoded, atol=1e-5)


def test_variables_can_be_left_out(opened):
    path, _ = opened
    with xr.open_dataset(path, engine="idlat", drop_variables=["speed"]) as dataset:
        assert not dataset.data_vars
    with xr.open_dataset(path, engine="idlat", drop_variables="x") as dataset:
        assert "x" not in dataset.coords


def test_what_is_no_archive(tmp_path):
    (tmp_path / "a.idlat").mkdir()
    with pytest.raises(ArchiveError, match="not an idlat archive"):
        xr.open_dataset(tmp_path / "a.idlat", engine="idlat")


def test_variables_at_other_places_keep_their_own(tmp_path, make_field, model):
    values = make_field((4, 8, 9)).values
    coords = {"lat": np.arange(8.0), "latv": np.arange(8.0) + 0.5, "lon": np.arange(9.0)}
    winds = xr.Dataset(
        {"u": (("z", "lat", "lon"), values), "v": (("z", "latv", "lon"), values[:, ::-1])},
        {**coords, "mask": (("lat", "lon"), np.ones((8, 9)))},
    )
    path = tmp_path / "winds.idlat"
    archive = idlat.compress(winds, path, model=model)
    with xr.open_dataset(path, engine="idlat", chunks={}) as opened:
        for name in ("u", "v"):
            decoded = archive.decode(name)
            np.testing.assert_array_equal(opened[name].values, decoded.values)
            lat = opened[name].dims[1]
            np.testing.assert_array_equal(opened[lat], decoded["y"])
            np.testing.assert_array_equal(opened[lat], winds[winds[name].dims[1]])
        assert opened["u"].dims == ("z", "y", "x")
        assert opened["v"].dims == ("z", "y_v", "x")


def test_napari_decodes_the_slices_that_it_shows(tmp_path, make_field, monkeypatch) -> None:
    """The lines in ``docs/formats.md``."""
    with warnings.catch_warnings(action="ignore"):  # of what napari imports
        components = pytest.importorskip("napari.components", reason="napari is not installed")
    field, shapes = make_field((70, 24, 30), steps=3), []
    plain = StoredVariable.to_numpy

    def spy(self, *args, **options):
        shapes.append(self.shape)
        return plain(self, *args, **options)

    monkeypatch.setattr(StoredVariable, "to_numpy", spy)
    idlat.compress(field, tmp_path / "run.idlat", max_error=0.1)
    with xr.open_dataset(tmp_path / "run.idlat", engine="idlat", chunks={}) as ds:
        viewer = components.ViewerModel()
        layer = viewer.add_image(ds.speed.data, contrast_limits=(0, 20))
        shapes.clear()
        viewer.dims.set_point((0, 1), (2, 66))
        shown = layer.get_value((2, 66, 5, 7), world=True)
        assert abs(shown - field.values[2, 66, 5, 7]) <= 0.1
    assert set(shapes) == {(1, 6, 24, 30)}  # the chunk that has the layer, of one step
