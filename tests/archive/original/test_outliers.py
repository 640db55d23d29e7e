"""Values far from all others: they come back as they were, and the rest as without them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import idlat
from idlat.archive.format.nearest_value import nearest
from idlat.archive.original import outlier_limits
from idlat.archive.original.outlier_limits import representatives, usual_limits
from idlat.errors import FieldError, Remark

SHAPE = (20, 24, 28)


@pytest.fixture
def smooth(make_field):
    return make_field(SHAPE).values


def _spoiled(values, count, spikes, seed=3):
    """Put spikes at random voxels; return the field and where it is still itself."""
    spoiled = values.copy()
    places = np.random.default_rng(seed).choice(values.size, count, replace=False)
    spoiled.ravel()[places] = spikes
    rest = np.ones(values.size, bool)
    rest[places] = False
    return spoiled, rest.reshape(values.shape)


def _quietly(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Remark)
        return idlat.compress(*arguments, **options)


@pytest.mark.parametrize(
    ("count", "spikes"),
    [
        (1, 1e30),
        (1, -3e38),
        (40, 9.96921e36),
        (130, np.geomspace(1e6, 1e30, 130)),
        (60, np.tile([-1e20, 1e10, 5e4], 20)),
        (4000, 1e20),  # a fill value that nobody declared, on most or few of the voxels
        (10_000, -99999.0),
    ],
)
def test_spikes_come_back_and_the_rest_as_without_them(tmp_path, model, smooth, count, spikes):
    spoiled, rest = _spoiled(smooth, count, spikes)
    holes = np.where(rest, smooth, np.nan)
    plain = idlat.compress(holes, tmp_path / "holes.idlat", model=model, quality=80)
    archive = _quietly(spoiled, tmp_path / "a.idlat", model=model, quality=80)
    decoded = archive.decode().values
    np.testing.assert_array_equal(decoded[~rest], spoiled[~rest])
    without = np.nanmax(np.abs(plain.decode().values - holes))
    assert np.abs(decoded - spoiled)[rest].max() < 1.1 * without
    errors = archive.info().variables[0].errors
    assert errors.outliers == count
    expected = -20 * np.log10(
        np.sqrt(np.mean((decoded[rest].astype("f8") - spoiled[rest]) ** 2))
        / np.ptp(spoiled[rest].astype("f8"))
    )
    assert errors.psnr_without_outliers == pytest.approx(expected, abs=1e-6)
    assert errors.psnr > errors.psnr_without_outliers + 20


def test_more_spikes_than_the_mask_can_tell_stay_near_themselves(tmp_path, model, make_field):
    field = make_field((32, 32, 32)).values
    spikes = np.random.default_rng(0).uniform(1e28, 1e30, 600) * np.tile([1, -1], 300)
    spoiled, rest = _spoiled(field, 600, spikes)
    with pytest.warns(Remark, match="600 values far from all others"):
        decoded = idlat.compress(spoiled, tmp_path / "a.idlat", model=model, quality=80).decode().values
    apart = ~rest
    assert np.abs(decoded[apart] / spoiled[apart] - 1).max() < 0.05
    assert np.abs(decoded - spoiled)[rest].max() < 0.2 * np.ptp(field)


def test_a_region_and_a_step_have_their_spikes(tmp_path, model, make_field):
    field = make_field(SHAPE, steps=3).values
    field[1, 9, 10, 11] = 1e25
    archive = _quietly(field, tmp_path / "a.idlat", model=model)
    assert (
        archive.decode(time=1, z=slice(9, 10), y=slice(10, 11), x=slice(11, 12)).values.item()
        == field[1, 9, 10, 11]
    )
    assert float(archive.decode(time=0).max()) < 100
    assert archive.info().variables[0].errors.outliers == 1
    assert idlat.archive.verify(archive, field).ok


@pytest.mark.parametrize("dtype", ["int64", "uint64", "int32", "int16"])
def test_integers_at_their_limit_are_kept_apart(tmp_path, model, smooth, dtype):
    field = np.round(20 * smooth).astype(dtype)
    field[2:4] = np.iinfo(dtype).max
    decoded = _quietly(field, tmp_path / "a.idlat", model=model, quality=80).decode().values
    assert (decoded[2:4] == np.iinfo(dtype).max).all()
    assert int(decoded[4:].max()) <= int(field[4:].max())


def test_integers_beyond_float64_are_exact_or_refused(tmp_path, model):
    few = (2**60 + np.arange(8 * 9 * 10).reshape(8, 9, 10) % 7).astype("int64")
    archive = _quietly(few, tmp_path / "few.idlat", model=model)
    np.testing.assert_array_equal(archive.decode().values, few)
    assert archive.info().variables[0].errors.max_error == 0
    many = (2**63 + np.arange(16**3, dtype="u8") * np.uint64(7)).reshape(16, 16, 16)
    with pytest.raises(FieldError, match=r"integers from 9223372036854775808 to .*subtract an offset"):
        idlat.compress(many, tmp_path / "many.idlat", model=model)
    assert not (tmp_path / "many.idlat").exists()


def test_a_declared_missing_integer_needs_all_of_its_64_bits(tmp_path, model, smooth):
    field = np.round(20 * smooth).astype("int64")
    field[0] = 2**63 - 1
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model, missing=2**63 - 1)
    assert archive.record.variables[0].outlier_values == ()
    decoded = idlat.open_archive(tmp_path / "a.idlat").decode().values
    np.testing.assert_array_equal(decoded == 2**63 - 1, field == 2**63 - 1)


def test_appended_spikes_join_those_that_stand(tmp_path, model, make_field):
    first, second = make_field(SHAPE, steps=1).values, make_field(SHAPE, steps=1).values
    first[0, 1, 2, 3], second[0, 4, 5, 6], second[0, 7, 8, 9] = 1e30, -1e20, 1e30
    _quietly(first, tmp_path / "a.idlat", model=model, quality=80)
    archive = _quietly(second, tmp_path / "a.idlat", model=model, mode="a")
    both, decoded = np.concatenate([first, second]), archive.decode().values
    far = np.abs(both) > 1e10
    np.testing.assert_array_equal(decoded[far], both[far])
    assert np.abs(decoded - both)[~far].max() < 0.3
    errors = archive.info().variables[0].errors
    assert errors.outliers == 3
    assert idlat.archive.verify(archive, both).ok


def test_ordinary_values_have_no_outliers():
    rng = np.random.default_rng(0)
    shapes = {
        "normal": rng.normal(size=10_000),
        "heavy": rng.standard_t(2, 10_000),
        "lognormal": rng.lognormal(0, 4, 10_000),
        "mostly zero": np.where(rng.random(10_000) < 0.99, 0, rng.lognormal(-20, 6, 10_000)),
        "two values": np.repeat([0.0, 1.0], [9_000, 1_000]),
        "constant": np.ones(100),
        "constant but one": np.append(np.zeros(100), 1e6),
        "few": np.array([1.0, 1e30]),
    }
    assert {name: usual_limits(values) for name, values in shapes.items()} == dict.fromkeys(shapes)


@given(
    seed=st.integers(0, 10_000),
    far=st.floats(-100, 100),
    count=st.integers(0, 60),
    spread=st.sampled_from(["normal", "standard_cauchy", "random", "standard_exponential"]),
)
def test_what_is_seen_at_a_glance_is_what_sorting_finds(seed, far, count, spread):
    rng = np.random.default_rng(seed)
    values = getattr(rng, spread)(size=2000)
    values[:count] *= far
    if outlier_limits._compact(values):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(outlier_limits, "_compact", lambda _: False)
            assert usual_limits(values) is None


def test_a_plain_field_is_not_sorted():
    assert outlier_limits._compact(np.random.default_rng(0).normal(size=2000))


@pytest.mark.parametrize("most", [1, 2, 7, 250])
def test_representatives_are_few_members(most):
    values = np.unique(np.concatenate([-np.geomspace(1, 1e12, 300), np.geomspace(1e-3, 1e300, 400)]))
    found = representatives(values, most)
    assert 1 <= len(found) <= most
    assert set(found) <= set(values.tolist())
    assert list(found) == sorted(found)


def test_the_nearest_of_large_integers_is_exact():
    known = [2**63 - 1, 2**63 - 2, -5]
    assert nearest(np.array([2**63 - 2, 2**63 - 1, -4]), known).tolist() == [1, 0, 2]
