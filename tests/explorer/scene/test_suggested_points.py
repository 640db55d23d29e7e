"""The transfer function to begin with shows what is rare, at one end or at both."""

import numpy as np
import pytest

from idlat.explorer.scene.geometry.value_codes import Codes, opacity_table
from idlat.explorer.scene.scene_settings import suggest_points


def opacities(values: np.ndarray, *at: float) -> list[float]:
    codes = Codes(float(values.min()), float(values.max()))
    table = opacity_table(suggest_points(values, codes), codes)
    return [float(table[codes.encode(np.array([value]))[0]]) for value in at]


def test_both_ends_of_a_diverging_field_are_seen() -> None:
    values = np.random.default_rng(0).normal(0, 1, 40_000)
    low, middle, high = opacities(values, values.min(), 0.0, values.max())
    assert [low, high] == pytest.approx([0.75, 0.75])
    assert middle == 0.0


def test_the_lows_of_a_hurricane_are_seen_and_its_surroundings_are_not() -> None:
    rng = np.random.default_rng(0)
    pressure = np.concatenate([rng.normal(600, 60, 30_000), rng.uniform(-7500, 500, 1_000)])
    eye, around, most = opacities(pressure, -7000.0, 600.0, pressure.max())
    assert eye > 0.4
    assert around == most == 0.0


def test_noise_about_a_value_that_most_have_stays_clear() -> None:
    rng = np.random.default_rng(0)
    rain = np.abs(rng.normal(0, 0.002, 40_000))
    rain[:400] = rng.uniform(0.1, 1.0, 400)
    noise, drizzle, rainy = opacities(rain, 0.005, 0.03, 0.9)
    assert noise == 0.0
    assert 0 < drizzle < 0.12 < rainy
