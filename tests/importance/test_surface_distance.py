from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.importance.measures.surface_distance import BAND, find_surface, surface_distance
from support.models.subband_boxes import in_plain_python


def sphere(radius, shape=(64, 60, 56), centre=(31.3, 29.1, 27.7)):
    points = np.indices(shape)
    return np.sqrt(sum((p - c) ** 2 for p, c in zip(points, centre, strict=True))).astype(np.float32)


@pytest.mark.parametrize("radius", [5.4, 12.7, 20.3])
@pytest.mark.parametrize("steepness", [1, 2])
def test_a_sphere_to_a_small_fraction_of_a_voxel(radius, steepness):
    r = sphere(radius)
    distance = surface_distance(r**steepness, radius**steepness)
    true = np.abs(r - radius)
    near = true <= 8
    assert np.abs(distance - true)[near].mean() < 0.03
    assert np.abs(distance - true)[near].max() < 0.6
    assert np.abs(distance - true)[true <= 1].max() < 0.15
    assert np.abs(distance - true).mean() < 0.15
    assert np.abs(distance - true).max() < 1.0


@given(st.tuples(*[st.floats(-1, 1)] * 3), st.floats(-3, 3), st.floats(0.01, 100))
@settings(max_examples=25, deadline=None)
def test_a_plane_near_itself(normal, offset, slope):
    normal = np.asarray(normal)
    if np.linalg.norm(normal) < 0.1:
        return
    normal /= np.linalg.norm(normal)
    z, y, x = np.indices((20, 20, 20)) - 9.5
    signed = normal[0] * z + normal[1] * y + normal[2] * x - offset
    distance = surface_distance(slope * signed, 0.0)
    inner = (np.abs(z) < 6) & (np.abs(y) < 6) & (np.abs(x) < 6) & (np.abs(signed) < 3)
    assert np.abs(distance - np.abs(signed))[inner].max() < 0.25
    assert np.abs(distance - np.abs(signed))[inner].mean() < 0.01


def test_a_plane_across_an_axis_is_exact_at_any_distance():
    for axis in range(3):
        shape = [3, 3, 3]
        shape[axis] = 60
        ramp = np.indices(shape)[axis].astype(float)
        assert np.allclose(surface_distance(ramp**1.0, 7.25), np.abs(ramp - 7.25), atol=1e-4)


def test_the_nearest_seed_is_exact_within_the_band():
    rng = np.random.default_rng(0)
    values = np.zeros((30, 40, 50))
    places = rng.integers(0, (30, 40, 50), (6, 3))
    values[tuple(places.T)] = 1e9  # crossings hug the zeros around each
    surface = find_surface(values, 1.0)
    assert surface.seeds.sum() <= 6 * 7
    seeds = np.argwhere(surface.seeds)
    points = np.indices(values.shape).reshape(3, -1).T
    exact = np.sqrt(((points[:, None] - seeds[None]) ** 2).sum(-1)).min(1).reshape(values.shape)
    distance = surface_distance(values, 1.0)
    band = exact <= BAND
    assert np.abs(distance - exact)[band].max() <= 1.0


def test_absent_surfaces():
    assert surface_distance(np.zeros((4, 4, 4)), 0.0) is None
    assert surface_distance(np.arange(8.0).reshape(2, 2, 2), 7.5) is None
    assert surface_distance(np.full((2, 2, 2), np.nan), 1.0) is None
    assert surface_distance(np.zeros((1, 1, 1)), 0.0) is None


def test_a_voxel_that_has_the_value_lies_on_the_surface():
    values = np.array([0.0, 1.0, 2.0, 2.0, 2.0]).reshape(1, 1, 5)
    assert surface_distance(values, 1.0)[0, 0].tolist() == [1.0, 0.0, 1.0, 2.0, 3.0]
    assert surface_distance(values, 0.0)[0, 0, 0] == 0.0
    assert surface_distance(values, 2.0)[0, 0].tolist() == [2.0, 1.0, 0.0, 1.0, 2.0]


def test_no_surface_is_seen_through_missing_voxels():
    values = np.array([0.0, np.nan, 2.0, 2.0, 4.0]).reshape(1, 1, 5)
    assert surface_distance(values, 1.0) is None
    assert surface_distance(values, 3.0)[0, 0].tolist() == [3.5, 2.5, 1.5, 0.5, 0.5]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_values_stay_finite(dtype):
    values = np.array([-3e38, 3e38, 3e38], dtype).reshape(1, 3, 1)
    assert np.allclose(surface_distance(values, 0.0)[0, :, 0], [0.5, 0.5, 1.5])


def test_reach_cuts_the_distance_off():
    ramp = np.arange(60.0).reshape(1, 1, 60)
    full, cut = surface_distance(ramp, 5.5), surface_distance(ramp, 5.5, reach=28)
    assert np.isinf(cut[full > 28]).all()
    assert (cut[full <= 28] == full[full <= 28]).all()


@given(
    st.tuples(*[st.sampled_from([1, 2, 3, 9, 30])] * 3),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from(["noise", "waves", "gaps", "steps", "huge"]),
    st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_compiled_distances_are_those_of_numpy(shape, dtype, kind, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=shape) if kind == "noise" else np.sin(np.indices(shape).sum(0) / 4 + seed)
    if kind == "gaps":
        values[rng.random(shape) < 0.1] = np.nan
    if kind == "steps":
        values = np.rint(2 * values)
    if kind == "huge":
        values *= 3e38
    values = values.astype(dtype)
    level = 0.5 if kind != "steps" else 1.0
    distance = surface_distance(values, level)
    with in_plain_python():
        again = surface_distance(values, level)
    assert (distance is None) == (again is None)
    if distance is not None:
        np.testing.assert_array_equal(distance, again)
