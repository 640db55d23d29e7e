"""Files that VTK itself writes are read, and VTK reads ours."""

import struct

import numpy as np
import pytest

import idlat
from idlat.errors import FieldError
from support.fields.field_examples import field

vtk = pytest.importorskip("vtk", reason="the extra vtk is not installed")
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy  # noqa: E402

SHAPE = (4, 5, 6)


def image(arrays, cells=(), direction=None):
    """Make a vtkImageData of arrays (z, y, x) or (z, y, x, component)."""
    data = vtk.vtkImageData()
    data.SetDimensions(*reversed(SHAPE))
    data.SetOrigin(1.0, 2.0, 3.0)
    data.SetSpacing(0.1, 0.2, 0.3)
    if direction is not None:
        data.SetDirectionMatrix(*np.ravel(direction))
    for name, values in [*arrays.items(), *dict(cells).items()]:
        flat = values.reshape(-1, *values.shape[3:])
        array = numpy_to_vtk(np.ascontiguousarray(flat), deep=True)
        array.SetName(name)
        (data.GetCellData() if name in dict(cells) else data.GetPointData()).AddArray(array)
    return data


def values(dtype=np.float32, *more):
    return np.random.default_rng(0).integers(0, 99, (*SHAPE, *more)).astype(dtype)


def write(data, path, mode="appended", compressor=None, pieces=False, legacy=False):
    if legacy:
        writer = vtk.vtkStructuredPointsWriter()
        writer.SetFileTypeToBinary() if mode == "binary" else writer.SetFileTypeToASCII()
    else:
        writer = vtk.vtkXMLImageDataWriter()
        writer.SetDataMode({"ascii": 0, "binary": 1, "appended": 2, "raw": 2}[mode])
        writer.SetEncodeAppendedData(mode == "appended")
        writer.SetCompressor(None if compressor is None else getattr(vtk, f"vtk{compressor}DataCompressor")())
        writer.SetBlockSize(1024)
    writer.SetFileName(str(path))
    writer.SetInputData(data)
    assert writer.Write() == 1


@pytest.mark.parametrize("mode", ["ascii", "binary", "appended", "raw"])
@pytest.mark.parametrize("compressor", [None, "ZLib", "LZ4", "LZMA"])
def test_vti_in_every_form(tmp_path, mode, compressor):
    arrays = {"a": values(), "wind": values(np.float64, 3), "n": values(np.int16)}
    write(image(arrays, {"c": values(np.uint8)[1:, 1:, 1:]}), tmp_path / "a.vti", mode, compressor)
    assert idlat.list_variables(tmp_path / "a.vti") == ["a", "wind", "n", "c"]
    for name, expected in arrays.items():
        got = idlat.open_field(tmp_path / "a.vti", name)
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got.transpose("z", "y", "x", ...).values, expected)
        np.testing.assert_array_equal(
            got.isel(z=2, y=slice(1, 3)).transpose("y", "x", ...).values, expected[2, 1:3]
        )
    np.testing.assert_allclose(got["z"], 3 + 0.3 * np.arange(4))
    cells = idlat.open_field(tmp_path / "a.vti", "c")
    np.testing.assert_array_equal(cells.values, values(np.uint8)[1:, 1:, 1:])
    np.testing.assert_allclose(cells["x"], 1.05 + 0.1 * np.arange(5))


@pytest.mark.parametrize("name", ["a.vti", "a.mha", "a.vtkhdf"])
def test_a_rotated_grid(tmp_path, name):
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    write(image({"a": values()}, direction=turn), tmp_path / "v.vti")
    given = idlat.open_field(tmp_path / "v.vti")
    idlat.write_field(given.isel(x=slice(2, 6)), tmp_path / name)
    back = idlat.open_field(tmp_path / name)
    assert back.encoding["idlat_direction"] == [0, 1, 0, -1, 0, 0, 0, 0, 1]
    np.testing.assert_allclose(back.encoding["idlat_origin"], [1.0, 2.2, 3.0])
    if name == "a.vti":
        seen = read(vtk.vtkXMLImageDataReader(), tmp_path / name)
        np.testing.assert_allclose(seen.GetOrigin(), [1.0, 2.2, 3.0])
        assert [
            seen.GetDirectionMatrix().GetElement(i, j) for i in range(3) for j in range(3)
        ] == turn.ravel().tolist()


def test_pieces_are_put_together(tmp_path):
    whole = values()
    layers = [(0, 2, whole[:3]), (2, 3, whole[2:])]
    pieces = "".join(
        f'<Piece Extent="0 5 0 4 {low} {high}"><PointData><DataArray type="Float32" Name="a" format="ascii">'
        f"{' '.join(map(str, part.ravel()))}</DataArray></PointData></Piece>"
        for low, high, part in layers
    )
    text = f'<VTKFile type="ImageData"><ImageData WholeExtent="0 5 0 4 0 3">{pieces}</ImageData></VTKFile>'
    (tmp_path / "a.vti").write_text(text)
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "a.vti").values, whole)
    (tmp_path / "a.vti").write_text(text.replace('"0 5 0 4 2 3"', '"0 5 0 4 3 3"', 1))
    with pytest.raises(FieldError, match="expected 30 values, found 60"):
        idlat.open_field(tmp_path / "a.vti")
    hole = text.replace('WholeExtent="0 5 0 4 0 3"', 'WholeExtent="0 5 0 4 0 4"')
    (tmp_path / "a.vti").write_text(hole)
    with pytest.raises(FieldError, match="do not cover"):
        idlat.open_field(tmp_path / "a.vti")


@pytest.mark.parametrize("mode", ["ascii", "binary"])
def test_legacy_files(tmp_path, mode):
    arrays = {"a": values(), "wind": values(np.float64, 3), "n": values(np.uint8)}
    write(image(arrays, {"c": values(np.int32)[1:, 1:, 1:]}), tmp_path / "a.vtk", mode, legacy=True)
    assert sorted(idlat.list_variables(tmp_path / "a.vtk")) == ["a", "c", "n", "wind"]
    for name, expected in arrays.items():
        got = idlat.open_field(tmp_path / "a.vtk", name)
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got.transpose("z", "y", "x", ...).values, expected)
    np.testing.assert_allclose(got["x"], 1 + 0.1 * np.arange(6))
    np.testing.assert_array_equal(
        idlat.open_field(tmp_path / "a.vtk", "c").values, values(np.int32)[1:, 1:, 1:]
    )


def read(reader, path):
    reader.SetFileName(str(path))
    reader.Update()
    return reader.GetOutput()


READERS = {
    ".vti": "vtkXMLImageDataReader",
    ".vtk": "vtkStructuredPointsReader",
    ".mha": "vtkMetaImageReader",
    ".mhd": "vtkMetaImageReader",
    ".vtkhdf": "vtkHDFReader",
}


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize("count", [1, 3])
def test_vtk_reads_what_is_written(tmp_path, suffix, count):
    given = field(units="K") if count == 1 else field((3, 3, 4, 5), ("component", "z", "y", "x"))
    idlat.write_field(given, tmp_path / f"p{suffix}")
    seen = read(getattr(vtk, READERS[suffix])(), tmp_path / f"p{suffix}")
    assert seen.GetDimensions() == (5, 4, 3)
    got = vtk_to_numpy(seen.GetPointData().GetArray(0)).reshape(3, 4, 5, -1)
    np.testing.assert_array_equal(got, given.transpose("z", "y", "x", ...).values.reshape(3, 4, 5, -1))
    np.testing.assert_allclose(seen.GetSpacing(), [4.0080321286, 0.25, 10.0], rtol=1e-6)
    np.testing.assert_allclose(seen.GetOrigin(), [0, -1, 100])


def test_compressed_metaimage(tmp_path):
    writer = vtk.vtkMetaImageWriter()
    writer.SetFileName(str(tmp_path / "a.mhd"))
    writer.SetRAWFileName(str(tmp_path / "a.zraw"))
    data = image({"a": values(np.int16)})
    data.GetPointData().SetActiveScalars("a")
    writer.SetInputData(data)
    writer.SetCompression(True)
    writer.Write()
    got = idlat.open_field(tmp_path / "a.mhd")
    np.testing.assert_array_equal(got.values, values(np.int16))


def test_lies_about_sizes_are_one_line(tmp_path):
    write(image({"a": values(np.float64, 3)}), tmp_path / "a.vti", "raw", "ZLib")
    content = (tmp_path / "a.vti").read_bytes()
    start = content.index(b"_", content.index(b"<AppendedData")) + 1
    for lie in (0, 2**31, 2**32 - 1):
        for place in range(3):
            at = start + 4 * place
            (tmp_path / "b.vti").write_bytes(content[:at] + struct.pack("<I", lie) + content[at + 4 :])
            if place == 2 and lie == 0:
                continue  # the last block is then a whole one, as VTK has it
            with pytest.raises(FieldError, match=r"b\.vti: .*damaged"):
                idlat.open_field(tmp_path / "b.vti").load()


def test_other_grids_and_entities_are_refused(tmp_path):
    (tmp_path / "a.vti").write_text('<VTKFile type="StructuredGrid"></VTKFile>')
    with pytest.raises(FieldError, match="only ImageData"):
        idlat.open_field(tmp_path / "a.vti")
    (tmp_path / "a.vti").write_text('<!DOCTYPE a [<!ENTITY b "c">]><VTKFile type="ImageData">&b;</VTKFile>')
    with pytest.raises(FieldError, match="DOCTYPE"):
        idlat.open_field(tmp_path / "a.vti")
    (tmp_path / "a.vtk").write_text("# vtk DataFile Version 3.0\nt\nASCII\nDATASET POLYDATA\n")
    with pytest.raises(FieldError, match="only structured points"):
        idlat.open_field(tmp_path / "a.vtk")
