"""The box around chosen blocks, of a field that is too large to be shown whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from idlat.errors import IdlatError
from idlat.explorer.data import Dataset, tried_volume
from idlat.explorer.views.space.detail_region import checked_region, cut, region_of


@pytest.fixture
def large(files):
    """A dataset of (40, 72, 50) voxels that shows 32³ at most."""
    with Dataset.open(*files) as opened:
        yield replace(opened, largest=32**3)


def chosen(dataset, *places):
    grid = np.zeros(dataset.block_shape, bool)
    grid[tuple(np.array(places).T)] = True
    return grid


def test_the_region_is_the_box_of_blocks_within_the_field(large):
    assert large.large
    assert region_of(large, chosen(large, (1, 1, 2), (2, 2, 3))) == ((16, 40), (16, 48), (32, 50))
    assert region_of(large, chosen(large, (0, 0, 0))) == ((0, 16),) * 3


def test_a_region_of_no_block_or_too_many_is_refused(large):
    with pytest.raises(IdlatError, match="choose blocks first"):
        region_of(large, np.zeros(large.block_shape, bool))
    with pytest.raises(IdlatError, match=r"40 × 72 × 50 voxels, and full detail is for 32³ at most"):
        region_of(large, chosen(large, (0, 0, 0), (2, 4, 3)))


def test_values_of_a_region_are_those_of_the_field_and_of_the_whole_they_are_coarse(large, files):
    region = region_of(large, chosen(large, (1, 1, 2), (2, 2, 3)))
    with Dataset.open(*files) as whole:
        for kind in ("original", "reconstruction", "difference"):
            part, all_of_it = large.volume(kind, 0, region=region), whole.volume(kind, 0)
            inside = tuple(slice(*span) for span in region)
            np.testing.assert_array_equal(part.values, all_of_it.values[inside])
            assert (part.stride, all_of_it.stride, large.volume(kind, 0).stride) == (1, 1, 8)
    assert tried_volume(large, None, "map", region=region).values.shape == (24, 32, 18)


@pytest.mark.parametrize(
    "numbers",
    [
        (),
        (0, 16),
        (1, 17, 0, 16, 0, 16),
        (0, 16, 0, 16, 48, 64),
        (0, 40, 0, 72, 0, 50),
        (16, 0, 0, 16, 0, 16),
    ],
)
def test_what_is_no_region_of_whole_blocks_is_none(large, numbers):
    assert checked_region(large, numbers) is None


def test_a_small_field_has_no_region(files):
    with Dataset.open(*files) as whole:
        assert checked_region(whole, (0, 16, 0, 16, 0, 16)) is None


def test_a_region_survives_its_numbers(large):
    region = region_of(large, chosen(large, (2, 4, 3)))
    assert checked_region(large, tuple(i for span in region for i in span)) == region
    assert cut(np.ones(large.block_shape), region, 16).shape == (1, 1, 1)
