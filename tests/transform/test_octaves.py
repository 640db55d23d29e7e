"""The 9/7 wavelet inverts, and is the one of the textbooks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.transform.octaves import band_norms, merge_halves, split_halves


@given(n=st.integers(1, 70), width=st.integers(1, 3), seed=st.integers(0, 100))
def test_any_length_comes_back(n: int, width: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(n, width))
    low, high = split_halves(x)
    assert (len(low), len(high)) == ((n + 1) // 2, n // 2)
    np.testing.assert_allclose(merge_halves(low, high), x, atol=1e-12)


def test_lifting_is_filtering_by_the_nine_and_seven_taps() -> None:
    # ISO/IEC 15444-1, table F.4, analysis filters at a low-pass gain of 1, scaled here to √2.
    low_taps = [
        0.6029490182363579,
        0.2668641184428723,
        -0.07822326652898785,
        -0.01686411844287495,
        0.02674875741080976,
    ]
    high_taps = [1.115087052456994, -0.5912717631142470, -0.05754352622849957, 0.09127176311424948]
    x = np.random.default_rng(1).normal(size=41)
    low, high = split_halves(x)
    at = 20
    expected = low_taps[0] * x[at] + sum(t * (x[at - i] + x[at + i]) for i, t in enumerate(low_taps[1:], 1))
    assert low[at // 2] == pytest.approx(np.sqrt(2) * expected)
    at = 21
    expected = high_taps[0] * x[at] + sum(t * (x[at - i] + x[at + i]) for i, t in enumerate(high_taps[1:], 1))
    assert abs(high[at // 2]) == pytest.approx(abs(expected) / np.sqrt(2))


def test_cubics_vanish_in_the_high_half() -> None:
    x = np.linspace(-1, 1, 60) ** 3
    assert np.abs(split_halves(x)[1][4:-4]).max() < 1e-12


def test_norms_are_near_one() -> None:
    assert len(band_norms(3)) == 4
    assert all(0.95 < norm < 1.05 for norm in band_norms(3))
