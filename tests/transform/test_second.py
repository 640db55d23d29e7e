"""The second transform inverts, and its compiled form gives the numbers of NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.transform.second import from_octaves, to_octaves
from support.models.subband_boxes import in_plain_python

AXES = st.sampled_from([(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])


@given(shape=st.tuples(*[st.integers(1, 19)] * 3), axes=AXES, seed=st.integers(0, 99))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_kernels_give_the_bits_of_numpy(shape, axes, seed, dtype):
    band = np.random.default_rng(seed).normal(size=shape).astype(dtype)
    octaves = to_octaves(band, axes)
    back = from_octaves(octaves, shape, axes)
    np.testing.assert_allclose(back, band, atol=1e-4 if dtype == np.float32 else 1e-12)
    with in_plain_python():
        plain = to_octaves(band, axes)
        np.testing.assert_array_equal(from_octaves(octaves, shape, axes), back)
    np.testing.assert_array_equal(octaves, plain)
    assert octaves.dtype == plain.dtype == dtype


def test_what_is_given_stays_as_it_is():
    band = np.arange(512.0).reshape(8, 8, 8)
    octaves = to_octaves(band, (0, 1, 2))
    kept = octaves.copy()
    from_octaves(octaves, band.shape, (0, 1, 2))
    np.testing.assert_array_equal(octaves, kept)
    np.testing.assert_array_equal(band.ravel(), np.arange(512.0))
