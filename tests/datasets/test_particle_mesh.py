"""Deposit, forces and steps: conservation, known solutions, second order."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.fft

from idlat.datasets.lagrangian import displaced, displacements
from idlat.datasets.matter import Matter
from idlat.datasets.particle_mesh import deposit, derivative, gather, inverse_laplacian, step

MATTER = Matter(omega_m=0.31, omega_b=0.049, h=0.68, sigma8=0.81, n_s=0.965)
N = 16


def grid(n=N):
    return np.stack(np.meshgrid(*[np.arange(n, dtype=np.float32)] * 3, indexing="ij"))


def test_deposit_conserves_mass_and_wraps():
    positions = np.random.default_rng(0).uniform(-30, 30, (3, 5000)).astype(np.float32)
    mass = deposit(positions, N)
    assert mass.sum() == pytest.approx(5000, rel=1e-6)
    assert mass.min() >= 0
    np.testing.assert_allclose(deposit(np.mod(positions, N), N), mass, atol=1e-3)


def test_a_particle_in_a_cell_stays_there_and_one_between_is_shared():
    mass = deposit(np.array([[3.0, 15.5], [4.0, 2.0], [5.0, 2.0]], np.float32), N)
    assert mass[3, 4, 5] == 1
    assert mass[15, 2, 2] == mass[0, 2, 2] == 0.5


def test_gather_is_the_transpose_of_deposit():
    rng = np.random.default_rng(1)
    positions = rng.uniform(0, N, (3, 100)).astype(np.float32)
    field = rng.standard_normal((N, N, N)).astype(np.float32)
    assert (deposit(positions, N) * field).sum() == pytest.approx(gather(field, positions).sum(), rel=1e-3)


def test_the_potential_of_a_wave():
    phase = 2 * np.pi * (grid()[0] + 2 * grid()[2]) / N
    k = np.array([1, 0, 2]) * 2 * np.pi / N
    potential = inverse_laplacian(scipy.fft.rfftn(np.cos(phase).astype(np.float32)))
    np.testing.assert_allclose(derivative(potential), -np.cos(phase) / (k @ k), atol=1e-4)
    np.testing.assert_allclose(derivative(potential, 2), k[2] * np.sin(phase) / (k @ k), atol=1e-4)
    np.testing.assert_allclose(derivative(potential, 0, 2), k[0] * k[2] * np.cos(phase) / (k @ k), atol=1e-4)


def test_a_plane_wave_has_no_second_order_and_gathers_in_its_crest():
    first, second = displacements(scipy.fft.rfftn(np.cos(2 * np.pi * grid()[1] / N).astype(np.float32)))
    assert np.abs(second).max() < 1e-4 * np.abs(first).max()
    divergence = sum(np.gradient(first[axis], axis=axis) for axis in range(3))
    assert divergence[0, N // 2, 0] > 0 > divergence[0, 1, 0]


def test_the_second_order_of_a_spherical_peak_is_that_of_spherical_collapse():
    """1 + δ = 1 + δL + 17/21 δL² + ... where the three axes are alike; first order alone gives 2/3."""
    n = 32
    wave = sum(np.cos(2 * np.pi * axis / n) for axis in grid(n)) / 3
    growth = 0.2
    shifts, _ = displaced(scipy.fft.rfftn(wave.astype(np.float32)), growth)
    half_step = (shifts[0, 1, 0, 0] - shifts[0, -1, 0, 0]) / 2  # dψ/dx over one cell at the peak
    slope = half_step * (2 * np.pi / n) / np.sin(2 * np.pi / n)
    contrast = 1 / (1 + slope) ** 3 - 1
    second = (contrast - growth) / growth**2
    assert second == pytest.approx(17 / 21, abs=0.15)
    zeldovich = (1 / (1 - growth / 3) ** 3 - 1 - growth) / growth**2
    assert second > zeldovich + 0.1


def test_one_step_moves_a_weak_plane_wave_by_linear_growth():
    modes = scipy.fft.rfftn((0.5 * np.cos(2 * np.pi * grid()[2] / N)).astype(np.float32))
    begin, end = 0.1, 0.3
    shifts, speeds = displaced(modes, MATTER.growth(begin))
    positions, velocities = (grid() + shifts).reshape(3, -1), speeds.reshape(3, -1)
    step(MATTER, positions, velocities, begin, end, N)
    moved = positions.reshape(3, N, N, N) - grid()
    moved -= N * np.round(moved / N)
    expected, expected_speeds = displaced(modes, MATTER.growth(end))
    assert projection(moved[2], expected[2]) == pytest.approx(1, abs=0.03)
    assert projection(velocities.reshape(speeds.shape)[2], expected_speeds[2]) == pytest.approx(1, abs=0.05)
    assert np.abs(moved[:2]).max() < 1e-3 * np.abs(moved[2]).max()


def projection(values, wave):
    return float((values * wave).sum() / (wave**2).sum())


def test_steps_are_of_second_order():
    modes = scipy.fft.rfftn(np.random.default_rng(3).standard_normal((N, N, N)).astype(np.float32))
    k2 = -1 / inverse_laplacian(np.ones_like(modes)).real.clip(None, -1e-6)
    modes *= 8 * np.exp(-8 * k2)

    def end(count):
        shifts, speeds = displaced(modes, MATTER.growth(0.1))
        positions, velocities = (grid() + shifts).reshape(3, -1), speeds.reshape(3, -1)
        times = np.linspace(0.1, 0.5, count + 1)
        for begin, after in pairwise(times):
            step(MATTER, positions, velocities, begin, after, N)
        return positions

    def error(positions):
        difference = positions - fine
        return np.abs(difference - N * np.round(difference / N)).mean()

    fine = end(16)
    assert error(end(4)) < 0.4 * error(end(2))
