"""Linear theory against known limits and an independent integration."""

import numpy as np
import pytest
from scipy import integrate

from idlat.datasets.matter import Matter
from idlat.errors import IdlatError

PLANCK = Matter(omega_m=0.31, omega_b=0.049, h=0.68, sigma8=0.81, n_s=0.965)


def test_growth_solves_its_differential_equation():
    """d(a³ E D')/da = 1.5 Ωm D / (a² E), integrated by another means from deep in matter domination."""

    def slope(a, state):
        growth, momentum = state
        expansion = PLANCK.expansion(a)
        return [momentum / (a**3 * expansion), 1.5 * PLANCK.omega_m * growth / (a**2 * expansion)]

    start = [PLANCK.growth(0.01), PLANCK.growth_momentum(0.01)]
    end = integrate.solve_ivp(slope, (0.01, 1.0), start, rtol=1e-9, atol=1e-12).y[:, -1]
    assert PLANCK.growth(1.0) == pytest.approx(end[0], rel=1e-6)
    assert PLANCK.growth_momentum(1.0) == pytest.approx(end[1], rel=1e-6)


def test_growth_is_the_scale_factor_while_matter_dominates():
    assert PLANCK.growth(0.01) == pytest.approx(0.01, rel=1e-4)


def test_the_transfer_function_has_the_right_ends():
    assert PLANCK.transfer(1e-6) == pytest.approx(1, abs=1e-3)
    k = np.array([10.0, 20.0])
    small = PLANCK.transfer(k)  # falls as ln k / k² on small scales
    assert small[0] / small[1] == pytest.approx(4 * np.log(k[0] * 12) / np.log(k[1] * 12), rel=0.1)


def test_the_power_spectrum_has_its_sigma8_turnover_and_slope():
    k = np.logspace(-4, 2.5, 4000)
    x = 8 * k
    window = 3 * (np.sin(x) - x * np.cos(x)) / x**3
    variance = integrate.trapezoid(k**3 * PLANCK.power(k) * window**2 / (2 * np.pi**2), np.log(k))
    assert np.sqrt(variance) == pytest.approx(0.81, rel=1e-3)
    assert 0.01 < k[PLANCK.power(k).argmax()] < 0.025
    low = PLANCK.power([1e-5, 2e-5])
    assert np.log2(low[1] / low[0]) == pytest.approx(0.965, abs=0.01)
    assert PLANCK.power(0.0) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"h": 0.0}, "h must be positive, got 0.0"),
        ({"omega_b": 0.4}, "expected omega_b < omega_m < 1, got 0.4 and 0.31"),
        ({"omega_m": 1.0}, "expected omega_b < omega_m < 1"),
        ({"sigma8": float("nan")}, "sigma8 must be positive, got nan"),
    ],
)
def test_impossible_universes_are_refused(change, message):
    values = {"omega_m": 0.31, "omega_b": 0.049, "h": 0.68, "sigma8": 0.81, "n_s": 0.965}
    with pytest.raises(IdlatError, match=message):
        Matter(**values | change)
