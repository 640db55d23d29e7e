"""The filling of missing voxels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from idlat.archive.original.fill_missing import fill_smoothly


@given(hnp.arrays(np.bool_, st.tuples(*[st.integers(1, 9)] * 3)), st.integers(0, 99))
def test_filling_keeps_what_is_valid_and_invents_no_extremes(valid, seed):
    values = np.random.default_rng(seed).normal(size=valid.shape).astype("float32")
    filled = fill_smoothly(values, valid)
    np.testing.assert_array_equal(filled[valid], values[valid])
    if valid.any():
        assert filled.min() >= values[valid].min() - 1e-5
        assert filled.max() <= values[valid].max() + 1e-5
    else:
        assert not filled.any()


def test_far_from_data_whole_cells_are_constant():
    valid = np.zeros((32, 16, 16), bool)
    valid[:8] = True
    filled = fill_smoothly(np.random.default_rng(0).normal(size=valid.shape).astype("float32"), valid)
    assert np.ptp(filled[24:]) < 1e-6


def test_the_filling_meets_what_is_valid_without_a_jump():
    z = np.arange(32, dtype="float32")[:, None, None]
    field = np.broadcast_to(np.sin(z / 5), (32, 16, 16)).copy()
    valid = np.ones(field.shape, bool)
    valid[10:22] = False
    filled = fill_smoothly(field, valid)
    assert np.abs(np.diff(filled, axis=0)).max() < 0.5  # 1.96 where each voxel keeps the mean of its cube
