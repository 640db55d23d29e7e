"""Companding: any pieces keep the order of values, have the slopes that they say, and come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.transform.companding import LINEAR, MOST_KNOTS, Companding
from independent_reader.values import expanded


@st.composite
def compandings(draw):
    count = draw(st.integers(1, MOST_KNOTS))
    knots = draw(st.lists(st.integers(-40, 40), min_size=count, max_size=count, unique=True))
    doublings = draw(st.lists(st.integers(0, 16), min_size=count + 1, max_size=count + 1))
    return Companding(tuple(k / 10 for k in sorted(knots)), tuple(d - min(doublings) for d in doublings))


@given(compandings(), st.integers(0, 99))
def test_any_comes_back_in_order(companding, seed):
    values = np.sort(np.random.default_rng(seed).normal(scale=3, size=300))
    companded = companding.forward(values)
    assert (np.diff(companded) >= 0).all()
    np.testing.assert_allclose(companding.backward(companded), values, atol=1e-9)
    assert Companding.from_json(companding.to_json()) == companding


@given(compandings())
def test_slopes_are_those_that_pieces_say(companding):
    ends = [companding.knots[0] - 1, *companding.knots, companding.knots[-1] + 1]
    middles = (np.array(ends[:-1]) + ends[1:]) / 2
    beside = middles + 0.1 * np.diff(ends)
    slopes = (companding.forward(beside) - companding.forward(middles)) / (beside - middles)
    np.testing.assert_allclose(slopes, 2.0 ** -np.array(companding.doublings, float), rtol=1e-6)
    assert companding.doublings_at(middles).tolist() == list(companding.doublings)


@given(compandings(), st.integers(0, 99))
def test_another_reader_finds_the_same_values(companding, seed):
    companded = companding.forward(np.random.default_rng(seed).normal(scale=3, size=300))
    np.testing.assert_allclose(
        expanded(companded, list(companding)), companding.backward(companded), atol=1e-9
    )


def test_the_first_piece_of_slope_1_stays_in_place():
    values = np.array([-5.0, 0.5, 0.75, 5.0], np.float32)
    companding = Companding((0.0, 1.0, 2.0), (4, 0, 3, 0))
    assert companding.forward(values)[1:3].tolist() == [0.5, 0.75]
    assert companding.forward(values).dtype == np.float32


def test_linear_changes_nothing():
    values = np.random.default_rng(0).normal(size=50)
    np.testing.assert_array_equal(LINEAR.forward(values), values)
    np.testing.assert_array_equal(LINEAR.backward(values), values)


@pytest.mark.parametrize("companding", [Companding((0.3,), (4, 0)), Companding((-1.0, 0.7), (2, 0, 5))])
def test_float32_loses_little(companding):
    values = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    np.testing.assert_allclose(companding.backward(companding.forward(values)), values, atol=1e-5)
