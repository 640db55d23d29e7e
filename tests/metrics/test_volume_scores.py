"""Scores beside PSNR, each against a computation of its own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from idlat.errors import IdlatError
from idlat.metrics import BandRatio, power_spectra, score_volume, volume_scores
from idlat.metrics.power_spectra import resolved_wavelength

SHAPES = [(20, 24, 31), (40, 9, 8), (1, 30, 32), (7, 7, 7)]


def pair(shape, noise=0.05, seed=0):
    """Return a smooth field in odd units, and one beside it."""
    random = np.random.default_rng(seed)
    z, y, x = np.meshgrid(*map(np.arange, shape), indexing="ij")
    field = 300 + 40 * (np.sin(x / 5) + np.cos(y / 4) * np.sin(z / 6 + 1))
    return field, field + 40 * noise * random.standard_normal(shape)


@pytest.fixture(params=["one slab", "slabs of a few layers"])
def slabs(request, monkeypatch):
    """Cut volumes into slabs of few layers, fewer than a window has, or leave them whole."""
    if request.param != "one slab":
        monkeypatch.setattr(volume_scores.slabs_of_layers, "__defaults__", (1500, 1))


@pytest.mark.parametrize("shape", SHAPES)
def test_similarity_is_that_of_scikit_image(shape, slabs):
    field, kept = pair(shape)
    low, span = field.min(), np.ptp(field)
    a, b = (np.squeeze((each - low) / span) for each in (field, kept))
    assert score_volume(field, kept).ssim == pytest.approx(
        structural_similarity(a, b, data_range=1.0), abs=1e-12
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_correlation_is_that_of_numpy(shape, slabs):
    field, kept = pair(shape)
    assert score_volume(field, kept).correlation == pytest.approx(
        np.corrcoef(field.ravel(), kept.ravel())[0, 1]
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_and_errors_of_neighbours(shape, slabs):
    field, kept = pair(shape)
    error = kept - field
    found = score_volume(field, kept)
    squares = [sum((np.diff(each, axis=axis) ** 2).sum() for axis in range(3)) for each in (error, field)]
    assert found.gradient_error == pytest.approx(math.sqrt(squares[0] / squares[1]))
    centred = error - error.mean()
    for axis, value in enumerate(found.error_autocorrelation_axes):
        if shape[axis] == 1:
            assert value is None
            continue
        first, second = (
            np.take(centred, range(*span), axis) for span in ((0, shape[axis] - 1), (1, shape[axis]))
        )
        assert value == pytest.approx((first * second).mean() / centred.var(), abs=1e-12)
    known = [value for value in found.error_autocorrelation_axes if value is not None]
    assert found.error_autocorrelation == pytest.approx(np.mean(known))


def expected_bands(field, kept):
    """Return the bands' ratios from whole transforms."""
    powers, shape = [], field.shape
    window = np.ones(shape)
    for axis, length in enumerate(shape):
        along = [1, 1, 1]
        along[axis] = length
        window = window * (np.sin(np.pi * (np.arange(length) + 0.5) / length) ** 2).reshape(along)
    for each in (field, kept):
        powers.append(np.abs(np.fft.fftn((each - field.mean()) * window)) ** 2)
    k = np.sqrt(sum(f**2 for f in np.meshgrid(*map(np.fft.fftfreq, shape), indexing="ij")))
    found = {}
    for band in range(20):
        shortest, longest = 2 * 2 ** (band / 2), 2 * 2 ** ((band + 1) / 2)
        inside = (
            (k > 0)
            & (1 / np.maximum(k, 1e-9) >= shortest - 1e-9)
            & (1 / np.maximum(k, 1e-9) < longest - 1e-9)
        )
        if inside.any():
            found[round(shortest, 6)] = powers[1][inside].sum() / powers[0][inside].sum()
    return found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("in_memory", [True, False])
def test_spectra_are_those_of_whole_transforms(shape, slabs, in_memory, monkeypatch):
    monkeypatch.setattr(power_spectra, "_COLUMNS", 400)
    if not in_memory:
        monkeypatch.setattr(power_spectra, "_IN_MEMORY", 0)
    field, kept = pair(shape)
    found = score_volume(field, kept).spectrum
    expected = expected_bands(field, kept)
    assert [round(band.shortest, 6) for band in found] == list(expected)
    assert [band.ratio for band in found] == pytest.approx(list(expected.values()), rel=1e-9)


def test_a_blurred_field_is_resolved_down_to_the_blur():
    random = np.random.default_rng(3)
    noise = random.standard_normal((64, 64, 64))
    k = np.sqrt(sum(f**2 for f in np.meshgrid(*[np.fft.fftfreq(64)] * 3, indexing="ij")))
    kept = np.fft.ifftn(np.fft.fftn(noise) * (k < 1 / 5.6)).real
    found = score_volume(noise, kept)
    assert 5.6 <= found.resolved_wavelength <= 8.0
    assert found.spectrum[0].ratio < 0.01
    assert found.spectrum[-3].ratio == pytest.approx(1.0, abs=0.02)


def test_none_is_resolved_where_long_waves_are_lost():
    assert resolved_wavelength([BandRatio(2.0, 4.0, 1.0), BandRatio(4.0, 8.0, 0.5)]) is None
    assert resolved_wavelength([BandRatio(2.0, 4.0, 1.0), BandRatio(4.0, 8.0, None)]) is None
    assert resolved_wavelength([]) is None


def test_noise_has_no_autocorrelation_and_a_smooth_error_has():
    field, kept = pair((24, 24, 24))
    assert abs(score_volume(field, kept).error_autocorrelation) < 0.03
    assert score_volume(field, 1.01 * field).error_autocorrelation > 0.9


def test_scores_do_not_depend_on_unit_or_offset():
    field, kept = pair((16, 20, 24))
    first = score_volume(field, kept)
    for scale, offset in ((1e-3, 7.0), (1e200, 0.0), (1e-250, 0.0), (2.0**1000, 0.0)):
        second = score_volume(scale * field + offset, scale * kept + offset)
        for name in ("ssim", "correlation", "gradient_error", "error_autocorrelation", "resolved_wavelength"):
            assert getattr(second, name) == pytest.approx(getattr(first, name), rel=1e-6)
        ratios = [[band.ratio for band in scores.spectrum] for scores in (first, second)]
        assert ratios[0] == pytest.approx(ratios[1], rel=1e-6)


def test_an_exact_copy():
    field, _ = pair((12, 16, 20))
    found = score_volume(field, field.copy())
    assert (found.ssim, found.correlation, found.gradient_error) == (pytest.approx(1), pytest.approx(1), 0.0)
    assert found.error_autocorrelation is None
    assert found.error_autocorrelation_axes == (None, None, None)
    assert all(band.ratio == 1.0 for band in found.spectrum)
    assert found.resolved_wavelength == 2.0


@pytest.mark.parametrize("value", [0.0, -3.5, 1e300])
def test_a_constant_original_has_no_scores_but_of_the_error(value):
    field = np.full((8, 8, 8), value)
    found = score_volume(field, field)
    assert found == volume_scores.VolumeScores(None, None, None, None, (None, None, None), None, ())
    noisy = score_volume(field, field + max(abs(value), 1) * np.random.default_rng(1).random(field.shape))
    assert noisy.error_autocorrelation == pytest.approx(0, abs=0.15)
    assert (noisy.ssim, noisy.correlation, noisy.gradient_error, noisy.spectrum) == (None, None, None, ())


def test_missing_voxels_are_left_out(slabs):
    field, kept = pair((20, 24, 28))
    missing = np.zeros(field.shape, bool)
    missing[:9, :10, :12] = True
    missing[15, 20, 20] = True
    field, kept = np.where(missing, np.nan, field), np.where(missing, 1e30, kept)
    found = score_volume(field, kept)
    valid = ~missing
    assert found.correlation == pytest.approx(np.corrcoef(field[valid], kept[valid])[0, 1])
    error = kept - field
    squares = [sum(np.nansum(np.diff(each, axis=axis) ** 2) for axis in range(3)) for each in (error, field)]
    assert found.gradient_error == pytest.approx(math.sqrt(squares[0] / squares[1]))
    low, span = np.nanmin(field), np.nanmax(field) - np.nanmin(field)
    a, b = (np.where(valid, (each - low) / span, 0) for each in (field, kept))
    _, full = structural_similarity(a, b, data_range=1.0, full=True)
    whole = np.lib.stride_tricks.sliding_window_view(valid, (7, 7, 7)).all(axis=(3, 4, 5))
    assert found.ssim == pytest.approx(full[3:-3, 3:-3, 3:-3][whole].mean(), abs=1e-12)
    assert score_volume(field, kept, valid) == found
    filled = [np.where(valid, each, field[valid].mean()) for each in (field, kept)]
    assert [b.ratio for b in found.spectrum] == pytest.approx(list(expected_bands(*filled).values()))


def test_no_valid_voxel_has_no_scores():
    nothing = np.full((8, 8, 8), np.nan)
    assert score_volume(nothing, nothing).correlation is None
    assert score_volume(nothing, nothing).spectrum == ()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 2), (2, 2, 2), (1, 3), (3, 1, 1)])
def test_tiny_fields(shape):
    field = np.arange(float(np.prod(shape))).reshape(shape)
    found = score_volume(field, field + 0.1 * field**2)
    if field.size == 1:
        assert (found.ssim, found.correlation, found.gradient_error) == (None, None, None)
    else:
        assert 0 < found.ssim <= 1
        assert found.correlation > 0.9
        assert found.gradient_error > 0


def test_two_axes_are_a_volume_of_one_layer():
    field, kept = pair((1, 30, 40))
    assert score_volume(field[0], kept[0]) == score_volume(field, kept)


def test_integers_are_scored_as_numbers():
    field = np.arange(8 * 8 * 8, dtype=np.uint8).reshape(8, 8, 8)
    kept = np.clip(field.astype(int) + 1, 0, 255).astype(np.uint8)
    assert score_volume(field, kept) == score_volume(field.astype(float), kept.astype(float))


@pytest.mark.parametrize("shapes", [((4, 4), (4, 5)), ((4,), (4,)), ((1, 2, 2, 2), (1, 2, 2, 2))])
def test_other_shapes_are_refused(shapes):
    with pytest.raises(IdlatError, match="one shape"):
        score_volume(*map(np.zeros, shapes))
