"""The codec of Zarr 3 over values: written by xarray, read by plain Zarr and xarray, chunk by chunk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import idlat
from idlat.errors import IdlatError
from idlat.numcodecs import Idlat as Numcodecs
from idlat.zarr import Idlat
from support.property_examples import examples

ROOT = Path(__file__).parents[1]


def smooth(shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    axes = np.meshgrid(*(np.arange(n) / 9.0 for n in shape), indexing="ij")
    return (50 + 40 * sum(np.sin(axis + k) for k, axis in enumerate(axes)) / max(len(axes), 1)).astype(dtype)


def written(values: np.ndarray, chunks: tuple[int, ...], codec: Idlat, **options) -> zarr.Array:
    return zarr.create_array({}, data=values, chunks=chunks, serializer=codec, compressors=None, **options)


CASES = [
    ((), (), "float32"),
    ((37,), (16,), "float32"),
    ((9, 20), (5, 7), "int16"),
    ((8, 9, 10), (3, 9, 4), "float64"),
    *(((2, 5, 6, 7), (2, 5, 4, 7), dtype) for dtype in ("float32", "float64", "float16", "uint8", "int64")),
]


@pytest.mark.parametrize(("shape", "chunks", "dtype"), CASES)
def test_every_value_is_within_its_bound(shape, chunks, dtype) -> None:
    values = smooth(shape, "float64").astype(dtype) if shape else np.asarray(7, dtype)
    back = written(values, chunks, Idlat(max_error=0.25))[...]
    assert back.dtype == values.dtype
    assert np.abs(np.asarray(back, float) - values.astype(float)).max() <= 0.25


@settings(max_examples=examples(24))
@given(st.lists(st.tuples(st.integers(1, 12), st.floats(0.55, 1)), min_size=1, max_size=4), st.booleans())
def test_any_shape_and_chunks(sizes, padded_with_nan) -> None:
    shape, chunks = tuple(n for n, _ in sizes), tuple(int(np.ceil(n * part)) for n, part in sizes)
    values = smooth(shape)
    fill = np.nan if padded_with_nan else 0.0
    back = written(values, chunks, Idlat(max_error=0.5), fill_value=fill)[...]
    assert np.abs(back - values).max() <= 0.5


def test_missing_values_come_back() -> None:
    values = smooth((20, 18, 30))
    values[3, 4:9, 5:], values[0, 0, 0], values[12:, :, :] = np.nan, -np.inf, np.nan
    for fill in (np.nan, 0.0, 1e20):
        back = written(values, (8, 18, 16), Idlat(max_error=0.1), fill_value=fill)[...]
        np.testing.assert_array_equal(np.isnan(back), np.isnan(values))
        assert back[0, 0, 0] == -np.inf
        finite = np.isfinite(values)
        assert np.abs(back[finite] - values[finite]).max() <= 0.1


def test_what_pads_a_chunk_costs_nothing() -> None:
    values = smooth((16, 16, 16))
    sizes = []
    for chunks in ((16, 16, 16), (16, 16, 24)):
        store: dict[str, object] = {}
        zarr.create_array(store, data=values, chunks=chunks, serializer=Idlat(quality=60), compressors=None)
        sizes.append(len(store["c/0/0/0"].to_bytes()))
    assert sizes[0] == sizes[1]


def test_many_chunks_at_once() -> None:
    """More chunks than Zarr has threads: each waits for Zarr's loop while it is coded."""
    values = smooth((8, 8, 8 * 16))
    back = written(values, (8, 8, 8), Idlat(quality=50))[...]
    assert np.abs(back - values).max() <= 1
    older = zarr.create_array(
        {}, data=values, chunks=(8, 8, 8), zarr_format=2, compressors=Numcodecs(quality=50)
    )
    np.testing.assert_array_equal(older[...], back)


def test_in_shards_and_behind_other_codecs() -> None:
    values = smooth((16, 16, 32))
    array = zarr.create_array(
        {}, data=values, chunks=(8, 16, 16), shards=(16, 16, 32), serializer=Idlat(max_error=0.5),
    )  # fmt: skip
    assert np.abs(array[2:9, 3, ::2] - values[2:9, 3, ::2]).max() <= 0.5


def test_importance_moves_the_bound() -> None:
    values = smooth((16, 24, 48)) + np.random.default_rng(0).normal(0, 10, (16, 24, 48)).astype("float32")
    back = written(values, (16, 24, 24), Idlat(max_error=(0.1, 20.0), importance="value > 70"))[...]
    error = np.abs(back - values)
    assert error[values > 70].max() <= 0.1
    assert 1 < error.max() <= 20


def test_the_metadata_makes_it_again() -> None:
    codec = Idlat(quality=55, max_error=(0.1, np.float32(20)), importance="value > 9.9")
    said = json.loads(json.dumps(codec.to_dict()))
    assert said["name"] == "idlat_values"
    assert said["configuration"] == {"quality": 55, "max_error": [0.1, 20.0], "importance": "value > 9.9"}
    assert Idlat.from_dict(said) == codec
    assert Idlat.from_dict({"name": "idlat_values"}) == Idlat()
    with pytest.raises(IdlatError, match="should hold 'quality' or 'max_error' or 'importance', got"):
        Idlat.from_dict({"name": "idlat_values", "configuration": {"qualty": 3}})


def test_the_same_bytes_as_the_codec_of_numcodecs() -> None:
    values, store = smooth((8, 16, 16)), {}
    zarr.create_array(store, data=values, chunks=(8, 16, 16), serializer=Idlat(quality=60), compressors=None)
    assert store["c/0/0/0"].to_bytes() == Numcodecs(quality=60).encode(values)


def test_what_cannot_be_coded_is_one_line() -> None:
    with pytest.raises(IdlatError, match="codes integers and floats, got an array of complex64"):
        written(np.zeros((4, 4), "complex64"), (4, 4), Idlat())
    with pytest.raises(IdlatError, match="quality goes from 0 to 100, got 101"):
        Idlat(quality=101)
    with pytest.raises(IdlatError, match="max-error should be above 0"):
        Idlat(max_error=-1.0)
    with pytest.raises(IdlatError, match="a chunk cannot evaluate"):
        Idlat(importance="gradient()")


def test_damaged_chunks_are_an_error() -> None:
    store: dict[str, object] = {}
    values, rng = smooth((8, 8, 9)), np.random.default_rng(0)
    array = zarr.create_array(store, data=values, chunks=(8, 8, 9), serializer=Idlat(), compressors=None)
    coded = store["c/0/0/0"].to_bytes()
    kind = type(store["c/0/0/0"])
    for at in rng.integers(len(coded), size=40):
        damaged = bytearray(coded)
        damaged[at] ^= 1 << int(rng.integers(8))
        store["c/0/0/0"] = kind.from_bytes(bytes(damaged))
        with pytest.raises(IdlatError, match=r"^[^\n]+$"):
            array[...]
    for end in (0, 3, 40, len(coded) - 1):
        store["c/0/0/0"] = kind.from_bytes(coded[:end])
        with pytest.raises(IdlatError, match="no chunk of idlat"):
            array[...]
    store["c/0/0/0"] = kind.from_bytes(Numcodecs().encode(values.astype("float64")))
    with pytest.raises(IdlatError, match="it belongs to another"):
        array[...]
    store["c/0/0/0"] = kind.from_bytes(Numcodecs().encode(smooth((8, 8, 10))))
    with pytest.raises(IdlatError, match="holds"):
        array[...]


def test_by_xarray_and_dask_with_coordinates(tmp_path) -> None:
    time = np.array(["2026-01-01", "2026-01-02"], "datetime64[ns]")
    coords = {"time": time, "lat": ("lat", np.linspace(-50, 50, 30), {"units": "degrees_north"})}
    field = xr.DataArray(
        smooth((2, 9, 30, 40)), coords, ("time", "level", "lat", "lon"), "T", {"units": "K"}
    ).chunk({"time": 1, "lat": 16, "lon": 16})
    field.to_zarr(
        tmp_path / "t.zarr",
        consolidated=False,
        encoding={"T": {"serializer": idlat.zarr.Idlat(quality=55, max_error=0.1), "compressors": None}},
    )
    back = xr.open_zarr(tmp_path / "t.zarr", consolidated=False).T
    assert back.chunks == field.chunks
    assert back.attrs["units"] == "K"
    np.testing.assert_array_equal(back.time, time)
    assert np.abs(back - field).max().compute() <= 0.1
    part = back.isel(time=1, lat=slice(3, 5)).compute()
    assert np.abs(part - field.isel(time=1, lat=slice(3, 5))).max() <= 0.1


def test_plain_xarray_reads_it_where_idlat_is_installed(tmp_path) -> None:
    """In an interpreter that imports xarray alone, by the entry point of pyproject.toml."""
    field = xr.DataArray(smooth((12, 20, 20)), dims=("z", "y", "x"), name="T")
    encoding = {"T": {"serializer": Idlat(max_error=0.1)}}
    field.to_zarr(tmp_path / "t.zarr", consolidated=False, encoding=encoding)
    said = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["zarr.codecs"]
    installed = tmp_path / "site" / "idlat_of_this_checkout-0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: idlat-of-this-checkout\nVersion: 0\n")
    lines = [f"{name} = {target}" for name, target in said.items() if name == "idlat_values"]
    (installed / "entry_points.txt").write_text("\n".join(["[zarr.codecs]", *lines, ""]))
    code = (
        "import xarray as xr; "
        f"ds = xr.open_zarr({str(tmp_path / 't.zarr')!r}, consolidated=False); "
        "assert 'idlat' not in dir(); print(float(ds.T[3, 4, 5]))"
    )
    path = os.pathsep.join([str(installed.parent), str(ROOT / "src")])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.returncode == 0, done.stderr
    assert abs(float(done.stdout) - float(field[3, 4, 5])) <= 0.1


def test_a_real_field_in_pieces(real_data) -> None:
    values = np.load(real_data / "isabel_pressure_sub" / "isabel_pressure_sub100.npy")
    bound = 0.001 * float(values.max() - values.min())
    store: dict[str, object] = {}
    array = zarr.create_array(
        store, data=values, chunks=(64, 64, 64), serializer=Idlat(max_error=bound), compressors=None
    )
    assert np.abs(array[...].astype(float) - values).max() <= bound
    coded = sum(len(chunk.to_bytes()) for key, chunk in store.items() if key.startswith("c/"))
    assert coded < values.nbytes / 20
