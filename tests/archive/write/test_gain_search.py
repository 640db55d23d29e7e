"""The search for a gain."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idlat.archive.format.settings import Target
from idlat.archive.read.decoding_tiles import decoding_core
from idlat.archive.write.gain_search import estimated_gain, find_gain
from idlat.errors import IdlatError

LIMITS = (-3.0, 12.0)


def search(measure, target, estimate=None):
    """Search, and check what every search must keep to; return the gain and the number of measurements."""
    tried = []

    def counted(gain):
        tried.append(gain)
        return measure(gain)

    found = find_gain(counted, estimate or measure, target, LIMITS)
    assert tried[-1] == found
    assert LIMITS[0] <= found <= LIMITS[1]
    return found, len(tried)


@given(st.floats(-2.9, 11.9), st.floats(0.1, 1.5), st.floats(0.3, 3), st.floats(-0.02, 0.02))
def test_a_ratio_within_reach_is_met_with_few_measurements(gain, slope, off, drift):
    def ratio(g):
        return 5000 * math.exp(-slope * (g + 3) - 0.1 * slope * math.sin(g))

    found, measured = search(
        ratio, Target("ratio", ratio(gain)), lambda g: off * ratio(g) * math.exp(drift * slope * g)
    )
    assert ratio(found) == pytest.approx(ratio(gain), rel=0.02)
    assert measured <= 3


@given(st.floats(-2.9, 11.9), st.floats(0.1, 1.5), st.floats(-0.9, 0.9), st.floats(-1, 1))
@example(0.75, 0.375, -0.890625, -1.0)  # steep beyond a plateau: a plain secant creeps
def test_an_estimate_that_misleads_costs_measurements_only(gain, slope, bend, other):
    def ratio(g):
        return 5000 * math.exp(-slope * (g + 3 + bend * math.sin(g)))

    found, measured = search(ratio, Target("ratio", ratio(gain)), lambda g: 700 * math.exp(other * g))
    assert ratio(found) == pytest.approx(ratio(gain), rel=0.02)
    assert measured <= 17


@given(st.floats(0.05, 0.95), st.floats(-9, 9))
def test_a_psnr_that_saturates_is_met(part, off):
    def psnr(g):
        return 20 + 40 * math.tanh((g + 3) / 6)

    target = psnr(-3 + 15 * part)
    found, measured = search(psnr, Target("psnr", target), lambda g: psnr(g) + off)
    assert psnr(found) == pytest.approx(target, abs=0.1)
    assert measured <= 3


def test_both_ends_can_be_met():
    for end in LIMITS:
        found, _ = search(lambda g: 20 + g, Target("psnr", 20 + end))
        assert found == pytest.approx(end, abs=0.1)


def test_what_lies_beyond_names_the_range():
    with pytest.raises(IdlatError, match="--psnr 90 cannot be met: this model reaches 17 dB to 32 dB"):
        search(lambda g: 20 + g, Target("psnr", 90))
    with pytest.raises(IdlatError, match=r"this model reaches 1.2 to 3 "):
        search(lambda g: 3 - 1.8 * (g + 3) / 15, Target("ratio", 5))


def test_what_lies_between_two_steps_names_them():
    with pytest.raises(IdlatError, match="the nearest that can be reached are 100 and 200"):
        search(lambda g: 200 if g < 1.234 else 100, Target("ratio", 150))


def test_a_jump_is_given_up_before_the_last_trial():
    tried = []

    def jumping(g):
        tried.append(g)
        return 20 + 3 * g + (8 if g > 1.2345 else 0)

    with pytest.raises(IdlatError, match="cannot be met for this field"):
        find_gain(jumping, jumping, Target("psnr", 27), LIMITS)
    assert len(set(tried)) < 40


@given(st.floats(-2.9, 11.9), st.floats(1, 6))
def test_a_rough_estimate_is_near_and_takes_few_looks(gain, slope):
    looks = []

    def psnr(g):
        looks.append(g)
        return 20 + slope * g

    found = estimated_gain(psnr, Target("psnr", 20 + slope * gain), LIMITS, roughly=True)
    assert abs(found - gain) * slope <= 1.0 + 1e-9
    assert len(looks) <= 6


@given(st.floats(-2.9, 11.9))
def test_where_a_search_begins_is_looked_at_first(start):
    looks = []

    def psnr(g):
        looks.append(g)
        return 20 + 3 * g

    find_gain(psnr, psnr, Target("psnr", 29), LIMITS, start)
    assert looks[0] == start


def test_no_importance_at_all():
    with pytest.raises(IdlatError, match="above 0 somewhere"):
        search(lambda _: math.nan, Target("psnr", 40), lambda _: 30.0)


def test_an_exact_reconstruction_is_above_any_target():
    with pytest.raises(IdlatError, match="--psnr 40 cannot be met"):
        search(lambda _: math.inf, Target("psnr", 40))


@given(st.tuples(*[st.integers(1, 200)] * 3), st.integers(0, 4), st.integers(1, 40), st.integers(1, 16))
def test_tiles_to_decode_fit_in_memory(cells, halo, tasks, threads):
    core = decoding_core(cells, halo, tasks, threads)
    window = math.prod(min(n, c + 2 * halo) for n, c in zip(cells, core, strict=True))
    assert window <= 11_000
    assert all(1 <= c <= n for c, n in zip(core, cells, strict=True))
