"""Steps of octaves beyond cuts: coarse only where nothing that matters is reached."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.transform.cuts import Cut, coarser_cells
from idlat.transform.second import from_octaves
from idlat.transform.second_cuts import octave_scale

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
