"""Parallel images, collections and rectilinear grids that VTK itself writes, compared with VTK's readers."""

import itertools

import numpy as np
import pytest

import idlat
from idlat.cli.app import run
from idlat.errors import FieldError, OutputError, Remark

vtk = pytest.importorskip("vtk", reason="the extra vtk is not installed")
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy  # noqa: E402

SHAPE = (4, 5, 6)
VALUES = np.random.default_rng(0).normal(size=SHAPE).astype("f4")
UNEVEN = {
    "x": np.cumsum(np.linspace(1, 2, 6)),
    "y": np.array([0.0, 1, 4, 9, 16], "f4"),
    "z": np.arange(4) * 2,
}
EVEN = {"x": 3 + 0.5 * np.arange(6), "y": np.arange(5.0), "z": np.arange(4) * 2.0}


def add(data, values, name="p", cells=False):
    array = numpy_to_vtk(np.ascontiguousarray(values).reshape(-1, *values.shape[3:]), deep=True)
    array.SetName(name)
    (data.GetCellData() if cells else data.GetPointData()).AddArray(array)


def image(values=VALUES, first=(0, 0, 0), vectors=False):
    data = vtk.vtkImageData()
    data.SetExtent(*np.ravel([(a, a + n - 1) for a, n in zip(first, reversed(SHAPE), strict=True)]).tolist())
    data.SetOrigin(1.0, 2.0, 3.0)
    data.SetSpacing(0.1, 0.2, 0.3)
    add(data, values)
    add(data, values[1:, 1:, 1:], "c", cells=True)
    if vectors:
        add(data, np.stack([values, -values, 2 * values], axis=-1), "wind")
    return data


def rectilinear(places, cells=False):
    grid = vtk.vtkRectilinearGrid()
    grid.SetDimensions(*reversed(SHAPE))
    for dim, place in places.items():
        getattr(grid, f"Set{dim.upper()}Coordinates")(numpy_to_vtk(np.ascontiguousarray(place), deep=True))
    add(grid, VALUES)
    if cells:
        add(grid, VALUES[1:, 1:, 1:], "c", cells=True)
    return grid


def write(writer, data, path):
    writer.SetFileName(str(path))
    writer.SetInputData(data)
    assert writer.Write() == 1
    return path


def write_pieces(data, path, count=3, ghosts=0):
    """Write an image as simulations do: a piece of its layers for each process, and a file that names all."""
    low, high = data.GetExtent()[4:]
    cuts = np.linspace(low, high, count + 1).astype(int)
    rows = []
    for number, (start, stop) in enumerate(itertools.pairwise(cuts)):
        extract = vtk.vtkExtractVOI()
        extract.SetInputData(data)
        around = max(start - ghosts, low), min(stop + ghosts, high)
        extract.SetVOI(*data.GetExtent()[:4], *map(int, around))
        extract.Update()
        name = f"{path.stem}_{number}.vti"
        write(vtk.vtkXMLImageDataWriter(), extract.GetOutput(), path.with_name(name))
        extent = " ".join(map(str, (*data.GetExtent()[:4], start, stop)))
        rows.append(f'<Piece Extent="{extent}" Source="{name}"/>')
    arrays = {"P": data.GetPointData(), "C": data.GetCellData()}
    listed = "".join(
        f"<P{'Point' if key == 'P' else 'Cell'}Data>"
        + "".join(
            f'<PDataArray type="Float32" Name="{part.GetArrayName(i)}" '
            f'NumberOfComponents="{part.GetArray(i).GetNumberOfComponents()}"/>'
            for i in range(part.GetNumberOfArrays())
        )
        + f"</P{'Point' if key == 'P' else 'Cell'}Data>"
        for key, part in arrays.items()
    )
    whole, origin, spacing = (
        " ".join(map(str, v)) for v in (data.GetExtent(), data.GetOrigin(), data.GetSpacing())
    )
    path.write_text(
        f'<?xml version="1.0"?>\n<VTKFile type="PImageData" version="0.1" byte_order="LittleEndian">'
        f'<PImageData WholeExtent="{whole}" GhostLevel="{ghosts}" Origin="{origin}" Spacing="{spacing}">'
        f"{listed}{''.join(rows)}</PImageData></VTKFile>"
    )
    return path


def as_vtk_reads(reader, path):
    reader.SetFileName(str(path))
    reader.Update()
    return reader.GetOutput()


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("first", [(0, 0, 0), (3, -2, 7)])
@pytest.mark.parametrize("ghosts", [0, 1])
def test_parallel_images(tmp_path, count, first, ghosts):
    path = write_pieces(image(first=first, vectors=True), tmp_path / "run.pvti", count, ghosts)
    assert set(idlat.list_variables(path)) == {"p", "c", "wind"}
    found = as_vtk_reads(vtk.vtkXMLPImageDataReader(), path)
    for name, data in (
        ("p", found.GetPointData()),
        ("c", found.GetCellData()),
        ("wind", found.GetPointData()),
    ):
        field = idlat.open_field(path, name)
        expected = vtk_to_numpy(data.GetArray(name))
        values = field.transpose("z", "y", "x", ...).values
        np.testing.assert_array_equal(values.reshape(expected.shape), expected)
    field = idlat.open_field(path, "p")
    bounds = found.GetBounds()
    for axis, dim in enumerate("xyz"):
        np.testing.assert_allclose(field[dim].values[[0, -1]], bounds[2 * axis : 2 * axis + 2], rtol=1e-12)
    np.testing.assert_array_equal(field[1:3, 2, ::2].values, VALUES[1:3, 2, ::2])


def test_a_parallel_image_that_vtk_splits(tmp_path):
    source = vtk.vtkRTAnalyticSource()
    source.SetWholeExtent(-3, 4, 0, 5, 2, 9)
    writer = vtk.vtkXMLPImageDataWriter()
    writer.SetInputConnection(source.GetOutputPort())
    writer.SetFileName(str(tmp_path / "run.pvti"))
    writer.SetNumberOfPieces(4)
    writer.SetStartPiece(0)
    writer.SetEndPiece(3)
    assert writer.Write() == 1
    field = idlat.open_field(tmp_path / "run.pvti")
    found = as_vtk_reads(vtk.vtkXMLPImageDataReader(), tmp_path / "run.pvti")
    np.testing.assert_array_equal(field.values.ravel(), vtk_to_numpy(found.GetPointData().GetArray("RTData")))
    assert (float(field["x"][0]), float(field["z"][0])) == (-3, 2)


def test_a_parallel_image_through_an_archive(tmp_path):
    path = write_pieces(image(), tmp_path / "run.pvti")
    command = ["compress", str(path), "--variable", "p", "-o", str(tmp_path / "p.idlat"), "--quality", "99"]
    assert run(command) == 0
    assert run(["decompress", str(tmp_path / "p.idlat"), "-o", str(tmp_path / "back.vti")]) == 0
    back = as_vtk_reads(vtk.vtkXMLImageDataReader(), tmp_path / "back.vti")
    np.testing.assert_allclose(back.GetBounds(), image().GetBounds(), rtol=1e-12)
    decoded = vtk_to_numpy(back.GetPointData().GetArray("p"))
    assert np.corrcoef(decoded, VALUES.ravel())[0, 1] > 0.97


def test_pieces_that_are_absent_or_others(tmp_path):
    path = write_pieces(image(), tmp_path / "run.pvti", 2)
    text = path.read_text()
    piece = next(tmp_path.glob("run_0.vti"))
    content = piece.read_bytes()
    piece.unlink()
    with pytest.raises(FieldError, match=r"run_0\.vti' is absent"):
        idlat.open_field(path, "p")
    piece.write_bytes((tmp_path / "run_1.vti").read_bytes())
    with pytest.raises(FieldError, match="do not cover the extent"):
        idlat.open_field(path, "p")
    piece.write_bytes(content)
    path.write_text(text.replace('Source="run_0.vti"', 'Source="../run_0.vti"'))
    with pytest.raises(FieldError, match="must lie in the header's folder"):
        idlat.open_field(path, "p")
    path.write_text(text[: len(text) // 2])
    with pytest.raises(FieldError, match="damaged or cut short"):
        idlat.open_field(path, "p")
    path.write_text(text.replace("<?xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><?xml", 1))
    with pytest.raises(FieldError):
        idlat.open_field(path, "p")


@pytest.mark.parametrize("places", [EVEN, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("form", ["binary", "ascii", "appended", "pieces", "legacy", "legacy ascii"])
def test_rectilinear_grids(tmp_path, places, form):
    grid = rectilinear(places, cells=True)
    if form.startswith("legacy"):
        writer, path, reader = (
            vtk.vtkRectilinearGridWriter(),
            tmp_path / "a.vtk",
            vtk.vtkRectilinearGridReader(),
        )
        (writer.SetFileTypeToASCII if "ascii" in form else writer.SetFileTypeToBinary)()
    elif form == "pieces":
        writer, path, reader = (
            vtk.vtkXMLPRectilinearGridWriter(),
            tmp_path / "a.pvtr",
            vtk.vtkXMLPRectilinearGridReader(),
        )
        writer.SetNumberOfPieces(2)
        writer.SetStartPiece(0)
        writer.SetEndPiece(1)
    else:
        writer, path, reader = (
            vtk.vtkXMLRectilinearGridWriter(),
            tmp_path / "a.vtr",
            vtk.vtkXMLRectilinearGridReader(),
        )
        writer.SetDataMode({"ascii": 0, "binary": 1, "appended": 2}[form])
    write(writer, grid, path)
    found = as_vtk_reads(reader, path)
    assert sorted(idlat.list_variables(path)) == ["c", "p"]
    field, cells = idlat.open_field(path, "p"), idlat.open_field(path, "c")
    np.testing.assert_array_equal(field.values.ravel(), vtk_to_numpy(found.GetPointData().GetArray("p")))
    np.testing.assert_array_equal(cells.values.ravel(), vtk_to_numpy(found.GetCellData().GetArray("c")))
    for dim in "xyz":
        points = vtk_to_numpy(getattr(found, f"Get{dim.upper()}Coordinates")())
        np.testing.assert_allclose(field[dim].values, points, rtol=1e-6 if "ascii" in form else 0)
        np.testing.assert_allclose(cells[dim].values, (points[1:] + points[:-1]) / 2, rtol=1e-6)


def test_where_rectilinear_grids_go(tmp_path, capsys):
    write(vtk.vtkXMLRectilinearGridWriter(), rectilinear(EVEN), tmp_path / "even.vtr")
    write(vtk.vtkXMLRectilinearGridWriter(), rectilinear(UNEVEN), tmp_path / "uneven.vtr")
    for name in ("even", "uneven"):
        archive = str(tmp_path / f"{name}.idlat")
        assert run(["compress", str(tmp_path / f"{name}.vtr"), "-o", archive]) == 0, capsys.readouterr().err
        assert run(["decompress", archive, "-o", str(tmp_path / f"{name}.nc")]) == 0
    back = idlat.open_field(tmp_path / "uneven.nc")
    np.testing.assert_allclose(back["x"].values, UNEVEN["x"])
    assert run(["decompress", str(tmp_path / "even.idlat"), "-o", str(tmp_path / "even.vti")]) == 0
    image = as_vtk_reads(vtk.vtkXMLImageDataReader(), tmp_path / "even.vti")
    np.testing.assert_allclose(image.GetBounds(), rectilinear(EVEN).GetBounds())
    with pytest.warns(Remark, match="coordinate 'x', which is not evenly spaced"):
        idlat.write_field(idlat.open_field(tmp_path / "uneven.vtr"), tmp_path / "uneven.vti")
    with pytest.raises(OutputError, match="vtr is read, not written"):
        idlat.write_field(idlat.open_field(tmp_path / "even.vtr"), tmp_path / "back.vtr")


def collection(path, *sets):
    rows = "".join(
        f'<DataSet timestep="{time}" group="" part="{part}" file="{file}"/>' for time, part, file in sets
    )
    path.write_text(
        f'<?xml version="1.0"?><VTKFile type="Collection"><Collection>{rows}</Collection></VTKFile>'
    )
    return path


def test_collections(tmp_path):
    (tmp_path / "run").mkdir()
    for step in range(3):
        write(vtk.vtkXMLImageDataWriter(), image(VALUES + step), tmp_path / "run" / f"p{step}.vti")
    steps = [(f"{0.5 * step}", 0, f"run/p{step}.vti") for step in (2, 0, 1)]
    path = collection(tmp_path / "run.pvd", *steps)
    assert idlat.list_variables(path) == ["p", "c"]
    field = idlat.open_field(path, "p")
    assert (field.name, field.dims) == ("p", ("time", "z", "y", "x"))
    np.testing.assert_array_equal(field["time"].values, [0, 0.5, 1])
    np.testing.assert_array_equal(field.values, [VALUES + step for step in range(3)])
    np.testing.assert_allclose(field["x"].values, 1 + 0.1 * np.arange(6))
    assert run(["compress", str(path), "--variable", "p", "-o", str(tmp_path / "p.idlat")]) == 0
    assert run(["decompress", str(tmp_path / "p.idlat"), "-o", str(tmp_path / "p.nc")]) == 0
    assert idlat.open_field(tmp_path / "p.nc").sizes["time"] == 3


def test_collections_of_one_and_of_parallel_images(tmp_path):
    write_pieces(image(), tmp_path / "a.pvti", 2)
    write(vtk.vtkXMLRectilinearGridWriter(), rectilinear(UNEVEN), tmp_path / "b.vtr")
    one = idlat.open_field(collection(tmp_path / "one.pvd", (2.5, 0, "a.pvti")), "p")
    assert (one.dims, float(one["time"])) == (("z", "y", "x"), 2.5)
    np.testing.assert_array_equal(one.values, VALUES)
    two = idlat.open_field(collection(tmp_path / "two.pvd", (0, 0, "b.vtr"), (1, 0, "b.vtr")))
    np.testing.assert_array_equal(two.values, [VALUES, VALUES])
    np.testing.assert_allclose(two["x"].values, UNEVEN["x"])


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ([], "names 0 files"),
        ([(0, 0, "a.vti"), (0, 1, "b.vti")], "several files at time 0, such as 'a.vti' and 'b.vti'"),
        ([("soon", 0, "a.vti")], "timestep 'soon' is damaged"),
        ([(0, 0, "none.vti")], "is absent"),
        ([(0, 0, "../a.vti")], "must lie in the header's folder"),
        ([(0, 0, "a.npy")], r"names a\.npy, which is npy"),
        ([(0, 0, "self.pvd")], r"names self\.pvd, which is pvd"),
    ],
)
def test_collections_that_are_none(tmp_path, sets, message):
    write(vtk.vtkXMLImageDataWriter(), image(), tmp_path / "a.vti")
    write(vtk.vtkXMLImageDataWriter(), image(), tmp_path / "b.vti")
    np.save(tmp_path / "a.npy", VALUES)
    with pytest.raises(FieldError, match=message):
        idlat.open_field(collection(tmp_path / "self.pvd", *sets), "p")
