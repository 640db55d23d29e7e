"""Physical distances where voxels are not evenly spaced."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.archive import isosurface_distances
from idlat.errors import ImportanceError
from idlat.importance import distance, isosurface, sphere
from idlat.importance.measures.surface_distance import surface_distance as even_distance
from idlat.importance.measures.uneven_distance import surface_distance

Z = np.array([0, 1, 2, 3.5, 5, 7, 9, 12, 15, 19, 23, 28, 33.0])
Y, X = np.arange(24.0), 0.5 * np.arange(50)


def _field(values, z=Z):
    return xr.DataArray(values, {"z": z, "y": Y, "x": X}, ("z", "y", "x"), name="p")


def _grid(z=Z):
    return np.meshgrid(z, Y, X, indexing="ij")


@pytest.mark.parametrize("level", [2.2, 6.0, 20.5])
def test_a_plane_across_uneven_levels(level):
    z, _, _ = _grid()
    found = isosurface(_field(z), level, decay=0.1, units="physical").values
    np.testing.assert_allclose(found, np.exp(-0.1 * np.abs(z - level)), atol=1e-5)


def test_a_falling_axis_is_the_same_the_other_way_round():
    z, y, x = _grid()
    values = np.hypot(np.hypot(z - 8, y - 12), x - 12)
    up = isosurface(_field(values), 6, units="physical").values
    down = isosurface(_field(values[::-1], Z[::-1]), 6, units="physical").values
    np.testing.assert_allclose(down[::-1], up, atol=1e-5)


def test_a_ball():
    z, y, x = _grid()
    r = np.sqrt((z - 8) ** 2 + (y - 12) ** 2 + (x - 12) ** 2)
    found = -np.log(isosurface(_field(r), 6, decay=0.1, units="physical").values) / 0.1
    assert np.abs(found - np.abs(r - 6))[:8].max() < 0.7  # where levels are at most 3 apart
    assert np.abs(found - np.abs(r - 6)).mean() < 0.1


def test_evenly_spaced_positions_give_what_the_other_way_gives():
    z, y, x = np.indices((20, 24, 28), dtype="f8")
    wave = np.sin(z / 4) + np.cos(y / 5) + np.sin(x / 6)
    lengths = (2.0, 1.0, 0.5)
    positions = tuple(side * np.arange(n) for side, n in zip(lengths, wave.shape, strict=True))
    found, other = surface_distance(wave, 0.3, positions), even_distance(wave, 0.3, spacing=lengths)
    assert np.abs(found - other).mean() < 0.1 * max(lengths)  # both approximate, in different ways


@pytest.mark.parametrize("lengths", [(5.0, 1.0, 1.0), (1.0, 5.0, 1.0), (2.0, 1.0, 1.0), (1.0, 1.0, 1.5)])
def test_a_ball_of_voxels_that_are_no_cubes(lengths):
    shape = [max(int(40 / side), 12) for side in lengths]
    places = [side * np.arange(n) for side, n in zip(lengths, shape, strict=True)]
    centre = [(n - 1) * side / 2 for side, n in zip(lengths, shape, strict=True)]
    grid = np.meshgrid(*places, indexing="ij")
    r = np.sqrt(sum((axis - c) ** 2 for axis, c in zip(grid, centre, strict=True)))
    field = xr.DataArray(r, dict(zip("zyx", places, strict=True)), ("z", "y", "x"))
    found = -np.log(isosurface(field, 12.3, decay=0.05, units="physical").values.astype("f8")) / 0.05
    # linear interpolation between voxels cuts a ball short by side²/(8·radius) at most
    assert np.abs(found - np.abs(r - 12.3)).max() < max(lengths) ** 2 / (8 * 12.3) + 0.1


def test_an_object_is_as_far_as_its_nearest_voxel():
    z, y, x = _grid()
    inside = np.zeros(z.shape)
    inside[4, 5, 6] = inside[9, 20, 40] = 1
    found = distance(_field(z), _field(inside), decay=0.1, units="physical").values
    to = [
        np.sqrt((z - Z[k]) ** 2 + (y - Y[j]) ** 2 + (x - X[i]) ** 2) for k, j, i in ((4, 5, 6), (9, 20, 40))
    ]
    np.testing.assert_allclose(found, np.exp(-0.1 * np.minimum(*to)), atol=1e-5)


def test_missing_values_hold_no_surface():
    z, _, _ = _grid()
    z[3:6] = np.nan
    with pytest.raises(ImportanceError, match="no isosurface 5"):
        isosurface(_field(z), 5.0, units="physical")


def test_a_sphere_is_by_its_coordinates():
    z, y, x = _grid()
    found = sphere(_field(z), 9, 12, 12, 5, units="physical").values
    np.testing.assert_array_equal(found, (z - 9) ** 2 + (y - 12) ** 2 + (x - 12) ** 2 <= 25)


def test_positions_out_of_order_are_refused():
    values, places = np.zeros((13, 24, 50)), Z.copy()
    places[3] = places[2]
    with pytest.raises(ImportanceError, match="coordinate z neither rises nor falls"):
        isosurface(_field(values, places), 0.0, units="physical")


def test_how_far_a_decoded_surface_moved(tmp_path):
    """A plane between two levels moves by its error over the slope: 1 in these units."""
    z, y, _ = _grid()
    field = _field(z + 0.05 * np.sin(y))
    archive = idlat.compress(field, tmp_path / "a.idlat", quality=70)
    (moved,) = isosurface_distances(archive, field, [20.0])
    decoded = archive.decode().values
    between = slice(9, 11)  # the levels at 19 and 23

    def heights(values):
        part = (20.0 - values[between][0]) / (values[between][1] - values[between][0])
        return 19 + 4 * part

    expected = np.abs(heights(decoded) - heights(field.values)).mean()
    assert moved.physical is not None
    assert moved.physical.mean == pytest.approx(expected, rel=0.2)
