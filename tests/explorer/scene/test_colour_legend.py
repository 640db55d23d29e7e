"""What is written along a colour bar: ends that differ, and no text over another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.explorer.scene.geometry.colour_maps import THEMES
from idlat.explorer.scene.overlay.colour_legend import legend, ticks
from idlat.explorer.scene.overlay.text_labels import font

NUMBERS = st.floats(-1e300, 1e300, allow_subnormal=False)


def _check(low: float, high: float) -> None:
    texts, _ = ticks(low, high, 150, 11)
    first, middle, last = (font(11).getlength(text) for text in texts)
    assert first + last < 150
    assert not middle or max(first, last) + middle / 2 < 75
    assert texts[0] != texts[2]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (-7.51e3, 768.0),
        (-4.4e-9, 6.6e10),
        (1e9, 1e9 + 17),
        (2.0917557, 2.0917559),
        (-9.99e4, 1.0),
        (0.0, 1e-300),
    ],
)
def test_ends_differ_and_nothing_collides(low: float, high: float) -> None:
    _check(low, high)


@given(NUMBERS, NUMBERS)
def test_for_any_two_numbers(one: float, other: float) -> None:
    low, high = sorted((one, other))
    if high - low > 1e-9 * max(abs(low), abs(high)):
        _check(low, high)


@pytest.mark.parametrize("mark", [0.3, 0.45, 0.5, 0.55, 0.7])
@pytest.mark.parametrize("units", ["s⁻¹", "kg kg⁻¹"])
def test_the_mark_of_the_isovalue_does_not_cross_the_unit(mark: float, units: str) -> None:
    with_unit = legend("viridis", 0.0, 1.0, units, THEMES["light"], mark, 90).picture
    without = legend("viridis", 0.0, 1.0, "", THEMES["light"], mark, 90).picture
    x = round(8 + 90 * mark)
    assert not np.array_equal(with_unit, without)
    assert np.array_equal(with_unit[:, x - 4 : x + 5], without[:, x - 4 : x + 5])
