"""Distances in regions of steps too large to hold: near the truth, the same whatever region is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.importance.measures import near_distance as near
from idlat.importance.measures.surface_distance import HALO, REACH, surface_distance
from idlat.importance.parse_expression import parse
from idlat.tiling import crop, grow


@pytest.fixture(scope="module")
def ball():
    """Signed distances to a sphere, a plane beside it, and missing values."""
    z, y, x = np.indices((90, 150, 161)).astype(np.float32)
    sphere = np.sqrt((z - 40) ** 2 + (y - 60) ** 2 + (x - 70) ** 2) - 20.3
    values = np.minimum(sphere, 130.4 - y).astype(np.float32)
    values[60:64, 100:110, 20:40] = np.nan
    return values


def test_it_is_that_of_the_whole_step_near_the_surface(ball) -> None:
    box = tuple((0, n) for n in ball.shape)
    found = near.near_distance(ball, 0.0, box, ball.shape)
    whole = surface_distance(ball, 0.0)
    band = found < 12
    np.testing.assert_array_equal(found[band], whole[band])
    beyond = np.isfinite(found) & ~band
    assert np.abs(found - whole)[beyond & (whole < REACH - 4)].max() < 1.5
    assert np.abs(found - whole)[beyond].max() < 3
    assert np.abs(found - whole)[beyond].mean() < 0.7
    assert (whole[~np.isfinite(found)] > REACH - 1.5).all()
    assert near.near_distance(ball, 1e9, box, ball.shape) is None


@pytest.mark.parametrize(
    "core", [((31, 50), (40, 63), (70, 99)), ((0, 17), (90, 150), (0, 5)), ((3, 90), (9, 10), (60, 161))]
)
def test_it_does_not_depend_on_the_region(ball, core) -> None:
    everything = near.near_distance(ball, 0.0, tuple((0, n) for n in ball.shape), ball.shape)
    outer = grow(core, HALO, ball.shape)
    found = near.near_distance(ball[crop(outer, tuple((0, n) for n in ball.shape))], 0.0, outer, ball.shape)
    part = tuple(slice(*span) for span in core)
    if found is None:
        assert not np.isfinite(everything[part]).any()
    else:
        np.testing.assert_array_equal(found[crop(core, outer)], everything[part])


@pytest.mark.parametrize(
    "text",
    ["isosurface(0, decay=0.1)", "distance(value > 0, decay=0.1)", "distance(isosurface(0) * (value > -3))"],
)
def test_a_map_of_a_large_step_is_the_same_in_any_tiles(ball, text, monkeypatch) -> None:
    import idlat.importance.field_view as view_module

    monkeypatch.setattr(view_module, "WHOLE_STEP", 1000)
    made = parse(text).on(ball)
    whole = made.step(0)[:, :, :]
    for z, y, x in [(0, 0, 0), (16, 40, 64), (53, 101, 33)]:
        box = slice(z, z + 37), slice(y, y + 49), slice(x, x + 64)
        np.testing.assert_array_equal(made.step(0)[box], whole[box])


def test_nothing_is_read_far_from_the_surface(monkeypatch) -> None:
    import idlat.importance.field_view as view_module

    values = np.broadcast_to(np.arange(400, dtype=np.float32)[:, None, None], (400, 8, 8)).copy()
    monkeypatch.setattr(view_module, "WHOLE_STEP", 1000)
    made = parse("isosurface(20.5, decay=0.2)").on(values)
    reads = []
    read = view_module.FieldView.read
    monkeypatch.setattr(view_module.FieldView, "read", lambda *a: (reads.append(a[2]), read(*a))[1])
    assert (made.step(0)[200:264, :, :] < 1e-6).all()
    assert (made.step(0)[16:24, :, :] > 0.3).all()
    before = len(reads)
    made.step(0)[300:364, :, :]
    assert len(reads) == before


def test_kernels_and_numpy_agree(ball, monkeypatch) -> None:
    from idlat.importance.measures import band_distance
    from idlat.importance.measures import surface_distance as surface_module

    box = tuple((0, n) for n in ball.shape)
    compiled = near.near_distance(ball, 0.0, box, ball.shape)
    for module in (band_distance, surface_module):
        monkeypatch.setattr(module, "compiles", lambda: False)
    plain = near.near_distance(ball, 0.0, box, ball.shape)
    np.testing.assert_allclose(plain, compiled, atol=1e-5)
