"""Time steps whose ranges differ: each is as good as it would be alone, and the errors name the worst."""

from __future__ import annotations

import numpy as np
import pytest

import idlat


def _relative(decoded, field):
    return [
        float(np.abs(d - f).max() / np.ptp(f))
        for d, f in zip(decoded.astype("f8"), field.astype("f8"), strict=True)
    ]


@pytest.mark.parametrize("factors", [(1, 1e6), (1e-6, 1, 1e6), (1, 1e-6, 1, 1, 1)])
def test_a_step_of_another_range_is_as_good_as_alone(tmp_path, model, make_field, factors):
    volume = make_field((16, 20, 24)).values
    field = np.stack([volume * np.float32(f) for f in factors])
    alone = idlat.compress(volume, tmp_path / "one.idlat", model=model, quality=70)
    archive = idlat.compress(field, tmp_path / "all.idlat", model=model, quality=70)
    (expected,) = _relative(alone.decode().values[None], volume[None])
    assert max(_relative(archive.decode().values, field)) < 1.5 * expected
    errors = archive.info().variables[0].errors
    assert errors.psnr == pytest.approx(alone.info().variables[0].errors.psnr, abs=0.5)
    assert errors.worst_step in range(len(factors))
    assert errors.worst_step_psnr > errors.psnr - 1


def test_a_step_far_from_the_others(tmp_path, model, make_field):
    volume = make_field((16, 20, 24), dtype="float64").values
    field = np.stack([volume + offset for offset in (0, 1e7, -1e7)])
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model, quality=70)
    assert max(_relative(archive.decode().values, field)) < 0.05


@pytest.mark.parametrize("constants", [(0,), (3.5, 3.5), (1, 2, 10)])
def test_constant_steps_are_exact(tmp_path, model, make_field, constants):
    still = np.stack([np.full((16, 20, 24), c, "f4") for c in constants])
    varying = make_field((16, 20, 24), steps=1).values
    for name, first, second in (("a", still, varying), ("b", varying, still)):
        field = np.concatenate([first, second])
        at_once = idlat.compress(field, tmp_path / f"{name}.idlat", model=model, quality=70)
        idlat.compress(first, tmp_path / f"{name}2.idlat", model=model, quality=70)
        grown = idlat.compress(second, tmp_path / f"{name}2.idlat", model=model, mode="a")
        for archive in (at_once, grown):
            decoded = archive.decode().values
            constant = np.ptp(field, axis=(1, 2, 3)) == 0
            np.testing.assert_array_equal(decoded[constant], field[constant])
            assert max(_relative(decoded[~constant], field[~constant])) < 0.1
            errors = archive.info().variables[0].errors
            mean = np.mean(np.square(decoded[~constant].astype("f8") - field[~constant])) / len(field)
            expected = -10 * np.log10(mean / np.ptp(field[~constant].astype("f8")) ** 2)
            assert errors.psnr == pytest.approx(expected, abs=1e-6)


def test_steps_that_are_all_constant_are_exact(tmp_path, model):
    field = np.stack([np.full((4, 5, 6), value, "f4") for value in (1, 10, 2)])
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model)
    np.testing.assert_array_equal(archive.decode().values, field)


def test_a_step_without_values_changes_nothing(tmp_path, model, make_field):
    field = make_field((16, 16, 16), steps=3).values
    field[1] = np.nan
    part = idlat.compress(field, tmp_path / "a.idlat", model=model).record.variables[0].parts[0]
    assert len(part.normalisations) == 1


def test_ordinary_steps_share_one_normalisation(tmp_path, model, make_field):
    field = make_field((16, 16, 16), steps=4) * np.array([1, 1.5, 0.9, 1])[:, None, None, None]
    part = idlat.compress(field, tmp_path / "a.idlat", model=model).record.variables[0].parts[0]
    assert len(part.normalisations) == 1
    assert part.ranges == tuple((float(v.min()), float(v.max())) for v in field.values)


def test_an_appended_step_of_another_range(tmp_path, model, make_field):
    first = make_field((16, 20, 24), steps=2).values
    second = (make_field((16, 20, 24), steps=1).values * np.float32(1e6)).astype("float32")
    idlat.compress(first, tmp_path / "a.idlat", model=model, quality=70)
    before = idlat.open_archive(tmp_path / "a.idlat").decode().values
    archive = idlat.compress(second, tmp_path / "a.idlat", model=model, mode="a")
    decoded = archive.decode().values
    np.testing.assert_array_equal(decoded[:2], before)
    assert max(_relative(decoded, np.concatenate([first, second]))) < 0.1
    assert idlat.archive.verify(archive, np.concatenate([first, second])).ok


def test_components_of_different_ranges_keep_their_own(tmp_path, model, make_field):
    volume = make_field((16, 16, 16))
    field = np.stack(
        [np.stack([volume.values, 1e5 * volume.values]), np.stack([1e-6 * volume.values, volume.values])]
    )
    import xarray as xr

    wind = xr.DataArray(field.astype("f8"), dims=("time", "component", "z", "y", "x"), name="wind")
    decoded = idlat.compress(wind, tmp_path / "a.idlat", model=model, quality=70).decode().values
    flat, back = field.reshape(4, 16, 16, 16), decoded.reshape(4, 16, 16, 16)
    assert max(_relative(back, flat)) < 0.1


def test_every_command_states_one_psnr(tmp_path, model, make_field):
    field = make_field((16, 20, 24), steps=3).values * np.array([1, 5, 2], "f4")[:, None, None, None]
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model)
    decoded = archive.decode().values.astype("f8")
    relative = [
        np.mean((d - f) ** 2) / np.ptp(f.astype("f8")) ** 2 for d, f in zip(decoded, field, strict=True)
    ]
    expected = -10 * np.log10(np.mean(relative))
    stated, measured = archive.info().variables[0].errors, idlat.archive.evaluate(archive, field)
    assert stated.psnr == pytest.approx(expected, abs=1e-6)
    assert measured.psnr == pytest.approx(expected, abs=1e-6)
    worst = int(np.argmax(relative))
    assert (stated.worst_step, measured.worst_step) == (worst, worst)
    assert measured.worst_step_psnr == pytest.approx(-10 * np.log10(relative[worst]), abs=1e-6)


@pytest.mark.parametrize("scale", [1e-310, 1e-322, 1e300])
def test_the_smallest_and_largest_numbers(tmp_path, model, make_field, scale):
    volume = make_field((16, 16, 16), dtype="float64", offset=0.0).values
    field = volume / np.abs(volume).max() * scale
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model, quality=80)
    decoded = archive.decode().values
    relative = (
        (decoded / np.ptp(field) - field / np.ptp(field)) if scale > 1 else (decoded - field) / np.ptp(field)
    )
    expected = -10 * np.log10(np.mean(relative**2))
    assert archive.info().variables[0].errors.psnr == pytest.approx(expected, abs=1e-3)
    assert expected > 25
