"""The hurricane: balance, mass, eye, track, ground, seeds."""

import numpy as np
import pytest
from scipy import ndimage

from idlat.datasets import hurricane
from idlat.datasets.balanced_vortex import (
    GAS_CONSTANT,
    GRAVITY,
    BalancedVortex,
    VortexProfile,
    far_density,
    far_pressure,
    far_temperature,
)
from idlat.datasets.circulation import Overturning, RainBands, cell_texture
from idlat.datasets.hurricane import DOMAIN, Hurricane, HurricaneOptions, hurricane_shape
from idlat.datasets.moisture import VIRTUAL
from idlat.datasets.terrain import terrain_height
from idlat.errors import IdlatError

PROFILE = VortexProfile(speed=50.0, radius=45e3)


@pytest.fixture(scope="module")
def steps():
    return [fields for _, fields in hurricane(size=64, steps=3, seed=1)]


@pytest.fixture(scope="module")
def vortex():
    return BalancedVortex.of(PROFILE)


def polar():
    return np.meshgrid(np.arange(8e3, 700e3, 4e3), np.arange(250.0, 18_000, 250.0), indexing="ij")


def test_the_vortex_is_in_gradient_wind_and_hydrostatic_balance(vortex):
    r, z = polar()
    pressure = vortex.pressure(r, z)
    density = pressure / (GAS_CONSTANT * vortex.virtual_temperature(r, z))
    wind = PROFILE.wind(r, z)
    outward = density * (wind**2 / r + PROFILE.coriolis * wind)
    inside = (slice(2, -2), slice(2, -2))
    residual = np.gradient(pressure, r[:, 0], axis=0) - outward
    assert np.abs(residual[inside]).max() < 0.03 * outward.max()
    weight = np.gradient(pressure, z[0], axis=1) + density * GRAVITY
    assert np.abs(weight[inside]).max() < 2e-3 * (density * GRAVITY).max()


def test_the_far_field_is_hydrostatic_and_unmoved(vortex):
    z = np.arange(0.0, 20_000, 10.0)
    weight = np.gradient(far_pressure(z), z) + far_density(z) * GRAVITY
    assert np.abs(weight[1:-1]).max() < 1e-4 * GRAVITY
    r = np.full_like(z, 1_590e3)
    np.testing.assert_allclose(vortex.pressure(r, z), far_pressure(z), rtol=2e-5)
    np.testing.assert_allclose(vortex.virtual_temperature(r, z), far_temperature(z), rtol=2e-4)


def test_the_core_is_warm_and_deep(vortex):
    axis, middle = np.array([0.0]), np.array([6_000.0])
    assert 5 < vortex.virtual_temperature(axis, middle)[0] - far_temperature(middle)[0] < 20
    ground = np.zeros(1)
    assert 4_000 < far_pressure(ground)[0] - vortex.pressure(axis, ground)[0] < 9_000


def test_the_overturning_conserves_mass_and_has_the_right_sense():
    r, z = np.meshgrid(np.arange(10e3, 400e3, 1e3), np.arange(50.0, 18_000, 50.0), indexing="ij")
    flow = Overturning(PROFILE)
    u, w = flow.radial(r, z), flow.vertical(r, z)
    outward = np.gradient(r * far_density(z) * u, 1e3, axis=0) / r
    upward = np.gradient(far_density(z) * w, 50.0, axis=1)
    assert np.abs(outward + upward)[2:-2, 2:-2].max() < 0.02 * np.abs(upward).max()
    assert u[100, 4] < -5  # 110 km out, 250 m up: inflow
    assert u[100, 250] > 2  # 12.5 km up: outflow
    assert w[30, 100] > 0.5  # the eyewall, 5 km up
    assert abs(w[0, 100]) < 0.05 * w.max()  # the eye


def test_the_rain_bands_conserve_mass():
    axis = (np.arange(96) - 47.5) * 8e3
    bands = RainBands.of(PROFILE, axis, axis, 0.0, cell_texture(96, 3), 1.0)
    z = np.arange(2_000.0, 8_000, 100.0)[:, None, None]
    u, v = bands.horizontal(z)
    spread = np.gradient(u, 8e3, axis=2) + np.gradient(v, 8e3, axis=1)
    lift = np.gradient(far_density(z) * bands.vertical(z), 100.0, axis=0) / far_density(z)
    inside = (slice(1, -1), slice(4, -4), slice(4, -4))
    # differences over two voxels see cells of a few voxels blurred: compare what both can resolve
    smooth = [ndimage.gaussian_filter(part, (0, 2, 2))[inside] for part in (spread, -lift)]
    slope, offset = np.polyfit(smooth[1].ravel(), smooth[0].ravel(), 1)
    assert slope == pytest.approx(1, abs=0.1)
    assert np.corrcoef(smooth[0].ravel(), smooth[1].ravel())[0, 1] > 0.98
    assert abs(offset) < 0.05 * np.abs(smooth[1]).max()  # the mean ascent sinks elsewhere, evenly


def test_the_whole_storm_is_in_balance_above_the_boundary_layer():
    """∇p = -ρ (Dv/Dt + f k×v) of the fields as they are made, bands off, on a grid that resolves the eye."""
    storm = Hurricane.of(HurricaneOptions(size=160, seed=2, bands=0.0))
    fields = {name: values.astype(float) for name, values in storm.fields(0.0).items()}
    z, y, x = storm.axes
    centre, profile = storm.centre(0.0), storm.profile(0.0)
    pressure = fields["P"] + far_pressure(z)[:, None, None]
    density = pressure / (GAS_CONSTANT * fields["T"] * (1 + VIRTUAL * fields["QVAPOR"]))
    level = 10
    east, north = x - centre[0], (y - centre[1])[:, None]
    r = np.hypot(east, north)
    u, v = (fields[name][level] - speed for name, speed in zip("UV", storm.steering, strict=True))
    turning = (v * east - u * north) / r
    outward = turning**2 / r + profile.coriolis * turning
    push_x = density[level] * (outward * east / r + profile.coriolis * storm.steering[1])
    slope_x = np.gradient(pressure[level], x, axis=1)
    near = (r > 40e3) & (r < 600e3) & np.isfinite(slope_x)
    assert np.abs(slope_x - push_x)[near].max() < 0.06 * np.abs(push_x[near]).max()
    assert np.corrcoef(slope_x[near], push_x[near])[0, 1] > 0.999


def test_the_eye_is_calm_and_moves_with_the_steering_wind(steps):
    storm = Hurricane.of(HurricaneOptions(size=64, steps=3, seed=1))
    _, y, x = storm.axes
    found = []
    for fields in steps:
        speed = np.hypot(fields["U"] - storm.steering[0], fields["V"] - storm.steering[1]).values[2]
        lowest = np.unravel_index(np.nanargmin(fields["P"].values[1]), speed.shape)
        assert speed[lowest] < 0.2 * np.nanmax(speed)
        expected = fields.attrs["eye_x"], fields.attrs["eye_y"]
        assert np.hypot(x[lowest[1]] - expected[0], y[lowest[0]] - expected[1]) < 1.5 * DOMAIN / 64
        found.append(expected)
    moved = np.subtract(found[2], found[0])
    np.testing.assert_allclose(moved, np.multiply(storm.steering, 2 * 3600.0))


def test_the_ground_is_missing_alike_in_all_steps_and_variables(steps):
    masks = [fields[name].isnull().values for fields in steps for name in fields.data_vars]
    assert masks[0].any()
    assert not masks[0][-1].any()
    for mask in masks[1:]:
        np.testing.assert_array_equal(mask, masks[0])
    solid = masks[0]
    assert (solid[:-1] | ~solid[1:]).all()  # below what is missing everything is


def test_values_are_physical_and_labelled(steps):
    fields = steps[0]
    assert fields["P"].dims == ("z", "y", "x")
    assert dict(fields.sizes) == {"z": 13, "y": 64, "x": 64}
    assert {variable.dtype for variable in fields.data_vars.values()} == {np.dtype(np.float32)}
    assert fields["x"].attrs["units"] == "m"
    assert fields["P"].attrs["units"] == "Pa"
    assert 180 < fields["T"].min() < fields["T"].max() < 310
    assert 0 < fields["QVAPOR"].min() < fields["QVAPOR"].max() < 0.03
    assert fields["QRAIN"].min() == 0
    assert 0.02 < (fields["QRAIN"] > 1e-5).mean() < 0.5
    assert 0.5 < fields["W"].max() < 10
    assert fields["z"].values[[0, -1]] == pytest.approx([35, 19_835])


def test_a_seed_fixes_each_step_whatever_the_others():
    whole = dict(hurricane(size=16, steps=3, seed=7))
    alone = dict(hurricane(size=16, steps=3, seed=7, start=2))
    assert set(alone) == {2}
    assert alone[2].identical(whole[2])
    other = dict(hurricane(size=16, steps=1, seed=8))[0]
    assert np.nanmax(np.abs(other["P"].values - whole[0]["P"].values)) > 100


def test_the_coast_is_in_the_west_and_follows_its_seed():
    axis = np.linspace(0, DOMAIN, 50)
    height = terrain_height(axis, axis, seed=0)
    land = height > 0
    assert 0.05 < land.mean() < 0.5
    assert land[:, :5].all()
    assert not land[:, -10:].any()
    assert 500 < height.max() < 2_300
    assert np.abs(terrain_height(axis, axis, seed=5) - height).max() > 100


def test_the_grid_is_flat():
    assert hurricane_shape(500) == (100, 500, 500)
    assert hurricane_shape(8) == (6, 8, 8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 7}, "size must be 8 or more, got 7"),
        ({"steps": 0}, "steps must be 1 or more, got 0"),
        ({"seed": -1}, "seed must be 0 or more, got -1"),
        ({"interval": 0.0}, r"interval must be positive \(s\), got 0.0"),
        ({"bands": float("nan")}, "bands must be 0 or more, got nan"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(IdlatError, match=message):
        HurricaneOptions(**options)
