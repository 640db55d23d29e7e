"""Isosurfaces of a field and of its archive."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.archive import isosurface_distances
from idlat.archive.check import isosurface_distance as module
from idlat.errors import FieldError, IdlatError
from idlat.metrics import distance_between, extract_surface


@pytest.fixture(scope="module")
def field(make_field):
    field = make_field((17, 20, 24), steps=2)
    field.values[1] -= 100
    return field.assign_coords(
        z=("z", 2.0 * np.arange(17), {"units": "km"}),
        y=("y", np.arange(20.0), {"units": "km"}),
        x=("x", np.arange(24.0), {"units": "km"}),
    )


@pytest.fixture(scope="module")
def archive(tmp_path_factory, field, model):
    return idlat.compress(field, tmp_path_factory.mktemp("surfaces") / "a.idlat", model=model, quality=30)


def test_it_is_the_distance_of_the_decoded_surface(archive, field):
    first, second = isosurface_distances(archive, field, [10.5])
    original, decoded = (extract_surface([v.values[0]], 10.5) for v in (field, archive.decode()))
    expected = distance_between(original, decoded)
    assert 0.005 < expected.mean < 0.5
    assert (first.variable, first.step, first.component, first.isovalue) == ("speed", 0, None, 10.5)
    assert (first.mean, first.p95, first.hausdorff) == pytest.approx(
        (expected.mean, expected.p95, expected.hausdorff)
    )
    assert first.physical.units == "km"
    assert first.physical.mean > first.mean
    assert (second.step, second.mean, second.remark) == (1, None, "neither has this surface")


def test_slabs_change_nothing(archive, field, monkeypatch):
    whole = isosurface_distances(archive, field, [10.5])[0]
    monkeypatch.setattr(module, "_SLAB_BYTES", 1)
    thin = isosurface_distances(archive, field, [10.5])[0]
    assert (thin.mean, thin.p95, thin.hausdorff) == pytest.approx(
        (whole.mean, whole.p95, whole.hausdorff), rel=1e-3
    )


def test_a_surface_of_no_step_is_an_error(archive, field):
    with pytest.raises(FieldError, match="no step of 'speed' has an isosurface at 500: choose another"):
        isosurface_distances(archive, field, [10.5, 500.0])
    with pytest.raises(IdlatError, match="finite"):
        isosurface_distances(archive, field, [np.nan])


def test_a_lost_surface_is_said(tmp_path, make_field, model):
    field = make_field((16, 16, 16))
    field.values[8, 8, 8] = 20.0
    archive = idlat.compress(field, tmp_path / "a", model=model, quality=0)
    (found,) = isosurface_distances(archive, field, [19.0])
    assert (found.mean, found.physical, found.remark) == (
        None,
        None,
        "the reconstruction has lost this surface",
    )


def test_no_surface_around_missing_values(tmp_path, make_field, model):
    field = make_field((16, 16, 16))
    field.values[:, :, 8:] = 1e20
    archive = idlat.compress(field, tmp_path / "a", model=model, missing=1e20, quality=60)
    with pytest.raises(FieldError, match="no step"):
        isosurface_distances(archive, field, [1000.0])
    assert isosurface_distances(archive, field, [10.5])[0].hausdorff < 1


def test_every_component_of_a_vector(tmp_path, make_field, model):
    one = make_field((16, 16, 16))
    field = xr.concat([one, 2 * one], "component").transpose("component", "z", "y", "x").rename("wind")
    archive = idlat.compress(field, tmp_path / "a", model=model)
    found = isosurface_distances(archive, field, [10.5, 21.0])
    assert [(f.component, f.isovalue) for f in found] == [(0, 10.5), (0, 21.0), (1, 10.5), (1, 21.0)]
    assert found[0].mean == pytest.approx(found[3].mean, rel=0.05)
    assert found[0].physical is None
