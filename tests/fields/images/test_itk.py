"""NRRD and MetaImage as others write them; SimpleITK and pynrrd say what is in them."""

import bz2
import gzip

import nrrd
import numpy as np
import pytest
import SimpleITK

import idlat
from idlat.cli.app import run
from idlat.errors import FieldError

VALUES = np.random.default_rng(0).normal(size=(4, 5, 6)).astype("<f4")
SERIES = np.random.default_rng(1).normal(size=(3, 4, 5, 6)).astype("<f4")


def header(**fields):
    known = {"type": "float", "dimension": 3, "sizes": "6 5 4", "endian": "little", "encoding": "raw"}
    lines = [f"{key.replace('_', ' ')}: {value}" for key, value in {**known, **fields}.items()]
    return "\n".join(["NRRD0005", *lines, "", ""]).encode()


def as_itk_reads(path):
    image = SimpleITK.ReadImage(str(path))
    return SimpleITK.GetArrayFromImage(image), image.GetOrigin(), image.GetSpacing()


def place_of(field):
    """Give origin and spacing, x first, as ITK does."""
    dims = [dim for dim in ("x", "y", "z", "time") if dim in field.dims]
    ends = [field[dim].values[:2] if dim in field.coords else np.arange(2.0) for dim in dims]
    return [float(end[0]) for end in ends], [float(end[1] - end[0]) for end in ends]


def check_like_itk(path):
    values, origin, spacing = as_itk_reads(path)
    field = idlat.open_field(path)
    np.testing.assert_array_equal(field.values, values)
    found = place_of(field)
    np.testing.assert_allclose(found[0], origin, rtol=1e-12)
    np.testing.assert_allclose(found[1], spacing, rtol=1e-12)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("bzip2", bz2.compress), ("bz2", bz2.compress), ("gz", gzip.compress), ("gzip", gzip.compress)],
)
def test_packed_values(tmp_path, encoding, pack):
    path = tmp_path / "a.nrrd"
    path.write_bytes(header(encoding=encoding) + pack(VALUES.tobytes()))
    np.testing.assert_array_equal(idlat.open_field(path).values, nrrd.read(str(path), index_order="C")[0])
    assert run(["compress", str(path), "-o", str(tmp_path / "a.idlat")]) == 0
    (tmp_path / "a.raw").write_bytes(pack(b"skip" + VALUES.tobytes()))
    detached = tmp_path / "a.nhdr"
    detached.write_bytes(header(encoding=encoding, byte_skip=4, data_file="a.raw"))
    np.testing.assert_array_equal(idlat.open_field(detached).values, VALUES)
    path.write_bytes(header(encoding=encoding) + pack(VALUES.tobytes())[:-12])
    with pytest.raises(FieldError, match="damaged or cut short"):
        idlat.open_field(path).load()
    path.write_bytes(header(encoding=encoding) + pack(bytes(10**7)))
    with pytest.raises(FieldError, match="the stream holds more"):
        idlat.open_field(path).load()


@pytest.mark.parametrize(
    "text", [VALUES.tobytes().hex(), VALUES.tobytes().hex(" ", 7), VALUES.tobytes().hex("\n", 20)]
)
def test_hexadecimal_values(tmp_path, text):
    path = tmp_path / "a.nrrd"
    path.write_bytes(header(encoding="hex") + text.encode())
    np.testing.assert_array_equal(idlat.open_field(path).values, as_itk_reads(path)[0])
    path.write_bytes(header(encoding="hex") + text[:-2].encode())
    with pytest.raises(FieldError, match="cut short"):
        idlat.open_field(path).load()
    path.write_bytes(header(encoding="hex") + b"xy" + text[2:].encode())
    with pytest.raises(FieldError, match="damaged"):
        idlat.open_field(path).load()


@pytest.mark.parametrize(
    "fields",
    [
        {"spacings": "1 0.5 0.25"},
        {"spacings": "1 0.5 0.25", "axis_mins": "10 20 30"},
        {"spacings": "1 0.5 0.25", "axis_mins": "10 20 30", "centerings": "node node node"},
        {"spacings": "1 0.5 0.25", "axis_mins": "10 20 30", "centerings": "cell cell cell"},
        {"axis_mins": "0 1 2", "axis_maxs": "10 9 8", "centerings": "node node node"},
        {"axis_mins": "0 1 2", "axis_maxs": "12 11 10", "centerings": "cell cell cell"},
        {"axis_mins": "0 1 2", "axis_maxs": "12 11 10"},
    ],
)
def test_ends_of_axes(tmp_path, fields):
    path = tmp_path / "a.nrrd"
    path.write_bytes(header(**fields) + VALUES.tobytes())
    _, origin, spacing = as_itk_reads(path)
    if "spacings" not in fields:  # ITK leaves it at 1 there: Teem's rule, by hand
        low, high = (np.array(fields[key].split(), float) for key in ("axis_mins", "axis_maxs"))
        node = "node" in fields.get("centerings", "")
        spacing = (high - low) / (np.array([6, 5, 4]) - node)
        origin = low + (0 if node else spacing / 2)
    found = place_of(idlat.open_field(path))
    np.testing.assert_allclose(found[0], origin)
    np.testing.assert_allclose(found[1], spacing)


def slices(tmp_path, pack=bytes, head=b""):
    for number, layer in enumerate(VALUES):
        (tmp_path / f"s{number + 7:03d}.raw").write_bytes(head + pack(layer.tobytes()))
    return "".join(f"s{number + 7:03d}.raw\n" for number in range(len(VALUES)))


def test_lists_and_patterns_of_files(tmp_path):
    listed = slices(tmp_path)
    (tmp_path / "a.nhdr").write_bytes(header(data_file="LIST").rstrip() + b"\n" + listed.encode())
    (tmp_path / "b.nhdr").write_bytes(header(data_file="s%03d.raw 7 10 1").rstrip() + b"\n")
    (tmp_path / "c.nhdr").write_bytes(header(datafile="LIST 2").rstrip() + b"\n" + listed.encode())
    plain = "ObjectType = Image\nNDims = 3\nDimSize = 6 5 4\nElementType = MET_FLOAT\nElementDataFile = "
    (tmp_path / "a.mhd").write_text(f"{plain}LIST\n{listed}")
    (tmp_path / "b.mhd").write_text(f"{plain}s%03d.raw 7 10 1\n")
    for name in ("a.nhdr", "b.nhdr", "c.nhdr", "a.mhd", "b.mhd"):
        field = idlat.open_field(tmp_path / name)
        np.testing.assert_array_equal(field.values, as_itk_reads(tmp_path / name)[0])
        np.testing.assert_array_equal(field[1:3, 2:, ::2].values, VALUES[1:3, 2:, ::2])
        assert run(["compress", str(tmp_path / name), "-o", str(tmp_path / f"{name}.idlat")]) == 0


def test_files_downwards_packed_and_with_headers(tmp_path):
    slices(tmp_path, gzip.compress)
    (tmp_path / "a.nhdr").write_bytes(header(data_file="s%03d.raw 10 7 -1", encoding="gzip").rstrip())
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "a.nhdr").values, VALUES[::-1])
    slices(tmp_path, head=b"H" * 9)
    for skip in ("9", "-1"):
        (tmp_path / "b.nhdr").write_bytes(header(byte_skip=skip, data_file="s%03d.raw 7 10 1").rstrip())
        np.testing.assert_array_equal(idlat.open_field(tmp_path / "b.nhdr").values, VALUES)
        text = f"NDims = 3\nDimSize = 6 5 4\nElementType = MET_FLOAT\nHeaderSize = {skip}\n"
        (tmp_path / "b.mhd").write_text(f"{text}ElementDataFile = s%03d.raw 7 10 1\n")
        np.testing.assert_array_equal(idlat.open_field(tmp_path / "b.mhd").values, VALUES)


def test_a_file_for_each_row_or_for_two_layers(tmp_path):
    for number, row in enumerate(VALUES.reshape(-1, 6)):
        (tmp_path / f"r{number}.raw").write_bytes(row.tobytes())
    for number in range(2):
        (tmp_path / f"h{number}.raw").write_bytes(VALUES[2 * number : 2 * number + 2].tobytes())
    (tmp_path / "a.nhdr").write_bytes(header(data_file="r%d.raw 0 19 1 1").rstrip())
    (tmp_path / "b.nhdr").write_bytes(header(data_file="h%d.raw 0 1 1 3").rstrip())
    for name in ("a.nhdr", "b.nhdr"):
        np.testing.assert_array_equal(idlat.open_field(tmp_path / name).values, VALUES)


@pytest.mark.parametrize(
    ("data_file", "message"),
    [
        ("LIST", "which is empty"),
        ("s%03d.raw 7 11 1", "is absent"),
        ("s%03d.raw 7 9 1", "names 3 data files, which are no equal parts"),
        ("s%03d.raw 7 10 0", "damaged, or too many"),
        ("s%03d.raw 0 999999999 1", "damaged, or too many"),
        ("s%s.raw 7 10 1", "expected a pattern with one %d"),
        ("s%03d.raw", "expected a pattern with one %d"),
        ("../s%03d.raw 7 10 1", "must lie in the header's folder"),
        ("s%999999d.raw 7 10 1", "expected a pattern with one %d"),
    ],
)
def test_lists_that_are_none(tmp_path, data_file, message):
    slices(tmp_path)
    (tmp_path / "a.nhdr").write_bytes(header(data_file=data_file).rstrip() + b"\n")
    with pytest.raises(FieldError, match=message):
        idlat.open_field(tmp_path / "a.nhdr")


def series_image():
    image = SimpleITK.GetImageFromArray(SERIES, isVector=False)
    image.SetSpacing((1, 2, 3, 0.5))
    image.SetOrigin((1, 2, 3, 4))
    return image


@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".mhd", ".nhdr"])
@pytest.mark.parametrize("packed", [True, False])
def test_series_that_simpleitk_writes(tmp_path, suffix, packed):
    SimpleITK.WriteImage(series_image(), str(tmp_path / f"a{suffix}"), packed)
    field = idlat.open_field(tmp_path / f"a{suffix}")
    assert field.dims == ("time", "z", "y", "x")
    np.testing.assert_array_equal(field["time"].values, [4.0, 4.5, 5.0])
    check_like_itk(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
@pytest.mark.parametrize("other", [".nrrd", ".mha", ".nc"])
def test_series_come_back_to_simpleitk(tmp_path, suffix, other):
    SimpleITK.WriteImage(series_image(), str(tmp_path / f"a{suffix}"))
    idlat.write_field(idlat.open_field(tmp_path / f"a{suffix}"), tmp_path / f"b{other}")
    archive = str(tmp_path / "a.idlat")
    assert run(["compress", str(tmp_path / f"b{other}"), "-o", archive, "--quality", "99"]) == 0
    for last in (".nrrd", ".mha"):
        assert run(["decompress", archive, "-o", str(tmp_path / f"c{last}")]) == 0
        values, origin, spacing = as_itk_reads(tmp_path / f"c{last}")
        assert np.corrcoef(values.ravel(), SERIES.ravel())[0, 1] > 0.97
        np.testing.assert_allclose(origin, (1, 2, 3, 4))
        np.testing.assert_allclose(spacing, (1, 2, 3, 0.5))


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_planes(tmp_path, suffix):
    image = SimpleITK.GetImageFromArray(VALUES[0])
    image.SetSpacing((0.5, 2))
    image.SetOrigin((3, 4))
    SimpleITK.WriteImage(image, str(tmp_path / f"a{suffix}"))
    field = idlat.open_field(tmp_path / f"a{suffix}")
    assert field.shape == (1, 5, 6)
    np.testing.assert_array_equal(field.values[0], VALUES[0])
    np.testing.assert_array_equal(field["x"].values, 3 + 0.5 * np.arange(6))
    np.testing.assert_array_equal(field["y"].values, 4 + 2.0 * np.arange(5))
    assert run(["compress", str(tmp_path / f"a{suffix}"), "-o", str(tmp_path / "a.idlat")]) == 0
    for last in (".nrrd", ".mha"):
        assert run(["decompress", str(tmp_path / "a.idlat"), "-o", str(tmp_path / f"b{last}")]) == 0
        back = SimpleITK.ReadImage(str(tmp_path / f"b{last}"))
        assert (back.GetSize(), back.GetSpacing(), back.GetOrigin()) == ((6, 5), (0.5, 2), (3, 4))
        assert back.GetDirection() == image.GetDirection()


def test_time_that_is_not_apart_from_space(tmp_path):
    directions = "(1,0,0,0) (0,1,0,0) (0,0,1,0) (0,0,0.5,1)"
    fields = {"dimension": 4, "sizes": "6 5 4 3", "space_dimension": 4, "space_directions": directions}
    (tmp_path / "a.nrrd").write_bytes(header(**fields) + SERIES.tobytes())
    with pytest.raises(FieldError, match="its time axis has a direction in space"):
        idlat.open_field(tmp_path / "a.nrrd")
