"""The ensemble: spectra against theory, growth, mass, seeds, parameters, labels."""

import numpy as np
import pytest

from idlat.datasets import cosmology
from idlat.datasets.cosmology import START, CosmologyOptions, draw_matter, evolved_density
from idlat.datasets.lagrangian import density_modes
from idlat.datasets.matter import CRITICAL_DENSITY, Matter
from idlat.errors import IdlatError

MATTER = Matter(omega_m=0.31, omega_b=0.049, h=0.68, sigma8=0.81, n_s=0.965)


def shells(modes, cell):
    """Mean power (Mpc/h)³ and wave number of whole-number shells; modes with kx > 0 stand for two."""
    n = modes.shape[0]
    whole = np.fft.fftfreq(n, 1 / n)
    radius = np.sqrt(whole[:, None, None] ** 2 + whole[:, None] ** 2 + np.arange(n // 2 + 1) ** 2)
    twice = np.full(modes.shape, 2.0)
    twice[..., [0, -1]] = 1
    bins = np.rint(radius).astype(int).ravel()
    counts = np.bincount(bins, twice.ravel())
    power = np.bincount(bins, (twice * np.abs(modes) ** 2).ravel()) / counts * cell**3 / n**3
    k = np.bincount(bins, (twice * radius).ravel()) / counts * 2 * np.pi / (n * cell)
    inside = slice(1, n // 2)
    return k[inside], power[inside], counts[inside]


def test_the_initial_field_has_the_power_spectrum_of_theory():
    modes = density_modes(MATTER, 32, 4.0, np.random.default_rng(0)) * MATTER.growth(1.0)
    k, power, counts = shells(modes, 4.0)
    deviation = (power / MATTER.power(k) - 1) / np.sqrt(2 / counts)  # in standard deviations of a shell
    assert np.abs(deviation).max() < 4
    assert np.average(power / MATTER.power(k), weights=counts) == pytest.approx(1, abs=0.03)


def test_large_scales_grow_as_linear_theory_says():
    n, cell = 48, 6.0
    options = CosmologyOptions(size=n, cell=cell, redshift=1.0)
    modes = density_modes(MATTER, n, cell, np.random.default_rng(1))
    density = evolved_density(MATTER, modes, options)
    k, late, _ = shells(np.fft.rfftn(density), cell)
    _, linear, _ = shells(modes, cell)
    large = k < 0.06
    assert large.sum() == 2
    np.testing.assert_allclose(np.sqrt(late[large] / linear[large]), MATTER.growth(0.5), rtol=0.05)
    assert MATTER.growth(0.5) > 5 * MATTER.growth(START)


def test_small_scales_grow_beyond_linear_theory():
    options = CosmologyOptions(size=32, redshift=2.0)
    modes = density_modes(MATTER, 32, options.cell, np.random.default_rng(1))
    density = evolved_density(MATTER, modes, options)
    assert density.max() > 20
    assert 0 < density.min() < 0.3
    assert np.log(density).std() > 0.5


def test_mass_is_conserved():
    options = CosmologyOptions(size=16, redshift=0.0)
    modes = density_modes(MATTER, 16, options.cell, np.random.default_rng(2))
    density = evolved_density(MATTER, modes, options)
    assert density.mean() == pytest.approx(1, rel=1e-6)
    assert density.std() > 1
    (_, field), *_ = cosmology(size=16, members=1, seed=3)
    gas = CRITICAL_DENSITY * field.attrs["h"] ** 2 * field.attrs["omega_b"]
    assert (10.0 ** field.values.astype(float)).mean() == pytest.approx(gas, rel=1e-4)


def test_members_are_labelled_and_differ():
    members = list(cosmology(size=8, members=2, seed=4))
    assert [member for member, _ in members] == [0, 1]
    first, second = (field for _, field in members)
    assert first.dims == ("z", "y", "x")
    assert first.dtype == np.float32
    assert first.attrs["units"] == "log10(Msun Mpc-3)"
    assert first.coords["x"].values == pytest.approx(0.25 * (np.arange(8) + 0.5))
    assert first.coords["x"].attrs["units"] == "Mpc/h"
    assert np.abs(first.values - second.values).max() > 0.1
    for name in ("omega_m", "omega_b", "h", "sigma8", "n_s"):
        assert first.attrs[name] != second.attrs[name]
    assert first.attrs["omega_m"] == draw_matter(4, 0).omega_m


def test_a_seed_fixes_each_member_whatever_the_others():
    whole = dict(cosmology(size=8, members=3, seed=7))
    alone = dict(cosmology(size=8, members=3, seed=7, start=2))
    assert set(alone) == {2}
    np.testing.assert_array_equal(alone[2].values, whole[2].values)
    other = dict(cosmology(size=8, members=1, seed=8))[0]
    assert np.abs(other.values - whole[0].values).max() > 0.1


def test_parameters_lie_in_their_ranges():
    drawn = [draw_matter(0, member) for member in range(200)]
    matter = [m.omega_m * m.h**2 for m in drawn]
    assert 0.12 <= min(matter) < 0.122
    assert 0.153 < max(matter) <= 0.155
    assert {0.55 <= m.h <= 0.85 and 0.7 <= m.sigma8 <= 0.9 and 0.93 <= m.n_s <= 1 for m in drawn} == {True}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 7}, "size must be 8 or more, got 7"),
        ({"members": 0}, "members must be 1 or more, got 0"),
        ({"seed": -1}, "seed must be 0 or more, got -1"),
        ({"cell": float("nan")}, r"cell must be positive \(Mpc/h\), got nan"),
        ({"redshift": 30.0}, "redshift must be from 0 to less than 19, got 30.0"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(IdlatError, match=message):
        CosmologyOptions(**options)
