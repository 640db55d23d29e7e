"""The solver: exact transforms, divergence-free flow, a resolved spectrum, known solutions."""

import numpy as np
import pytest

from idlat.datasets.turbulence import FORCED_RADIUS, Modes, Turbulence
from idlat.errors import IdlatError


def test_modes_round_trip_through_the_grid():
    modes = Modes(20)
    rng = np.random.default_rng(0)
    kept = modes.to_modes(rng.standard_normal((20, 20, 20), np.float32))
    np.testing.assert_allclose(modes.to_modes(modes.to_grid(kept)), kept, atol=1e-6)


@pytest.mark.parametrize("n", [8, 9, 15, 16])
def test_grid_agrees_with_a_plain_transform(n):
    modes = Modes(n)
    z, y, x = np.meshgrid(*[np.arange(n) * 2 * np.pi / n] * 3, indexing="ij")
    wave = (np.cos(z - y) + np.sin(2 * x)).astype(np.float32)
    np.testing.assert_allclose(modes.to_grid(modes.to_modes(wave)), wave, atol=1e-5)


def test_curl_and_divergence_of_a_known_flow():
    """u = (sin z, sin x, sin y) has the curl (cos y, cos z, cos x) and no divergence."""
    modes, n = Modes(16), 16
    z, y, x = (a.astype(np.float32) for a in np.meshgrid(*[np.arange(n) * 2 * np.pi / n] * 3, indexing="ij"))
    vector = np.stack([modes.to_modes(np.sin(a)) for a in (z, x, y)])
    curl = [modes.to_grid(component) for component in modes.curl(vector)]
    for component, expected in zip(curl, (np.cos(y), np.cos(z), np.cos(x)), strict=True):
        np.testing.assert_allclose(component, expected, atol=1e-5)
    assert np.abs(modes.divergence(vector)).max() < 1e-6


def test_projection_removes_all_divergence_and_only_that():
    modes = Modes(16)
    rng = np.random.default_rng(1)
    vector = np.stack([modes.to_modes(rng.standard_normal((16, 16, 16), np.float32)) for _ in range(3)])
    assert np.abs(modes.divergence(vector)).max() > 1e-3
    projected = modes.project(vector.copy())
    assert np.abs(modes.divergence(projected)).max() < 1e-6
    np.testing.assert_allclose(modes.project(projected.copy()), projected, atol=1e-7)


def test_a_beltrami_flow_decays_as_the_viscosity_says():
    """curl u = u makes u x curl u vanish, so without forcing u falls as exp(-viscosity t) exactly."""
    modes, n = Modes(16), 16
    z, y, x = (a.astype(np.float32) for a in np.meshgrid(*[np.arange(n) * 2 * np.pi / n] * 3, indexing="ij"))
    beltrami = (np.sin(z) + np.cos(y), np.sin(x) + np.cos(z), np.sin(y) + np.cos(x))
    start = np.stack([modes.to_modes(component) for component in beltrami])
    flow = Turbulence(modes, start.copy(), viscosity=0.3, energy=float(modes.energy(start).sum()))
    flow._hold_energy = lambda: None  # the forcing off
    flow.advance(0.8)
    assert flow.time == pytest.approx(0.8)
    np.testing.assert_allclose(flow.velocity_modes, start * np.exp(-0.3 * 0.8), atol=2e-6)


def test_the_nonlinear_term_conserves_energy(flow):
    slope, _ = flow._slope(flow.velocity_modes)
    product = (flow.velocity_modes.conj() * slope).real.astype(np.float64)
    product[..., 1:] *= 2
    assert abs(product.sum()) < 1e-5 * np.abs(product).sum()


def test_a_developed_flow_has_no_divergence(flow):
    """On the grid, by its own transform: the divergence is rounding beside the velocity's gradients."""
    velocity = flow.velocity()
    waves = np.fft.fftfreq(32, 1 / 32)
    waves[16] = 0

    def slope(values, axis):
        along = np.moveaxis(np.fft.fft(values, axis=axis), axis, -1) * (1j * waves)
        return np.moveaxis(np.fft.ifft(along), -1, axis)

    gradients = [slope(part, axis) for part, axis in zip(velocity, (2, 1, 0), strict=True)]
    assert np.abs(sum(gradients)).max() < 1e-4 * np.abs(gradients[0]).max()


def test_the_spectrum_falls_and_does_not_pile_up(flow):
    spectrum = flow.energy_spectrum()
    assert spectrum[0] == 0
    assert spectrum.argmax() <= 2
    assert (np.diff(spectrum[3:]) < 0).all()
    assert spectrum[-1] < 1e-3 * spectrum.max()
    assert spectrum.sum() == pytest.approx(0.5 * (flow.velocity() ** 2).sum(axis=0).mean(), rel=1e-3)


def test_the_forced_modes_hold_their_energy(flow):
    before = flow.energy_spectrum()[1:3].sum()
    later = Turbulence(flow.modes, flow.velocity_modes.copy(), flow.viscosity, flow.energy)
    later.advance(0.05)
    low = later.modes.k2 < FORCED_RADIUS**2
    assert later.modes.energy(later.velocity_modes)[low].sum() == pytest.approx(flow.energy, rel=1e-5)
    assert later.energy_spectrum()[1:3].sum() == pytest.approx(before, rel=0.2)


def test_refining_keeps_every_mode(flow):
    fine = flow.refined(64, flow.viscosity)
    np.testing.assert_allclose(fine.velocity()[:, ::2, ::2, ::2], flow.velocity(), atol=1e-5)
    np.testing.assert_allclose(fine.energy_spectrum()[:11], flow.energy_spectrum(), rtol=1e-6)
    assert fine.energy_spectrum()[11:].sum() == 0


def test_steps_converge(flow):
    """One long step and many short ones agree to the scheme's accuracy."""
    ends = []
    for pieces in (1, 4):
        copy = Turbulence(flow.modes, flow.velocity_modes.copy(), flow.viscosity, flow.energy)
        for _ in range(pieces):
            copy.advance(0.04 / pieces)
        ends.append(copy.vorticity_magnitude())
    assert np.abs(ends[0] - ends[1]).max() < 2e-3 * ends[1].max()


def test_a_grid_too_small_is_refused():
    with pytest.raises(IdlatError, match="size must be 8 or more, got 7"):
        Modes(7)
