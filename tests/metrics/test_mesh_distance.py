"""Distances between surfaces whose answer is known."""

import numpy as np
import pytest

from idlat.metrics import Triangles, distance_between, extract_surface
from idlat.metrics.mesh_distance import distance_to


def ball(shape=(24, 24, 24), centre=(11.5, 11.5, 11.5), spacing=(1.0, 1.0, 1.0)):
    """Distance from the centre, whose isosurfaces are spheres."""
    axes = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    return np.sqrt(sum(((a - c) * s) ** 2 for a, c, s in zip(axes, centre, spacing, strict=True)))


def test_concentric_spheres_lie_their_radii_apart():
    inner, outer = extract_surface([ball()], 6.0), extract_surface([ball()], 8.5)
    assert outer.areas().sum() == pytest.approx(4 * np.pi * 8.5**2, rel=0.01)
    found = distance_between(inner, outer)
    assert found.mean == pytest.approx(2.5, abs=0.03)
    assert found.p95 == pytest.approx(2.5, abs=0.05)
    assert found.hausdorff == pytest.approx(2.5, abs=0.06)


def test_a_sphere_moved_by_d():
    # The distance from angle θ is |d cos θ| to first order: its mean d/2, its 95th percentile 0.95 d.
    d = 0.4
    moved = extract_surface([ball(centre=(11.5, 11.5, 11.5 + d))], 8.0)
    found = distance_between(extract_surface([ball()], 8.0), moved)
    assert found.mean == pytest.approx(d / 2, abs=0.01)
    assert found.p95 == pytest.approx(0.95 * d, abs=0.015)
    assert found.hausdorff == pytest.approx(d, abs=0.02)


def test_tilted_planes_lie_apart_along_their_normal():
    z, y, x = np.meshgrid(*(np.arange(16.0),) * 3, indexing="ij")
    height = (2 * z + y - 2 * x) / 3  # a unit normal, so values are distances
    first, second = extract_surface([height], 1.0), extract_surface([height], 1.75)
    # beyond the second's edge the nearest point is aside: look at the middle of the first
    middle = first.points[(np.abs(first.points - 7.5) < 4).all(axis=1)]
    assert len(middle) > 50
    assert distance_to(second, middle) == pytest.approx(0.75, abs=1e-5)


def test_it_is_the_same_either_way_and_none_for_the_same():
    a = extract_surface([ball()], 5.0)
    b = extract_surface([ball() + 0.1 * np.sin(np.arange(24.0))], 5.0)
    assert distance_between(a, b) == distance_between(b, a)
    assert distance_between(a, a).hausdorff < 1e-6


def test_a_lost_part_counts_by_its_area_and_distance():
    values = np.minimum(ball((24, 24, 48)), 2 * ball((24, 24, 48), (11.5, 11.5, 40.0)))
    kept, both = extract_surface([ball((24, 24, 48))], 7.0), extract_surface([values], 7.0)
    found = distance_between(both, kept)
    assert found.hausdorff == pytest.approx(40 + 3.5 - 11.5 - 7, abs=0.1)
    assert found.p95 > 20  # a ninth of the area
    assert found.mean == pytest.approx(21.8 * 3.5**2 / (3.5**2 + 2 * 7**2), rel=0.05)


def test_area_weighs_whatever_the_triangles():
    # One long triangle and many short ones in the plane z = 0, and the plane z = 1 or 3 below each.
    def plane(z, x0, x1, count):
        edges = np.linspace(x0, x1, count + 1)
        points = np.array([(z, y, x) for x in edges for y in (0.0, 1.0)], np.float32)
        faces = [(2 * i + k, 2 * i + 1, 2 * i + 2 + k) for i in range(count) for k in (0, 1)]
        return points, np.array(faces, np.int32)

    def joined(near, far):
        (p, f), (q, g) = near, far
        return Triangles(np.concatenate([p, q]), np.concatenate([f, g + len(p)]))

    top = joined(plane(0, 0, 75, 1), plane(0, 1000, 1025, 500))
    below = joined(plane(1, 0, 75, 1), plane(3, 1000, 1025, 500))
    assert distance_between(top, below).mean == pytest.approx(0.75 * 1 + 0.25 * 3)


def test_voxels_that_are_no_cubes():
    spacing = (2.0, 1.0, 0.5)
    values = ball((14, 24, 48), (6.5, 11.5, 23.5), spacing)
    inner, outer = (extract_surface([values], r).scaled(spacing) for r in (7.0, 9.0))
    assert distance_between(inner, outer).mean == pytest.approx(2.0, abs=0.05)


def test_it_agrees_with_points_all_over_every_triangle():
    rng = np.random.default_rng(5)
    corners = rng.normal(size=(14, 1, 3)) * 3 + rng.normal(size=(14, 3, 3)) * rng.uniform(0.1, 4, (14, 1, 1))
    faces = np.arange(42, dtype=np.int32).reshape(-1, 3)
    surface = Triangles(corners.reshape(-1, 3).astype(np.float32), faces)
    points = rng.normal(size=(20, 3)) * 6
    part = rng.dirichlet((0.5, 0.5, 0.5), size=4000)
    dense = np.einsum("sk,tkc->tsc", part, corners)
    nearest = np.array([np.linalg.norm(dense - p, axis=-1).min() for p in points])
    found = distance_to(surface, points)
    assert (found <= nearest + 1e-6).all()
    assert found == pytest.approx(nearest, abs=0.1)


def test_slabs_of_any_thickness_give_the_same_surface():
    values = ball()
    whole = extract_surface([values], 8.0)
    for cuts in ([1, 2, 9], [12], list(range(1, 24))):
        parts = extract_surface(np.split(values, cuts), 8.0)
        assert parts.areas().sum() == pytest.approx(whole.areas().sum(), rel=1e-5)
        assert distance_between(whole, parts).hausdorff < 1e-5


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_no_surface_across_missing_values(hole):
    values = ball()
    whole = extract_surface([values], 8.0)
    values[:, :, 12:] = hole
    half = extract_surface(np.split(values, [5]), 8.0)
    assert half.points[:, 2].max() <= 11.0
    assert half.areas().sum() == pytest.approx(whole.areas().sum() * (8 - 0.5) / 16, rel=0.02)


def test_where_there_is_no_surface():
    values = ball()
    assert extract_surface([values], 100.0) is None
    assert extract_surface([np.full((4, 4, 4), 3.0)], 3.0) is None
    assert extract_surface([np.full((4, 4, 4), np.nan)], 3.0) is None
    assert extract_surface([values[:1]], 8.0) is None
    checkered = np.where(np.indices((6, 6, 6)).sum(0) % 2, np.nan, values[:6, :6, :6])
    assert extract_surface([checkered], 12.0) is None


def test_small_differences_on_a_large_offset_are_seen():
    ramp = 1e9 + 1e-3 * np.broadcast_to(np.arange(6.0), (4, 4, 6))
    surface = extract_surface([ramp], 1e9 + 2.5e-3)
    assert surface.points[:, 2] == pytest.approx(2.5, abs=1e-3)
