import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import idlat
from idlat.errors import FieldError, MissingFileError
from idlat.fields.arrays.array_file_sink import contiguous_runs

DTYPES = ["f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]
quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
fields = st.tuples(
    st.sampled_from(DTYPES), st.sampled_from("<>"), hnp.array_shapes(min_dims=3, max_dims=4, max_side=5)
)


@quick
@given(fields.flatmap(lambda f: hnp.arrays(np.dtype(f[1] + f[0]), f[2])))
def test_npy_comes_back_byte_for_byte(tmp_path, values):
    np.save(tmp_path / "a.npy", values)
    field = idlat.open_field(tmp_path / "a.npy")
    assert field.dtype == values.dtype.newbyteorder("=")
    assert field.dims == ("time", "z", "y", "x")[-values.ndim :]
    np.testing.assert_array_equal(field.values, values)
    idlat.write_field(field, tmp_path / "b.npy", overwrite=True)
    assert (tmp_path / "b.npy").read_bytes() == (tmp_path / "a.npy").read_bytes()


@quick
@given(fields.flatmap(lambda f: hnp.arrays(np.dtype(f[1] + f[0]), f[2])), st.booleans())
def test_raw_comes_back_byte_for_byte(tmp_path, values, compressed):
    first, second = (tmp_path / (name + ".raw" + ".gz" * compressed) for name in "ab")
    first.write_bytes(gzip.compress(values.tobytes()) if compressed else values.tobytes())
    order = "big" if values.dtype.byteorder == ">" else "little"
    field = idlat.open_field(first, shape=values.shape, dtype=values.dtype.name, byte_order=order)
    np.testing.assert_array_equal(field.values, values)
    idlat.write_field(field, second, overwrite=True)
    content = second.read_bytes()
    assert (gzip.decompress(content) if compressed else content) == values.tobytes()


@quick
@given(st.data())
def test_runs_rebuild_the_array_from_any_block(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=5))
    whole = np.arange(np.prod(shape)).reshape(shape)
    region = []
    for size in shape:
        start = data.draw(st.integers(0, size - 1))
        region.append(slice(start, data.draw(st.integers(start + 1, size))))
    region = tuple(region)
    seen = []
    for start, run in contiguous_runs(shape, region, np.ascontiguousarray(whole[region])):
        np.testing.assert_array_equal(run.ravel(), np.arange(start, start + run.size))
        seen.extend(run.ravel().tolist())
    assert seen == whole[region].ravel().tolist()


def test_a_run_of_a_single_number_can_be_filled():
    block = np.zeros(())
    for _, run in contiguous_runs((), (), block):
        run[...] = 7
    assert block == 7


def test_npy_is_read_where_it_is_sliced(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((4, 5, 6), np.float32))
    assert idlat.open_field(tmp_path / "a.npy").chunks is not None


def test_fortran_order_is_understood(tmp_path):
    values = np.asfortranarray(np.arange(24.0).reshape(2, 3, 4))
    np.save(tmp_path / "a.npy", values)
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "a.npy").values, values)
    np.testing.assert_array_equal(idlat.open_field([tmp_path / "a.npy"] * 2).values[1], values)


def test_the_dtypes_own_byte_order_wins(tmp_path):
    values = np.arange(8, dtype=">i2").reshape(2, 2, 2)
    (tmp_path / "a.raw").write_bytes(values.tobytes())
    field = idlat.open_field(tmp_path / "a.raw", shape=(2, 2, 2), dtype=">i2")
    assert field.values.ravel().tolist() == list(range(8))


def test_names_formats_and_missing_are_remembered(tmp_path):
    np.save(tmp_path / "run.npy", np.zeros((2, 2, 2), np.float32))
    field = idlat.open_field(tmp_path / "run.npy", missing=1e35)
    assert field.name == "run"
    assert field.encoding["idlat_format"] == "npy"
    assert idlat.fields.fill_values_of(field) == (1e35,)
    assert idlat.list_variables(tmp_path / "run.npy") == ["run"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "--shape z,y,x and --dtype"),
        ({"shape": (2, 3, 4)}, "pass --dtype"),
        ({"dtype": "f4"}, "pass --shape"),
        ({"shape": (3, 3, 4), "dtype": "f4"}, "expected 144 bytes for 3×3×4 float32, found 96"),
        ({"shape": (2, 3, 4), "dtype": "u1"}, "expected 24 bytes .* found 96; is its dtype float32"),
        ({"shape": (1, 2, 4), "dtype": "f4"}, "3 time steps. then --shape 3,1,2,4"),
        ({"shape": (2, 3, 5), "dtype": "f4"}, "found 96; check"),
        ({"shape": (24,), "dtype": "f4"}, "rank 1"),
        ({"shape": (2, 3, 3), "dtype": "f4"}, "a header of 24 bytes. then --offset 24"),
        ({"shape": (2, 3, 4), "dtype": "f4", "offset": 8}, "after the 8 of its header, found 88"),
        ({"shape": (2, 3, 4), "dtype": "f4", "offset": -8}, "expected the bytes of its header"),
        ({"shape": (2, 0, 4), "dtype": "f4"}, "at least one voxel"),
        ({"shape": (2, -3, -4), "dtype": "f4"}, "at least one voxel"),
        ({"shape": (2, 3, 4), "dtype": "float31"}, "float31"),
        ({"shape": (2, 3, 4), "dtype": "complex64"}, "complex64"),
        ({"shape": (2, 3, 4), "dtype": "f4", "byte_order": "middle"}, "expected little or big"),
    ],
)
def test_raw_described_wrongly(tmp_path, options, message):
    (tmp_path / "a.raw").write_bytes(bytes(96))
    with pytest.raises(FieldError, match=message):
        idlat.open_field(tmp_path / "a.raw", **options)


@pytest.mark.parametrize(
    "dtype", ["complex64", "complex128", "bool", "S3", "U3", "datetime64[s]", "f4,i2", "longdouble"]
)
def test_npy_of_a_dtype_that_is_no_field(tmp_path, dtype):
    np.save(tmp_path / "a.npy", np.zeros((2, 2, 2), dtype))
    with pytest.raises(FieldError, match=r"has dtype .*expected float16"):
        idlat.open_field(tmp_path / "a.npy")


def test_npy_of_objects_is_never_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.full((2, 2, 2), None), allow_pickle=True)
    with pytest.raises(FieldError, match="dtype object"):
        idlat.open_field(tmp_path / "a.npy")


@pytest.mark.parametrize("shape", [(), (4,), (1, 1, 1, 1, 1), (2, 0, 2)])
def test_npy_of_a_wrong_rank(tmp_path, shape):
    np.save(tmp_path / "a.npy", np.zeros(shape))
    with pytest.raises(FieldError, match=r"rank|at least one voxel"):
        idlat.open_field(tmp_path / "a.npy")


def test_npy_cut_anywhere(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(8.0).reshape(2, 2, 2))
    content = (tmp_path / "a.npy").read_bytes()
    for length in range(len(content)):
        (tmp_path / "b.npy").write_bytes(content[:length])
        with pytest.raises(FieldError, match=r"b\.npy: .*cut short"):
            idlat.open_field(tmp_path / "b.npy")


@quick
@given(st.binary(max_size=200), st.booleans())
def test_bytes_that_are_no_npy(tmp_path, content, magic):
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" * magic + content)
    with pytest.raises(FieldError, match=r"a\.npy"):
        idlat.open_field(tmp_path / "a.npy")


def test_gzip_cut_anywhere(tmp_path):
    content = gzip.compress(np.arange(8.0).tobytes())
    for length in range(len(content)):
        (tmp_path / "a.raw.gz").write_bytes(content[:length])
        with pytest.raises(FieldError, match=r"cut short|expected 64 bytes .* found 0"):
            idlat.open_field(tmp_path / "a.raw.gz", shape=(2, 2, 2), dtype="f8")


def test_flipped_gzip_byte(tmp_path):
    content = bytearray(gzip.compress(np.arange(8.0).tobytes()))
    content[-6] ^= 1
    (tmp_path / "a.raw.gz").write_bytes(content)
    with pytest.raises(FieldError, match="damaged"):
        idlat.open_field(tmp_path / "a.raw.gz", shape=(2, 2, 2), dtype="f8")


def test_paths_that_are_no_field(tmp_path):
    with pytest.raises(MissingFileError, match=r"nothing\.npy: no such file"):
        idlat.open_field(tmp_path / "nothing.npy")
    with pytest.raises(FieldError, match="folder"):
        idlat.open_field(tmp_path)
    (tmp_path / "a.xyz").touch()
    with pytest.raises(FieldError, match=r"unknown format '\.xyz'; the known ones are \.npy"):
        idlat.open_field(tmp_path / "a.xyz")
    (tmp_path / "plain").touch()
    with pytest.raises(FieldError, match="no suffix"):
        idlat.open_field(tmp_path / "plain")
    with pytest.raises(FieldError, match="no field file"):
        idlat.open_field([])


def test_variable_of_a_file_that_names_none(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 2, 2)))
    with pytest.raises(FieldError, match="no variable 'p'; there is one: a"):
        idlat.open_field(tmp_path / "a.npy", "p")
    assert idlat.open_field(tmp_path / "a.npy", "a").name == "a"
