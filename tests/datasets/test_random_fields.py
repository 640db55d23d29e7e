"""Random fields: spectra, forms, determinism."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.datasets import RandomFieldOptions, random_field, random_options
from idlat.errors import IdlatError

sizes = st.integers(1, 12)
forms = st.sampled_from(["gaussian", "lognormal", "gradient", "fronts"])


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(sizes, sizes, sizes),
    seed=st.integers(0, 2**32),
    slope=st.floats(0, 8),
    form=forms,
    strength=st.floats(0.1, 4),
    profile=st.floats(-5, 5),
)
def test_any_shape_gives_finite_labelled_values_fixed_by_the_seed(
    shape, seed, slope, form, strength, profile
):
    options = RandomFieldOptions(slope, form, strength, profile=profile)
    field = random_field(shape, seed, options)
    assert field.dims == ("z", "y", "x")
    assert field.shape == shape
    assert field.dtype == np.float32
    assert np.isfinite(field.values).all()
    np.testing.assert_array_equal(field.values, random_field(shape, seed, options, workers=1).values)


def _shell_slope(values):
    """Fitted fall of the energy in shells of wave numbers 4 to 12, of windowed values."""
    n = values.shape[0]
    window = np.hanning(n)
    tapered = values * window[:, None, None] * window[None, :, None] * window
    power = np.abs(np.fft.rfftn(tapered)) ** 2
    full, half = np.fft.fftfreq(n, 1 / n), np.fft.rfftfreq(n, 1 / n)
    radius = np.rint(np.sqrt(full[:, None, None] ** 2 + full[None, :, None] ** 2 + half**2)).astype(int)
    shells = np.bincount(radius.ravel(), power.ravel())[6:16]
    return -np.polyfit(np.log(np.arange(6, 16)), np.log(shells), 1)[0]


@pytest.mark.parametrize("slope", [5 / 3, 3.0, 4.5])
def test_the_spectrum_has_the_slope_asked_for(slope):
    fields = [random_field((48, 48, 48), seed, RandomFieldOptions(slope)) for seed in range(3)]
    fitted = np.mean([_shell_slope(field.values) for field in fields])
    assert fitted == pytest.approx(slope, abs=0.7)


def test_a_gaussian_field_is_standardised_and_not_periodic():
    values = random_field((40, 40, 40), 1, RandomFieldOptions(slope=4.0)).values
    assert values.mean() == pytest.approx(0, abs=1e-5)
    assert values.std() == pytest.approx(1, abs=1e-5)
    inside = np.abs(np.diff(values, axis=0)).mean()
    assert np.abs(values[0] - values[-1]).mean() > 3 * inside


def test_forms_do_what_they_say():
    shape = (24, 24, 24)
    gaussian = random_field(shape, 9).values
    lognormal = random_field(shape, 9, RandomFieldOptions(form="lognormal", strength=0.5)).values
    fronts = random_field(shape, 9, RandomFieldOptions(form="fronts", strength=20.0)).values
    gradient = random_field(shape, 9, RandomFieldOptions(form="gradient")).values
    np.testing.assert_allclose(np.log(lognormal), 0.5 * gaussian, atol=1e-5)
    assert (np.abs(fronts) > 0.99).mean() > 0.7
    expected = np.sqrt(sum(g**2 for g in np.gradient(gaussian)))
    np.testing.assert_allclose(gradient, expected, rtol=1e-5)


def test_stretch_lengthens_features_along_its_axis():
    values = random_field((32, 32, 32), 2, RandomFieldOptions(slope=2.0, stretch=(8.0, 1.0, 1.0))).values
    along, across = (np.abs(np.diff(values, axis=axis)).mean() for axis in (0, 2))
    assert along < 0.7 * across


def test_a_profile_shows_in_the_means_of_levels():
    values = random_field((32, 16, 16), 2, RandomFieldOptions(profile=50.0)).values
    means = values.mean(axis=(1, 2))
    assert (np.diff(means) < 0).all()
    assert means[0] - means[-1] == pytest.approx(50 * (1 - np.exp(-2)), rel=0.1)


def test_drawn_options_cover_every_form_and_many_slopes():
    drawn = [random_options(seed) for seed in range(40)]
    assert {options.form for options in drawn} == {"gaussian", "lognormal", "gradient", "fronts"}
    slopes = [options.slope for options in drawn]
    assert min(slopes) < 2.5
    assert max(slopes) > 5
    assert drawn[3] == random_options(3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "cubist"}, "form must be one of gaussian, lognormal, gradient, fronts, got 'cubist'"),
        ({"slope": -1.0}, "slope must be from 0 to 12, got -1.0"),
        ({"strength": 0.0}, "strength must be positive, got 0.0"),
        ({"stretch": (1.0, 0.0, 1.0)}, r"stretch must be three positive factors \(z, y, x\)"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(IdlatError, match=message):
        RandomFieldOptions(**options)


@pytest.mark.parametrize(("shape", "seed"), [((4, 4), 0), ((4, 0, 4), 0), ((4, 4, 4), -1)])
def test_shapes_and_seeds_out_of_range_are_refused(shape, seed):
    with pytest.raises(IdlatError, match="must be"):
        random_field(shape, seed)
