import gzip

import numpy as np
import pytest

import idlat
from idlat.errors import FieldError
from support.fields.field_examples import field

VALUES = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


def save(path, lines, values=b""):
    path.write_bytes("\n".join(["NRRD0004", "# a comment", *lines, "", ""]).encode() + values)
    return path


def header(**fields):
    known = {"type": "short", "dimension": "3", "sizes": "4 3 2", "endian": "little", "encoding": "raw"}
    return [f"{key.replace('_', ' ')}: {value}" for key, value in {**known, **fields}.items()]


def test_place_units_and_pairs(tmp_path):
    more = {
        "space": "left-posterior-superior",
        "space_directions": "(-0.5,0,0) (0,0,2) (0,3,0)",
        "space_origin": "(10,20,30)",
        "space_units": '"mm" "mm" "mm"',
        "sample_units": "K",
        "content": "temperature",
    }
    lines = [*header(**more), "note:=two words", "count:=3"]
    got = idlat.open_field(save(tmp_path / "a.nrrd", lines, VALUES.tobytes()))
    assert got.name == "temperature"
    assert got.attrs == {"units": "K", "note": "two words", "count": 3}
    np.testing.assert_array_equal(got.values, VALUES)
    assert got.chunks is not None  # read where it is sliced
    assert got.encoding["idlat_spacing"] == [0.5, 2.0, 3.0]
    assert got.encoding["idlat_direction"] == [-1, 0, 0, 0, 0, 1, 0, 1, 0]
    assert got["x"].attrs["units"] == "mm"
    text = idlat.write_field(got, tmp_path / "b.nrrd").read_bytes().split(b"\n\n")[0].decode()
    for line in (
        "space: left-posterior-superior",
        "space origin: (10.0,20.0,30.0)",
        'space units: "mm" "mm" "mm"',
    ):
        assert line in text
    assert "space directions: (-0.5,0.0,0.0) (0.0,0.0,2.0) (0.0,3.0,0.0)" in text


def test_encodings(tmp_path):
    packed = save(tmp_path / "a.nrrd", header(encoding="gzip"), gzip.compress(VALUES.tobytes()))
    got = idlat.open_field(packed)
    np.testing.assert_array_equal(got.values, VALUES)
    idlat.write_field(got, tmp_path / "b.nrrd")
    content = (tmp_path / "b.nrrd").read_bytes()
    assert b"encoding: gzip" in content
    assert gzip.decompress(content.split(b"\n\n", 1)[1]) == VALUES.tobytes()
    text = " ".join(map(str, VALUES.ravel())).encode()
    np.testing.assert_array_equal(
        idlat.open_field(save(tmp_path / "c.nrrd", header(encoding="ascii"), text)).values, VALUES
    )
    big = save(tmp_path / "d.nrrd", header(endian="big"), VALUES.astype(">i2").tobytes())
    np.testing.assert_array_equal(idlat.open_field(big).values, VALUES)


def test_axes_by_their_kinds(tmp_path):
    for kinds, dims in [
        ("domain domain domain time", ("time", "z", "y", "x")),
        ("vector domain domain domain", ("component", "z", "y", "x")),
        ("space space space list", ("component", "z", "y", "x")),
        ("time space space space", ("time", "z", "y", "x")),
    ]:
        lines = header(dimension="4", sizes="2 3 4 5", type="uint8", kinds=kinds)
        got = idlat.open_field(save(tmp_path / "a.nrrd", lines, bytes(120)))
        assert got.dims == dims
        assert sorted(got.shape) == [2, 3, 4, 5]
    lines = header(dimension="4", sizes="2 3 4 5", type="uint8")
    path = save(tmp_path / "a.nrrd", lines, bytes(120))
    assert idlat.open_field(path).sizes == {"time": 5, "z": 4, "y": 3, "x": 2}
    named = idlat.open_field(path, axes=("x", "y", "z", "component"))
    assert named.sizes == {"component": 2, "z": 3, "y": 4, "x": 5}
    placed = save(tmp_path / "b.nrrd", header(spacings="1 2 3"), VALUES.tobytes())
    assert idlat.open_field(placed)["z"].values.tolist() == [0, 3]
    assert not idlat.open_field(placed, axes=("x", "y", "z")).coords


def test_detached_values(tmp_path):
    for skips, junk in [
        ({}, b""),
        ({"byte_skip": "3"}, b"abc"),
        ({"byte_skip": "-1"}, b"abcd"),
        ({"line_skip": "2"}, b"a\nb\n"),
    ]:
        (tmp_path / "v.raw").write_bytes(junk + VALUES.tobytes())
        path = save(tmp_path / "a.nhdr", header(data_file="v.raw", **skips))
        np.testing.assert_array_equal(idlat.open_field(path).values, VALUES)


@pytest.mark.parametrize(
    "name", ["../v.raw", "/etc/passwd", "absent.raw", "sub", "LIST", "s%03d.raw 1 2 1", "/dev/zero"]
)
def test_data_files_stay_in_their_folder(tmp_path, name):
    (tmp_path / "v.raw").write_bytes(VALUES.tobytes())
    (tmp_path / "in" / "sub").mkdir(parents=True)
    with pytest.raises(FieldError, match=r"a\.nhdr: "):
        idlat.open_field(save(tmp_path / "in" / "a.nhdr", header(data_file=name)))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"type": "block"}, "NRRD type 'block' is not read"),
        ({"encoding": "zip"}, "encoding 'zip' is not read"),
        ({"sizes": "4 3"}, "disagrees with its sizes"),
        ({"sizes": "4 3 0"}, "sizes '4 3 0' is damaged"),
        ({"sizes": "4000000000 3 2"}, "cut short: its header announces"),
        ({"encoding": "gzip", "sizes": "4000000000 3 2"}, "cut short: its header announces"),
        ({"space_directions": "(nan,0,0) (0,1,0) (0,0,1)", "space_dimension": "3"}, "direction .* damaged"),
        ({"spacings": "1 0 1"}, "has a zero"),
        ({"dimension": "1", "sizes": "24"}, "expected two"),
    ],
)
def test_headers_that_lie(tmp_path, fields, message):
    path = save(tmp_path / "a.nrrd", header(**fields), VALUES.tobytes())
    with pytest.raises(FieldError, match=message):
        idlat.open_field(path)


def test_a_stream_that_unpacks_to_more(tmp_path):
    bomb = gzip.compress(bytes(10**7))
    path = save(tmp_path / "a.nrrd", header(encoding="gzip"), bomb)
    with pytest.raises(FieldError, match="the stream holds more"):
        idlat.open_field(path)


def test_a_detached_header_and_its_values_appear_together(tmp_path):
    idlat.write_field(field(), tmp_path / "p.nhdr")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["p.nhdr", "p.raw"]
    assert (tmp_path / "p.raw").stat().st_size == field().nbytes
