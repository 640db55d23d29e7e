"""The vortex series: its form, its seed, its sizes."""

import numpy as np
import pytest

from idlat.datasets import VortexOptions, vortex
from idlat.datasets.vortex import spin_up
from idlat.errors import IdlatError


def _series(**options):
    return [field for _, field in vortex(**options)]


def test_a_series_is_labelled():
    steps = list(vortex(size=16, steps=3, seed=2))
    assert [step for step, _ in steps] == [0, 1, 2]
    field = steps[2][1]
    assert field.dims == ("z", "y", "x")
    assert field.shape == (16, 16, 16)
    assert field.dtype == np.float32
    assert field.attrs["units"] == "s-1"
    assert field.coords["x"].attrs["units"] == "m"
    assert field.coords["x"].values == pytest.approx(np.arange(16) * 2 * np.pi / 16)
    assert float(field.coords["time"]) == pytest.approx(0.12)


def test_values_are_lengths_that_change_smoothly_from_step_to_step():
    first, second, *_, last = _series(size=24, steps=8, seed=3)
    assert first.min() >= 0
    assert first.std() > 0.5
    near = np.corrcoef(first.values.ravel(), second.values.ravel())[0, 1]
    far = np.corrcoef(first.values.ravel(), last.values.ravel())[0, 1]
    assert 0.8 < near < 0.9999
    assert far < near


def test_a_seed_fixes_the_values_whatever_the_threads():
    one = _series(size=16, steps=2, seed=7, workers=1)
    two = _series(size=16, steps=2, seed=7, workers=2)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.values, b.values)
    other = _series(size=16, steps=1, seed=8)[0]
    assert np.abs(other.values - one[0].values).max() > 0.1


def test_more_steps_do_not_change_the_first_ones():
    short, long = _series(size=16, steps=1, seed=1), _series(size=16, steps=3, seed=1)
    np.testing.assert_array_equal(short[0].values, long[0].values)


def test_a_lower_viscosity_makes_a_stronger_and_finer_field():
    calm, rough = (_series(size=24, steps=1, seed=4, viscosity=nu)[0] for nu in (0.04, 0.01))
    assert rough.std() > calm.std()
    roughness = [float(np.abs(np.diff(f.values, axis=0)).mean() / f.std()) for f in (calm, rough)]
    assert roughness[1] > roughness[0]


def test_viscosity_follows_the_size():
    options = VortexOptions(viscosity=0.02)
    assert options.viscosity_at(128) == pytest.approx(0.02)
    assert options.viscosity_at(64) == pytest.approx(0.02 * 2 ** (4 / 3))


def test_every_size_is_resolved_because_viscosity_follows_it():
    """Energy at the cut-off stays small; with the viscosity of a finer grid it piles up there."""

    def tail(options):
        spectrum = spin_up(options).energy_spectrum()
        return spectrum[-1] / spectrum.max()

    assert tail(VortexOptions(size=16, seed=1)) < 0.02
    resolved = tail(VortexOptions(size=24, seed=1))
    assert resolved < 0.01
    unscaled = VortexOptions(size=24, seed=1, viscosity=0.02 * (24 / 128) ** (4 / 3))
    assert unscaled.viscosity_at(24) == pytest.approx(0.02)
    assert tail(unscaled) > 5 * resolved


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 7}, "size must be 8 or more, got 7"),
        ({"steps": 0}, "steps must be 1 or more, got 0"),
        ({"seed": -1}, "seed must be 0 or more, got -1"),
        ({"viscosity": 0.0}, "viscosity must be positive, got 0.0"),
        ({"interval": float("nan")}, "interval must be positive, got nan"),
    ],
)
def test_options_out_of_range_are_refused_at_once(options, message):
    with pytest.raises(IdlatError, match=message):
        vortex(**options)
