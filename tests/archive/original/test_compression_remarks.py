"""Remarks on what would mislead a user."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import Remark


@pytest.fixture
def regions():
    """Voronoi cells with labels in no order."""
    rng = np.random.default_rng(1)
    centres = rng.uniform(0, 24, (9, 3))
    points = np.stack(np.meshgrid(*[np.arange(24)] * 3, indexing="ij"), -1)
    cells = np.argmin(((points[..., None, :] - centres) ** 2).sum(-1), -1)
    return rng.permutation(100)[:9][cells]


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_labels_that_changed(tmp_path, model, regions, dtype):
    field = regions.astype(dtype)
    with pytest.warns(Remark, match="looks like 9 labels") as caught:
        archive = idlat.compress(field, tmp_path / "a.idlat", model=model)
    changed = int((archive.decode().values != field).sum())
    assert archive.info().variables[0].errors.changed == changed
    assert f"{100 * changed / field.size:.2g} %" in str(caught[0].message)
    assert "as integers with --max-error 0.5" in str(caught[0].message)


def test_labels_under_the_bound_that_the_remark_names_are_exact(tmp_path, regions, recwarn):
    archive = idlat.compress(regions, tmp_path / "a.idlat", max_error=0.5)
    np.testing.assert_array_equal(archive.decode().values, regions)
    assert not [str(remark.message) for remark in recwarn if "labels" in str(remark.message)]


def test_a_mask_of_two_values(tmp_path, model, regions):
    with pytest.warns(Remark, match="looks like 2 labels"):
        idlat.compress((regions > 40).astype("uint8"), tmp_path / "a.idlat", model=model, quality=20)


def test_rounded_values_are_no_labels(tmp_path, model, make_field):
    smooth = make_field((24, 24, 24))
    noisy = np.random.default_rng(0).integers(0, 50, (24, 24, 24))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        idlat.compress(np.round(smooth).astype("int16"), tmp_path / "a.idlat", model=model)
        idlat.compress(noisy.astype("uint8"), tmp_path / "b.idlat", model=model)


def test_a_missing_value_that_no_voxel_has(tmp_path, model, make_field):
    field = make_field((16, 16, 16)).values
    with pytest.warns(Remark, match=r"--missing -999 matches no voxel, whose values lie from"):
        idlat.compress(field, tmp_path / "a.idlat", model=model, missing=-999.0)
    field[0, 0, 0] = -999
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        archive = idlat.compress(field, tmp_path / "b.idlat", model=model, missing=-999.0)
    assert archive.decode().values[0, 0, 0] == -999


def test_a_fill_value_that_nobody_declared(tmp_path, model, make_field):
    field = make_field((16, 16, 16)).values
    field[:2] = 1e20
    with pytest.warns(Remark, match=r"512 values far .* say --missing 1e\+20"):
        idlat.compress(field, tmp_path / "a.idlat", model=model)


def test_a_missing_value_of_a_packed_field(tmp_path, model, make_field):
    codes = np.round(1e4 * make_field((16, 16, 16)).values).astype("int16")
    codes[:2] = -30111
    stored = xr.Dataset({"v": (("z", "y", "x"), codes, {"scale_factor": 0.0001})})
    stored.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    field = idlat.open_field(tmp_path / "a.nc")
    with pytest.warns(Remark, match="no voxel.* packs its values, and -30111 unpacks to -3.01"):
        idlat.compress(field, tmp_path / "a.idlat", model=model, missing=-30111)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        archive = idlat.compress(field, tmp_path / "b.idlat", model=model, missing=-3.0111)
    idlat.write_field(archive.decode(), tmp_path / "b.nc")
    with xr.open_dataset(tmp_path / "b.nc", engine="h5netcdf", mask_and_scale=False) as back:
        assert (back["v"].values[:2] == -30111).all()
        assert (back["v"].values[2:] != -30111).all()
