"""No voxel is ever beyond its bound: after a real write and read, whatever the field."""

from __future__ import annotations

import json
import uuid

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import idlat
from idlat.archive.format.error_bound import ErrorBound
from idlat.archive.write import residual_encoder
from idlat.errors import ArchiveError, IdlatError
from support.property_examples import examples

DIMS = ("z", "y", "x")


def bounds_at(importance, inside, outside):
    """The bound of each voxel, by its definition."""
    i = np.asarray(importance, np.float64)
    return inside**i * outside ** (1 - i)


def errors_of(field, decoded):
    """Absolute errors, 0 where both are the same, of voxels that are no NaN or infinity in the field."""
    a, b = np.asarray(field), np.asarray(decoded)
    assert a.dtype == b.dtype
    usual = np.isfinite(a.astype(np.float64)) if a.dtype.kind == "f" else np.ones(a.shape, bool)
    np.testing.assert_array_equal(a[~usual], b[~usual])
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.abs(np.where(usual, a, 0).astype(np.float64) - np.where(usual, b, 0).astype(np.float64))
    return np.where(usual & (a != b), error, 0.0)


def written(field, **options):
    options.setdefault("workers", 1)
    return idlat.compress(field, f"memory://bounds/{uuid.uuid4().hex}.idlat", **options)


def rough(shape, dtype, kind, seed):
    rng = np.random.default_rng(seed)
    axes = np.meshgrid(*(np.arange(n) / 5 for n in shape), indexing="ij")
    x = np.sin(axes[0]) + np.cos(axes[1] * 0.7) * np.sin(axes[2]) + 0.05 * rng.normal(size=shape)
    if np.dtype(dtype).kind in "iu":
        info = np.iinfo(dtype)
        middle, half = (info.max + info.min) / 2, min((info.max - info.min) / 2, 2.0**30)
        x = np.clip(middle + x / 2.2 * half * (0.9 if kind == "plain" else 0.01), info.min, info.max)
        x = np.rint(x).astype(dtype)
        if kind == "spikes":
            x.flat[rng.integers(0, x.size, 2)] = info.max
        return x
    if kind == "denormal":
        x = x * (1e-44 if dtype == "float32" else 1e-320)
    elif kind == "huge":
        x = x * 1e38
    elif kind == "offset":
        x = x + (100 if dtype == "float16" else 1e7)
    elif kind == "constant":
        x = np.full(shape, 3.7)
    elif kind == "whole":
        x = np.rint(1000 * x)
    x = x.astype(dtype)
    if kind == "spikes":
        x.flat[rng.integers(0, x.size, 3)] = 1e30
    if kind == "gaps":
        x[rng.random(shape) < 0.2] = np.nan
        x.flat[0], x.flat[-1] = np.inf, -np.inf
    return x


KINDS = ["plain", "denormal", "huge", "offset", "constant", "spikes", "gaps", "whole"]
BOUNDS = ["10%", "0.1%", "0.001%", "0.01%:10%", "5%:0.02%"]


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.tuples(*[st.sampled_from([1, 2, 5, 9, 20, 67])] * 3).filter(lambda s: np.prod(s) < 20_000),
    st.sampled_from(["float32", "float64", "int16", "uint8", "int32", "float16"]),
    st.sampled_from(KINDS),
    st.sampled_from(BOUNDS),
    st.sampled_from([None, 20.0, 90.0]),
    st.integers(0, 5),
)
@example((1, 1, 1), "float32", "spikes", "0.1%", None, 0)
@example((9, 20, 67), "float64", "huge", "0.01%:10%", None, 0)
@example((9, 20, 67), "float32", "offset", "0.001%", None, 0)
@example((5, 9, 67), "float32", "denormal", "0.1%", 20.0, 0)
@example((1, 1, 2), "float64", "denormal", "0.01%:10%", None, 0)
@example((9, 20, 67), "float32", "whole", "0.001%", None, 0)
@example((9, 20, 67), "float64", "whole", "0.01%:10%", None, 0)
def test_no_voxel_is_beyond_its_bound(shape, dtype, kind, bound, quality, seed):
    values = rough(shape, dtype, "plain" if dtype == "float16" and kind in ("huge", "spikes") else kind, seed)
    field = xr.DataArray(values, dims=DIMS, name="v")
    importance = np.linspace(0, 1, values.size, dtype=np.float32).reshape(shape) if ":" in bound else None
    archive = written(field, importance=importance, max_error=bound, quality=quality)
    decoded = archive.decode().values
    finite = values[np.isfinite(values.astype(np.float64))].astype(np.float64)
    span = float(np.ptp(finite)) if finite.size else 0.0
    inside, outside = (float(part.strip("%")) / 100 * span for part in (bound + ":" + bound).split(":")[:2])
    if ":" not in bound:
        outside = inside
    error = errors_of(values, decoded)
    limit = bounds_at(1.0 if importance is None else importance, inside, outside) if span else 0.0
    assert (error <= limit).all(), (error / limit).max()
    result = idlat.evaluate(archive, field, importance)
    assert result.error_over_bound <= 1


def test_outliers_too_many_to_be_listed_are_within_their_bound():
    values = rough((20, 30, 30), "float32", "plain", 0)
    rng = np.random.default_rng(0)
    values.flat[rng.choice(values.size, 400, replace=False)] = 1e6 * rng.uniform(1, 2, 400)
    assert errors_of(values, written(values, max_error=0.01).decode()).max() <= 0.01


@pytest.mark.parametrize("dtype", ["int16", "uint8", "int32", "uint16", "int64"])
def test_integers_are_exact_below_one(dtype):
    values = rough((20, 9, 30), dtype, "plain", 0)
    np.testing.assert_array_equal(written(values, max_error=0.5).decode(), values)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_whole_numbers_among_floats_cost_what_integers_do_below_one_half(dtype):
    values = rough((40, 40, 40), dtype, "whole", 0)
    exact = written(values.astype("int32"), max_error=0.4).info().bytes_streams
    archive = written(values, max_error=0.001)
    np.testing.assert_array_equal(archive.decode(), values)
    assert archive.info().bytes_streams < 1.1 * exact
    values[3, 4, 5] += 0.5
    assert errors_of(values, written(values, max_error=0.001).decode()).max() <= 0.001


def test_whole_numbers_use_a_bound_of_more_than_one_half():
    values = rough((40, 40, 40), "float32", "whole", 0)
    archive = written(values, max_error=1.9)
    assert 1 < errors_of(values, archive.decode()).max() <= 1.9


def test_a_step_that_is_not_whole_is_appended_to_ones_that_are(tmp_path):
    steps = np.stack([rough((9, 12, 20), "float32", kind, 0) for kind in ("whole", "plain")])
    field = xr.DataArray(steps, dims=("time", *DIMS), name="v")
    idlat.compress(field[:1], tmp_path / "a.idlat", max_error=0.01)
    archive = idlat.compress(field[1:], tmp_path / "a.idlat", mode="a")
    assert (errors_of(field, archive.decode()) <= 0.01).all()


def test_integers_use_the_whole_of_their_bound():
    values = rough((40, 40, 40), "int32", "plain", 0)
    exact = written(values, max_error=0.9).info().bytes_streams
    assert np.abs(written(values, max_error=1).decode().values.astype(int) - values).max() == 1
    assert written(values, max_error=1).info().bytes_streams < exact


@pytest.mark.parametrize("transform", ["log10", "asinh"])
def test_a_bound_is_in_the_original_unit_under_a_transform(transform):
    values = np.exp(3 * rough((24, 30, 17), "float64", "plain", 0)).astype("float32")
    archive = written(values, max_error=0.01, transform=transform)
    assert errors_of(values, archive.decode()).max() <= 0.01


def test_parts_have_the_bits_of_the_whole():
    values = rough((70, 20, 80), "float32", "gaps", 0)
    archive = written(values, max_error="0.1%:2%", importance="box(z=10:40, y=2:11, x=20:70)")
    whole = archive.decode().values
    part = archive.decode(z=slice(3, 68), y=7, x=slice(30, 77)).values
    np.testing.assert_array_equal(part, whole[3:68, 7, 30:77])
    (name,) = archive.variables
    lazy = archive.to_xarray()[name][5:9, :, 63:66].values
    np.testing.assert_array_equal(lazy, whole[5:9, :, 63:66])


def test_numpy_decodes_the_bits_of_kernels(monkeypatch):
    values = rough((17, 20, 33), "float32", "gaps", 0)
    archive = written(values, max_error="0.1%:2%", importance="box(z=1:9, y=2:11, x=20:30)")
    whole = archive.decode().values
    monkeypatch.setenv("IDLAT_PURE_PYTHON", "1")
    np.testing.assert_array_equal(idlat.open_archive(archive.path).decode().values, whole)


def test_the_loose_region_takes_fewer_bytes():
    values = rough((40, 40, 40), "float32", "plain", 0)
    tight = written(values, max_error=0.001).info()
    mixed = written(values, max_error=(0.001, 0.1), importance="box(z=0:10, y=0:10, x=0:10)").info()
    assert mixed.bytes_streams < 0.5 * tight.bytes_streams
    assert mixed.bound == ErrorBound(0.001, 0.1)


def test_series_vectors_and_appended_steps(tmp_path):
    steps = np.stack([rough((9, 12, 20), "float32", "plain", seed) for seed in range(6)])
    field = xr.DataArray(steps.reshape(3, 2, 9, 12, 20), dims=("time", "component", *DIMS), name="wind")
    path = tmp_path / "a.idlat"
    options = {"importance": "box(z=0:5, y=0:6, x=0:9)"}
    idlat.compress(field[:2], path, max_error="0.01:0.2", **options)
    archive = idlat.compress(field[2:], path, mode="a", **options)
    assert idlat.verify(archive, field).ok
    importance = np.zeros((9, 12, 20))
    importance[:5, :6, :9] = 1
    assert (errors_of(field, archive.decode()) <= bounds_at(importance, 0.01, 0.2)).all()
    assert archive.store.size("wind/step/c") > 0
    with pytest.raises(IdlatError, match="leave out --max-error"):
        idlat.compress(field[2:], path, mode="a", max_error=0.1)


def test_verify_tells_of_a_voxel_beyond_its_bound(monkeypatch):
    values = rough((9, 12, 20), "float32", "plain", 0)
    archive = written(values, max_error=0.01)
    monkeypatch.setattr(type(archive.record.variables[0].bounds), "at", lambda _, i: np.full(i.shape, 1e-4))
    (fault,) = idlat.verify(archive, values).faults
    assert "times its bound" in fault


def test_verify_without_the_map_takes_the_bounds_that_are_stored(monkeypatch):
    values = rough((9, 12, 20), "float32", "plain", 0)
    importance = np.linspace(0, 1, values.size, dtype=np.float32).reshape(values.shape)
    archive = written(values, max_error="0.1%:5%", importance=importance)
    assert idlat.verify(archive, values).ok
    bounds = type(archive.record.variables[0].bounds)
    monkeypatch.setattr(bounds, "of_levels", property(lambda own: np.full(len(own.widths), 1e-4)))
    (fault,) = idlat.verify(archive, values).faults
    assert "times its bound" in fault


def test_damaged_corrections_are_named(tmp_path):
    values = rough((9, 12, 20), "float32", "plain", 0)
    archive = idlat.compress(values, tmp_path / "a.idlat", max_error="0.01:0.1", importance="gradient()")
    name = archive.variables[0]
    for kind in ("residual", "step"):
        chunk = tmp_path / f"a.idlat/{name}/{kind}/c/0/0/0/0"
        whole = chunk.read_bytes()
        for content in (whole[:-1], whole[:9] + bytes([whole[9] ^ 4]) + whole[10:], None):
            chunk.unlink()
            if content is not None:
                chunk.write_bytes(content)
            opened = idlat.open_archive(tmp_path / "a.idlat")
            assert any(kind in fault for fault in idlat.verify(opened).faults)
            with pytest.raises(ArchiveError, match=kind):
                opened.decode()
            chunk.write_bytes(whole)


def test_resumed_jobs_and_any_number_of_workers_give_the_same_bytes(tmp_path, files_of, monkeypatch):
    values = rough((12, 70, 70), "float32", "plain", 0)
    options = {"max_error": "0.2%:2%", "importance": "box(z=0:9, y=0:20, x=20:60)", "workers": 1}
    idlat.compress(values, tmp_path / "whole.idlat", **{**options, "workers": 2})

    class Killed(BaseException):
        """As a signal would."""

    for left in (0, 3):
        put = residual_encoder.ResidualEncoder._put
        count = [left]

        def stops(self, *rest, put=put, count=count):
            count[0] -= 1
            if count[0] < 0:
                raise Killed
            put(self, *rest)

        with monkeypatch.context() as patch:
            patch.setattr(residual_encoder.ResidualEncoder, "_put", stops)
            with pytest.raises(Killed):
                idlat.compress(values, tmp_path / "part.idlat", **options)
        idlat.compress(values, tmp_path / "part.idlat", mode="resume", **options)
        assert files_of(tmp_path / "part.idlat") == files_of(tmp_path / "whole.idlat")
        idlat.compress(values, tmp_path / "part.idlat", mode="w", **options)
        (tmp_path / "part.idlat").rename(tmp_path / f"done{left}.idlat")


@pytest.mark.parametrize("bad", ["0", "-1", "x", "1:2:3", "1%:2", "nan", "inf", ""])
def test_bounds_that_are_none(bad):
    with pytest.raises(IdlatError, match="max-error"):
        written(np.zeros((4, 4, 4), "float32"), max_error=bad)


def test_what_a_bound_does_not_go_with(model):
    values = rough((8, 8, 8), "float32", "plain", 0)
    for options in ({"ratio": 10.0}, {"psnr": 40.0}):
        with pytest.raises(IdlatError, match="exclude each other"):
            written(values, max_error=0.1, **options)
    with pytest.raises(IdlatError, match="preset default"):
        written(values, max_error=0.1, model=model)


def test_the_record_keeps_the_bound(tmp_path):
    values = rough((8, 8, 8), "float32", "plain", 0)
    archive = idlat.compress(values, tmp_path / "a.idlat", max_error="1%:10%")
    bounds = json.loads((tmp_path / "a.idlat/zarr.json").read_text())["attributes"]["variables"][0]["bounds"]
    span = float(np.ptp(values.astype(float)))
    assert bounds["inside"] == pytest.approx(0.01 * span)
    assert archive.record.variables[0].bounds.varies
