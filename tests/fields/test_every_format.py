"""What every format that is not NumPy's, raw or NetCDF keeps of a field."""

import os
import pickle

import dask.array
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import idlat
from idlat.errors import FieldError, OutputError, OutputExistsError, Remark
from idlat.fields import FieldWriter, fill_values_of
from idlat.fields.vtk.write_vti import FOOTER
from support.fields.field_examples import DTYPES, NEW, NO_HALF, ONE_STEP, TREES, field

quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8)
several = pytest.mark.parametrize("suffix", NEW)


def there_and_back(given, path):
    idlat.write_field(given, path, overwrite=True)
    return idlat.open_field(path)


@several
@quick
@given(st.sampled_from(DTYPES), hnp.array_shapes(min_dims=3, max_dims=3, max_side=5), st.data())
def test_values_of_any_dtype_and_size(tmp_path, suffix, dtype, shape, data):
    values = data.draw(hnp.arrays(dtype, shape))
    given = xr.DataArray(values, dims=("z", "y", "x"), name="p")
    back = there_and_back(given, tmp_path / f"p{suffix}")
    assert back.dims == ("z", "y", "x")
    assert back.dtype == (np.float32 if dtype == "f2" and suffix in NO_HALF else values.dtype)
    np.testing.assert_array_equal(back.values, values)


@several
def test_place_name_and_attributes(tmp_path, suffix):
    given = field(units="m s-1", level=3, note="two words", range=[0.5, 1.5])
    back = there_and_back(given, tmp_path / f"q{suffix}")
    assert back.name == "p"
    for dim in given.dims:
        np.testing.assert_allclose(back[dim].values, given[dim].values, rtol=1e-14)
    if suffix != ".vtk":
        assert {key: np.asarray(value).tolist() for key, value in back.attrs.items()} == given.attrs
    again = there_and_back(back, tmp_path / f"r{suffix}")
    xr.testing.assert_identical(again.load(), back.load())
    assert idlat.list_variables(tmp_path / f"r{suffix}")[0].split("/")[-1] in ("p", "r")


@several
def test_a_region_keeps_its_place(tmp_path, suffix):
    given = there_and_back(field((6, 6, 6)), tmp_path / f"p{suffix}")
    part = given.isel(z=slice(2, 5), y=slice(1, 2), x=slice(3, 6))
    back = there_and_back(part, tmp_path / f"q{suffix}")
    for dim in part.dims:
        np.testing.assert_allclose(back[dim].values, part[dim].values, rtol=1e-14)
    np.testing.assert_array_equal(back.values, part.values)


@several
@pytest.mark.parametrize("count", [2, 3, 5])
def test_vectors(tmp_path, suffix, count):
    given = field((count, 3, 4, 5), ("component", "z", "y", "x"))
    back = there_and_back(given, tmp_path / f"p{suffix}")
    assert back.dims == ("component", "z", "y", "x")
    np.testing.assert_array_equal(back.values, given.values)
    np.testing.assert_array_equal(there_and_back(back, tmp_path / f"q{suffix}").values, given.values)


@several
@pytest.mark.parametrize("times", [[0.0, 0.5], np.array(["2005-08-28", "2005-08-29T06"], "M8[s]")])
@pytest.mark.parametrize("dims", [("time", "z", "y", "x"), ("time", "component", "z", "y", "x")])
def test_time(tmp_path, suffix, times, dims):
    given = field((2, 3, 4, 5, 6)[-len(dims) :] if len(dims) == 5 else (2, 4, 5, 6), dims)
    given = given.assign_coords(time=times)
    if suffix in ONE_STEP:
        with pytest.raises(
            OutputError, match=r"holds one time step, the field has 2: choose one .* `idlat export`"
        ):
            idlat.write_field(given, tmp_path / f"p{suffix}")
        assert os.listdir(tmp_path) == []
        return
    back = there_and_back(given, tmp_path / f"p{suffix}")
    assert back.dims == dims
    np.testing.assert_array_equal(back.values, given.values)
    np.testing.assert_array_equal(back["time"].values, given["time"].values)


@several
def test_files_become_the_steps_of_a_series(tmp_path, suffix):
    given = field((3, 2, 3, 4)).assign_coords(time=[0.0, 0.5, 1.0])
    paths = [tmp_path / f"p_t{index}{suffix}" for index in range(3)]
    for index, path in enumerate(paths):
        idlat.write_field(given.isel(time=index), path)
    series = idlat.open_field(paths)
    assert series.dims == ("time", "z", "y", "x")
    assert isinstance(series.data, dask.array.Array)
    assert series.chunksizes["time"] == (1, 1, 1)
    np.testing.assert_array_equal(series.values, given.values)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(series)).values, given.values)
    if suffix not in (".vtk", ".vtkhdf"):
        np.testing.assert_array_equal(series["time"].values, given["time"].values)


@several
def test_missing_values(tmp_path, suffix):
    given = field()
    given.values[0, 0, :3] = [np.nan, np.inf, -np.inf]
    back = there_and_back(given, tmp_path / f"p{suffix}")
    np.testing.assert_array_equal(back.values, given.values)
    whole = field(dtype="i2")
    whole.encoding["idlat_missing"] = 7
    back = there_and_back(whole, tmp_path / f"q{suffix}")
    np.testing.assert_array_equal(back.values, whole.values)
    assert fill_values_of(back) == (() if suffix == ".vtk" else (7,))


@several
def test_region_by_region_in_any_order(tmp_path, suffix):
    given = field((5, 6, 7), dtype="i2")
    path = tmp_path / f"p{suffix}"
    with FieldWriter(path, given) as writer:
        for z in (slice(3, 5), slice(0, 3)):
            for x in (slice(0, 4), slice(4, 7)):
                writer.write(given.isel(z=z, x=x).values + 0.25, z=z, x=x)
        assert not path.exists()
    np.testing.assert_array_equal(idlat.open_field(path).values, given.values)


@several
def test_an_error_midway_leaves_what_was_there(tmp_path, suffix):
    idlat.write_field(field(), tmp_path / f"p{suffix}")
    before = sorted(str(path) for path in tmp_path.rglob("*"))

    def fail():
        with FieldWriter(tmp_path / f"p{suffix}", field() + 1, overwrite=True) as writer:
            writer.write(field().values[:2], z=slice(0, 2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before
    np.testing.assert_array_equal(idlat.open_field(tmp_path / f"p{suffix}").values, field().values)


@several
def test_existing_output_is_replaced_only_when_told(tmp_path, suffix):
    path = idlat.write_field(field(), tmp_path / f"p{suffix}")
    names = sorted(os.listdir(tmp_path))
    with pytest.raises(OutputExistsError, match="--overwrite"):
        idlat.write_field(field(), path)
    idlat.write_field(idlat.open_field(path) + 1, path, overwrite=True)
    np.testing.assert_array_equal(idlat.open_field(path).values, field().values + 1)
    assert sorted(os.listdir(tmp_path)) == names


@pytest.mark.parametrize("suffix", [s for s in NEW if s not in TREES])
def test_an_uneven_coordinate_is_left_out(tmp_path, suffix):
    uneven = field().assign_coords(z=[1000.0, 850.0, 500.0])
    with pytest.warns(Remark, match="coordinate 'z', which is not evenly spaced"):
        idlat.write_field(uneven, tmp_path / f"p{suffix}")
    back = idlat.open_field(tmp_path / f"p{suffix}")
    np.testing.assert_array_equal(back.values, uneven.values)
    np.testing.assert_array_equal(back["z"].values, [0, 1, 2])
    np.testing.assert_allclose(back["y"].values, uneven["y"].values)


@pytest.mark.parametrize("suffix", [s for s in NEW if s != ".zarr"])
def test_cut_files(tmp_path, suffix):
    path = idlat.write_field(field(units="K"), tmp_path / f"p{suffix}")
    path = path.with_suffix(".raw") if path.suffix in (".nhdr", ".mhd") else path
    content = path.read_bytes()
    end = len(content) - (len(FOOTER) if suffix == ".vti" else 0)  # what follows the values is not missed
    for length in [*range(0, end - 1, max(1, end // 40)), end - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(FieldError, match=rf"p\{suffix}|p\.raw"):
            idlat.open_field(tmp_path / f"p{suffix}").load()


@pytest.mark.parametrize("suffix", [s for s in NEW if s not in (".zarr", ".h5", ".vtkhdf")])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.data())
def test_damaged_headers_are_one_line(tmp_path, suffix, data):
    """Any bytes changed in a header give a field or one line, never another exception."""
    path = idlat.write_field(field(units="K"), tmp_path / f"p{suffix}", overwrite=True)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(content), 1200) - 1))
        count = data.draw(st.integers(0, 6))
        content[at : at + count] = data.draw(
            st.one_of(st.binary(max_size=6), st.sampled_from([b"9" * 18, b"-1", b"nan"]))
        )
    path.write_bytes(content)
    complaint = ""
    try:
        idlat.open_field(path).load()
        idlat.list_variables(path)
    except FieldError as error:
        complaint = str(error)
    assert "\n" not in complaint
