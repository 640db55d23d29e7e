"""The algebra of boxes, against sets of voxels."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from idlat.tiling import Box, block_reduce, box_shape, box_slices, crop, grow, intersect, within

SHAPE = (7, 6, 5)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    z, y, x = ((draw(st.integers(0, n - 1)), n) for n in SHAPE)
    spans = [(start, draw(st.integers(start + 1, n))) for start, n in (z, y, x)]
    return spans[0], spans[1], spans[2]


def voxels(box: Box) -> set[tuple[int, ...]]:
    return set(itertools.product(*(range(start, stop) for start, stop in box)))


@given(boxes(), boxes())
def test_an_intersection_holds_what_both_hold(one: Box, two: Box) -> None:
    shared = intersect(one, two)
    assert voxels(shared) == voxels(one) & voxels(two)
    assert intersect(two, one) == shared
    assert all(length >= 0 for length in box_shape(shared))


@given(boxes(), st.integers(0, 3))
def test_a_grown_box_is_clipped_and_cropped_to_itself(box: Box, halo: int) -> None:
    outer = grow(box, halo, SHAPE)
    near = {
        p
        for p in voxels(((0, 7), (0, 6), (0, 5)))
        if all(start - halo <= at < stop + halo for at, (start, stop) in zip(p, box, strict=True))
    }
    assert voxels(outer) == near
    whole = np.arange(np.prod(SHAPE)).reshape(SHAPE)
    assert (whole[box_slices(outer)][crop(box, outer)] == whole[box_slices(box)]).all()
    assert box_slices(within(box, outer)) == crop(box, outer)


@given(
    st.tuples(*[st.integers(1, 9)] * 3),
    st.integers(1, 10),
    st.sampled_from([np.add, np.maximum, np.logical_or]),
    st.sampled_from([(), (2,)]),
)
def test_blocks_reduce_as_one_by_one(
    shape: tuple[int, int, int], block: int, reduce: np.ufunc, lead: tuple[int, ...]
) -> None:
    values = np.random.default_rng(0).integers(0, 3, (*lead, *shape))
    found = block_reduce(values, block, reduce)
    assert found.shape == (*lead, *(-(-n // block) for n in shape))
    for at in np.ndindex(found.shape[-3:]):
        part = values[(..., *(slice(i * block, (i + 1) * block) for i in at))]
        by_hand = reduce.reduce(part, axis=(-3, -2, -1))
        assert (found[(..., *at)] == by_hand).all()
