import base64
import json
import zlib

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import idlat
from idlat.fields import pack_metadata, unpack_metadata
from idlat.fields.metadata.json_metadata import unpack_attrs

numbers = st.one_of(
    hnp.arrays(st.sampled_from([np.int8, np.uint64, np.float32, np.float64]), st.integers(1, 4)),
    hnp.from_dtype(np.dtype("f4")),
    hnp.from_dtype(np.dtype("i2")),
    st.integers(-(2**60), 2**60),
    st.floats(),
    st.text(),
)


@given(st.dictionaries(st.text(min_size=1), numbers, max_size=5))
def test_attributes_come_back_with_their_dtype(attrs):
    field = xr.DataArray(np.zeros((1, 1, 1)), attrs=attrs)
    packed = json.loads(json.dumps(pack_metadata(field), allow_nan=False))
    back = unpack_metadata(xr.DataArray(np.zeros((1, 1, 1))), packed).attrs
    assert list(back) == list(attrs)
    for key, value in attrs.items():
        np.testing.assert_array_equal(back[key], value)
        if isinstance(value, np.generic | np.ndarray):
            assert back[key].dtype == value.dtype


def test_a_field_with_borrowed_metadata_is_written_like_the_original(tmp_path):
    coords = {"lev": [1.0, 2.0], "time": ("time", np.array(["2001-01-01"], "M8[ns]"))}
    values = np.arange(8.0).reshape(1, 2, 2, 2)
    ds = xr.Dataset(
        {"p": (("time", "lev", "lat", "lon"), values, {"units": "K", "level": np.int16(2)})}, coords
    )
    ds.attrs = {"title": "a run", "numbers": np.array([1.5, np.inf], np.float32)}
    packing = {"dtype": "int16", "scale_factor": np.float32(0.5), "_FillValue": np.int16(-1)}
    ds.to_netcdf(tmp_path / "a.nc", engine="h5netcdf", encoding={"p": packing})
    field = idlat.open_field(tmp_path / "a.nc")
    packed = json.loads(json.dumps(pack_metadata(field), allow_nan=False))
    twin = unpack_metadata(xr.DataArray(field.values, field.coords, field.dims, "p"), packed)
    idlat.write_field(twin, tmp_path / "b.nc")
    again = idlat.open_field(tmp_path / "b.nc")
    xr.testing.assert_identical(again, field)
    assert again.encoding["idlat_global_attrs"]["numbers"].dtype == np.float32
    assert {k: v for k, v in again.encoding.items() if "global" not in k} == {
        k: v for k, v in field.encoding.items() if "global" not in k
    }


def test_large_integers_and_infinities_are_exact():
    attrs = {
        "big": np.array([0, 2**63 + 1], np.uint64),
        "edges": np.array([-np.inf, 0.1, np.inf], np.float32),
    }
    packed = json.loads(json.dumps(pack_metadata(xr.DataArray(0, attrs=attrs)), allow_nan=False))
    back = unpack_metadata(xr.DataArray(0), packed).attrs
    assert back["big"].tolist() == [0, 2**63 + 1]
    np.testing.assert_array_equal(back["edges"], attrs["edges"])


@given(st.dictionaries(st.text(min_size=1), numbers, min_size=40, max_size=60))
def test_a_long_mapping_comes_back_and_is_short(attrs):
    field = xr.DataArray(0, attrs={"all": attrs})
    packed = json.loads(json.dumps(pack_metadata(field), allow_nan=False))
    assert set(packed["attrs"]["all"]) in ({"object"}, {"deflated"})
    assert len(json.dumps(packed)) < 1200 or "deflated" in packed["attrs"]["all"]
    back = unpack_metadata(xr.DataArray(0), packed).attrs["all"]
    assert list(back) == list(attrs)
    for key, value in attrs.items():
        np.testing.assert_array_equal(back[key], value)


def deflated(content):
    return base64.b64encode(zlib.compress(content)).decode()


@pytest.mark.parametrize(
    "text",
    [
        deflated(b'{"a": 1}')[:-8],
        deflated(b"[1, 2]"),
        deflated(b"[" * 100_000),
        deflated(b'{"a": "' + b" " * 2**24 + b'"}'),
        base64.b64encode(b"no stream").decode(),
        "%&/",
        "ä",
        3,
        None,
    ],
    ids=["cut", "a list", "deep", "a bomb", "no stream", "no base64", "no ASCII", "a number", "null"],
)
def test_damaged_long_mappings_are_one_line(text):
    with pytest.raises(ValueError, match=r"^attributes cannot be inflated: .*$"):
        unpack_attrs({"encoding": {"idlat_global_attrs": {"deflated": text}}}, "encoding")
