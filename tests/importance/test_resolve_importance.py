from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from idlat import importance
from idlat.errors import IdlatError, ImportanceError, MissingFileError
from idlat.importance import ImportanceSource, parse, resolve


@pytest.fixture
def field():
    values = np.random.default_rng(0).normal(size=(2, 5, 6, 7)).astype(np.float32)
    return xr.DataArray(values, dims=("time", "z", "y", "x"))


@pytest.fixture
def values():
    return np.random.default_rng(1).random((5, 6, 7), np.float32)


def psi(p, F):
    return (p[0] >= 2) & (F > 0)


def test_nothing_is_one_everywhere(field):
    made, source = resolve(None, field)
    assert (made.to_dataarray().values == 1).all()
    assert source == ImportanceSource("expression", "1")
    assert resolve(0.5, field)[1].text == "0.5"


def test_text_and_expressions(field):
    made, source = resolve("value>0", field)
    assert (made.to_dataarray().values == (field.values > 0)).all()
    assert source == ImportanceSource("expression", "value > 0.0")
    assert resolve(parse("value > 0"), field)[1] == source


def test_arrays_for_all_steps_or_for_each(field, values):
    for given in (values, xr.DataArray(values, dims=("z", "y", "x"), name="mine"), values.astype(float)):
        made, source = resolve(given, field)
        assert made.shape == field.shape
        assert (made.to_dataarray().values == values).all()
        assert source.kind == "array"
        assert source.sha256 == hashlib.sha256(values.tobytes()).hexdigest()
    assert resolve(xr.DataArray(values, dims=("z", "y", "x"), name="mine"), field)[1].text == "mine"
    each = np.stack([values, 1 - values])
    assert (resolve(each, field)[0].to_dataarray().values == each).all()
    assert (resolve(values > 0.5, field)[0].to_dataarray().values == (values > 0.5)).all()
    assert (resolve(values[None], field[0])[0].to_dataarray().values == values).all()


def test_files(field, values, tmp_path):
    np.save(tmp_path / "map.npy", values)
    values.tofile(tmp_path / "map.raw")
    xr.DataArray(values, dims=("z", "y", "x"), name="i").to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    for name in ("map.npy", "map.raw", "map.nc"):
        path = tmp_path / name
        for given in (path, str(path)):
            made, source = resolve(given, field)
            assert (made.to_dataarray().values == values).all()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert source == ImportanceSource("file", name, digest)
        assert (importance.file(field, path).values == values).all()
    each = np.stack([values, values / 2])
    each.tofile(tmp_path / "map.raw")
    assert (resolve(tmp_path / "map.raw", field)[0].to_dataarray().values == each).all()


def test_an_existing_path_is_a_file_whatever_it_looks_like(field, values, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("1").write_bytes(b"no field")
    with pytest.raises(IdlatError):
        resolve("1", field)


def test_files_of_the_home_folder(tmp_path, monkeypatch, field):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save(tmp_path / "m.npy", np.full(field.shape, 0.25, np.float32))
    for text in ("~/m.npy", 'mask("~/m.npy")'):
        made, source = resolve(text, field)
        assert source.sha256
        assert made.to_dataarray().values.max() == (0.25 if text.startswith("~") else 1)


def test_callables(field):
    made, source = resolve(psi, field)
    expected = (np.arange(5)[:, None, None] >= 2) & (field.values > 0)
    assert (made.to_dataarray().values == expected).all()
    assert source.kind == "callable"
    assert source.text == "psi"
    assert len(source.sha256) == 64
    xr.testing.assert_identical(importance.from_callable(field, psi), made.to_dataarray())


def test_the_hash_of_a_callable_tells_what_it_closes_over(field):
    def make(level):
        return lambda _p, F: level < F

    first, second = resolve(make(0.0), field)[1], resolve(make(1.0), field)[1]
    assert first == resolve(make(0.0), field)[1]
    assert first.sha256 != second.sha256


def test_callables_see_missing_values_as_nan(values):
    values[0, 0, :3] = [-9, np.inf, np.nan]
    field = xr.DataArray(values, dims=("z", "y", "x"), attrs={"_FillValue": np.float32(-9)})
    seen = []

    def look(p, F):
        seen.append(F)
        return F

    made = resolve(look, field)[0].to_dataarray().values
    assert np.isnan(seen[0][0, 0, :3]).all()
    assert not made[0, 0, :3].any()
    assert (made[1:] == values[1:]).all()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda _p, F: F[:2], r"gave float32 of shape \(2, 6, 7\), expected numbers of shape \(5, 6, 7\)"),
        (lambda _p, F: 2 * np.ones_like(F), "has values from 2 to 2, expected 0 to 1"),
        (lambda _p, F: np.sqrt(-np.ones_like(F) + 0j), "gave complex"),
        (lambda p, _F: np.where(p[0] > 3, np.nan, 1), "is NaN at 42 of 210 voxels"),
        (lambda _p, F: F.nothing, "failed: AttributeError"),
        (lambda F: F > 0, r"failed: TypeError: .*; it is called as psi\(\(z, y, x\), values\)"),
    ],
)
def test_callables_that_go_wrong(field, function, message):
    with pytest.raises(ImportanceError, match="importance function .*" + message):
        resolve(function, field)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda v: v[:4],
            r"has shape \(4, 6, 7\), expected that of the field, \(2, 5, 6, 7\), or \(5, 6, 7\)",
        ),
        (lambda v: np.stack([v] * 3), r"has shape \(3, 5, 6, 7\)"),
        (lambda v: v[0], r"has shape \(6, 7\)"),
        (lambda v: v + 0.5, "has values from .* expected 0 to 1"),
        (lambda v: v - 0.5, "has values from -"),
        (lambda v: np.where(v > 0.5, np.nan, v), "is NaN at"),
        (lambda v: np.where(v > 0.5, np.inf, v), "is NaN at"),
        (lambda v: v + 0j, "has dtype complex"),
    ],
)
def test_maps_that_do_not_fit(field, values, change, message, tmp_path):
    with pytest.raises(ImportanceError, match="importance map 'array' " + message):
        resolve(change(values), field)


def test_files_that_do_not_fit(field, values, tmp_path):
    np.save(tmp_path / "small.npy", values[:, :, :3])
    with pytest.raises(ImportanceError, match=r"'small.npy' has shape \(5, 6, 3\), expected .*\(5, 6, 7\)"):
        resolve(tmp_path / "small.npy", field)
    values[:3].tofile(tmp_path / "small.raw")
    with pytest.raises(IdlatError, match="bytes"):
        resolve(tmp_path / "small.raw", field)
    for absent in ("absent.npy", "maps/absent.nc"):
        with pytest.raises(MissingFileError, match="no such file"):
            resolve(absent, field)
    with pytest.raises(MissingFileError):
        resolve(tmp_path / "absent.npy", field)


def test_other_things_are_refused(field):
    with pytest.raises(ImportanceError, match="importance is a list, expected an expression, a file"):
        resolve([1, 2], field)
    with pytest.raises(ImportanceError, match="position 0: unknown name 'nonsense'"):
        resolve("nonsense", field)


def test_a_lazy_map_is_read_in_parts(field, values):
    lazy = xr.DataArray(values, dims=("z", "y", "x")).chunk({"z": 2})
    made, source = resolve(lazy, field)
    assert (made.step(1)[1:4, :, 2] == values[1:4, :, 2]).all()
    assert source.sha256 == hashlib.sha256(values.tobytes()).hexdigest()


def test_slicing_a_map_is_slicing_its_array(field):
    made = parse("gradient()").on(field)
    full = made.to_dataarray().values
    for key in [..., (0,), (slice(0, 1), ..., slice(2, 5)), (1, 2, slice(None), -1), (-1, ..., slice(3, 3))]:
        assert np.array_equal(made[key], full[key])
        assert made[key].shape == full[key].shape
    with pytest.raises(IndexError, match="without a step"):
        made.step(0)[::2]


def test_many_threads_see_the_same_map(field):
    made = parse("max(isosurface(0.5), gradient())").on(field)
    full = made.to_dataarray().values
    wrong = []

    def look(seed):
        rng = np.random.default_rng(seed)
        for _ in range(30):
            t, z = int(rng.integers(2)), int(rng.integers(4))
            if not (made.step(t)[z : z + 2] == full[t, z : z + 2]).all():
                wrong.append((t, z))

    threads = [threading.Thread(target=look, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
