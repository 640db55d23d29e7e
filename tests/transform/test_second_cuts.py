"""Steps of octaves beyond cuts: coarse only where nothing that matters is reached."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.transform.cuts import Cut, coarser_cells
from idlat.transform.second import from_octaves
from idlat.transform.second_cuts import octave_scale
from idlat.transform.second_layout import octaves_of_subbands, second_parts

LAPPED = ("lapped", "lapped", "lapped")


@pytest.mark.parametrize("shape", [(64, 96, 200), (8, 8, 512), (70, 1, 130)])
def test_a_coarse_function_reaches_no_finer_cell(shape):
    cuts = ((Cut(24, 5),), (Cut(40, -3),), (Cut(61, 4), Cut(100, -6)))
    coarser = coarser_cells(shape, cuts)
    scale = octave_scale(shape, (0, 0, 0), LAPPED, (0, 1, 2), cuts)
    assert scale.shape == (coarser.size,)
    assert scale.min() < 1
    for k in np.random.default_rng(0).choice(scale.size, 40, replace=False):
        values = from_octaves((np.arange(scale.size) == k).astype(float), coarser.shape, (0, 1, 2))
        assert coarser[np.abs(values) > 1e-9].min() >= -np.log2(scale[k])


def test_without_cuts_no_step_is_coarser():
    assert (octave_scale((64, 64, 64), (0, 0, 0), LAPPED, (0, 1, 2), ((), (), ())) == 1).all()


def test_a_scaled_subband_is_parted_where_steps_change():
    cuts = ((), (), (Cut(24, 5), Cut(61, -5)))
    for k, ends in ((0, [0, 3, 8, 13]), (4, [0, 3, 8, 12]), (6, [0, 3, 7, 12])):
        parts = second_parts((8, 8, 100), (0, 0, k), LAPPED, cuts)
        assert [part.place[2].start for part in parts] == ends[:-1]
        assert parts[-1].place[2].stop == ends[-1]
        assert sum(part.shape[2] for part in parts) == 100
    assert len(second_parts((8, 8, 100), (0, 0, 0), ("lapped", "lapped", "octaves"), ((), (), ()))) == 1


def test_octaves_of_parts_hold_every_position_once():
    cuts, kinds = ((Cut(11, 4),), (Cut(30, -4),), (Cut(24, 5), Cut(61, -5))), LAPPED
    whole = octaves_of_subbands((50, 60, 100), ((0, 0, 0), (1, 0, 0)), kinds, cuts=(cuts, cuts))
    plain = octaves_of_subbands((50, 60, 100), ((0, 0, 0), (1, 0, 0)), kinds)
    assert whole.size == plain.size
    for end in (0, 1, len(octaves_of_subbands((50, 60, 100), ((0, 0, 0),), kinds, cuts=(cuts,)).bands)):
        taken = octaves_of_subbands((50, 60, 100), ((0, 0, 0),), kinds, (end,), (cuts,))
        assert [band.shape for band in taken.bands] == [band.shape for band in whole.bands[:end]]


def test_there_are_not_too_many_parts():
    cuts = tuple(tuple(Cut(16 * i, 5 * (-1) ** i) for i in range(1, 9)) for _ in range(3))
    (part,) = second_parts((200, 200, 200), (0, 0, 0), LAPPED, cuts)
    assert part.shape == (200, 200, 200)
    assert len(second_parts((130, 130, 130), (0, 0, 0), LAPPED, tuple(along[:7] for along in cuts))) == 512
