"""VTKHDF images are what VTK's own reader makes of them: values, place and time steps."""

import h5py
import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import FieldError

vtk = pytest.importorskip("vtk", reason="the extra vtk is not installed")
from vtkmodules.util.numpy_support import vtk_to_numpy  # noqa: E402

POINTS = np.random.default_rng(0).normal(size=(4, 5, 6)).astype(np.float32)
VECTORS = np.random.default_rng(1).normal(size=(4, 5, 6, 3))
CELLS = np.random.default_rng(2).normal(size=(3, 4, 5))
EXTENT = (3, 8, -2, 2, 7, 10)
TURNED = (0, -1, 0, 1, 0, 0, 0, 0, 1)


def write(path, arrays, extent=EXTENT, direction=(1, 0, 0, 0, 1, 0, 0, 0, 1), times=None, offsets=None):
    """Write an image; arrays by their path below the image's group."""
    with h5py.File(path, "w") as file:
        group = file.create_group("VTKHDF")
        group.attrs["Version"] = [2, 2]
        group.attrs.create("Type", b"ImageData", dtype=h5py.string_dtype("ascii", 9))
        group.attrs["WholeExtent"] = np.array(extent, np.int64)
        group.attrs.update({"Origin": [10.0, 20.0, 30.0], "Spacing": [0.5, 0.25, 2.0]})
        group.attrs["Direction"] = np.array(direction, np.float64)
        for name, values in arrays.items():
            group[name] = values
        if times is not None:
            steps = group.create_group("Steps")
            steps.attrs["NSteps"] = len(times)
            steps["Values"] = np.array(times)
            for name, values in (offsets or {}).items():
                steps[name] = values
    return path


def seen_by_vtk(path, name, time=None):
    """Give VTK's values (point or cell, component), and the position of each point or cell."""
    reader = vtk.vtkHDFReader()
    reader.SetFileName(str(path))
    reader.UpdateInformation()
    if time is not None:
        reader.GetOutputInformation(0).Set(vtk.vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP(), time)
    reader.Update()
    image = reader.GetOutputDataObject(0)
    if name.startswith("CellData"):
        centers = vtk.vtkCellCenters()
        centers.SetInputData(image)
        centers.Update()
        places = vtk_to_numpy(centers.GetOutput().GetPoints().GetData())
        array = image.GetCellData().GetArray(name.split("/")[1])
    else:
        places = np.array([image.GetPoint(index) for index in range(image.GetNumberOfPoints())])
        array = image.GetPointData().GetArray(name.split("/")[1])
    return vtk_to_numpy(array).reshape(len(places), -1), places


def check(field, path, name, time=None):
    """Compare a field without time with what VTK reads: values and places."""
    values, places = seen_by_vtk(path, name, time)
    ours = field.values[None] if "component" not in field.dims else field.values
    np.testing.assert_array_equal(np.moveaxis(ours, 0, -1).reshape(values.shape), values)
    first = np.array([float(field[dim][0]) for dim in "xyz"])
    grid = np.stack(np.meshgrid(field.z, field.y, field.x, indexing="ij"), -1)[..., ::-1].reshape(-1, 3)
    direction = np.reshape(field.encoding.get("idlat_direction", np.eye(3).ravel()), (3, 3))
    np.testing.assert_allclose(first + (grid - first) @ direction, places, rtol=0, atol=1e-5)


@pytest.mark.parametrize("direction", [(1, 0, 0, 0, 1, 0, 0, 0, 1), TURNED])
@pytest.mark.parametrize(
    ("name", "values"), [("PointData/p", POINTS), ("PointData/v", VECTORS), ("CellData/c", CELLS)]
)
def test_an_extent_that_does_not_begin_at_0(tmp_path, name, values, direction):
    path = write(tmp_path / "a.vtkhdf", {name: values}, direction=direction)
    field = idlat.open_field(path)
    check(field, path, name)
    idlat.write_field(field, tmp_path / "b.vtkhdf")
    back = idlat.open_field(tmp_path / "b.vtkhdf")
    np.testing.assert_array_equal(back.values, field.values)
    for dim in "zyx":
        np.testing.assert_allclose(back[dim].values, field[dim].values)


@pytest.mark.parametrize("extent", [(0, 5, 0, 4, 2, 2), (0, 5, 3, 3, 0, 3), (1, 1, 0, 4, 0, 3)])
def test_flat_images_have_no_flat_axis(tmp_path, extent):
    flat = next(axis for axis, low in enumerate((4, 2, 0)) if extent[low] == extent[low + 1])
    arrays = {"PointData/p": POINTS.take(0, flat), "PointData/v": VECTORS.take(0, flat)}
    path = write(tmp_path / "a.vtkhdf", arrays, extent)
    for name in arrays:
        field = idlat.open_field(path, f"VTKHDF/{name}")
        assert field.shape[-3:][flat] == 1
        check(field, path, name)


TIMES = [0.0, 0.5, 2.0]
SERIES = {
    "PointData/p": np.stack([POINTS + 100 * step for step in range(3)]),
    "PointData/v": np.stack([VECTORS + 100 * step for step in range(3)]),
    "CellData/c": np.stack([CELLS + 100 * step for step in range(3)]),
}


@pytest.mark.parametrize("offsets", [None, [0, 1, 2], [2, 0, 0]])
@pytest.mark.parametrize("name", SERIES)
def test_time_steps(tmp_path, name, offsets):
    kind, array = name.split("/")
    known = {} if offsets is None else {f"{kind}Offsets/{array}": np.array(offsets)}
    path = write(tmp_path / "a.vtkhdf", {name: SERIES[name]}, times=TIMES, offsets=known)
    field = idlat.open_field(path)
    assert field["time"].values.tolist() == TIMES
    for step, time in enumerate(TIMES):
        check(field.isel(time=step), path, name, time)


@pytest.mark.parametrize("given", [VECTORS, VECTORS[None]])
def test_one_step_needs_no_axis_for_time(tmp_path, given):
    path = write(tmp_path / "a.vtkhdf", {"PointData/v": VECTORS}, times=[4.0])
    field = idlat.open_field(write(tmp_path / "b.vtkhdf", {"PointData/v": given}, times=[4.0]))
    assert field["time"].values.tolist() == [4.0]
    assert field.sizes == {"time": 1, "component": 3, "z": 4, "y": 5, "x": 6}
    check(field.isel(time=0), path, "PointData/v", 4.0)


def test_the_version_is_the_least_that_has_what_is_written(tmp_path):
    """Older readers, such as ParaView 5.11's, warn of files of a later version than theirs."""
    steps = np.stack([POINTS, POINTS])
    series = xr.DataArray(steps, {"time": [0.0, 1.0]}, ("time", "z", "y", "x"), "p")
    archive = idlat.compress(series, tmp_path / "run.idlat")
    idlat.write_field(series[0].drop_vars("time"), tmp_path / "one.vtkhdf")
    for path, version in [
        (tmp_path / "one.vtkhdf", 1),
        (idlat.export(archive, tmp_path / "all", "vtkhdf"), 2),
    ]:
        with h5py.File(path) as file:
            assert file["VTKHDF"].attrs["Version"].tolist() == [version, 0]


def test_the_file_of_one_image_may_link_to_that_of_another(tmp_path):
    write(tmp_path / "step.vtkhdf", {"PointData/p": POINTS})
    with h5py.File(tmp_path / "all.vtkhdf", "w") as file:
        file["VTKHDF"] = h5py.ExternalLink("step.vtkhdf", "/VTKHDF")
    field = idlat.open_field(tmp_path / "all.vtkhdf")
    check(field, tmp_path / "step.vtkhdf", "PointData/p")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arrays": {"PointData/p": POINTS.transpose(2, 1, 0)}}, r"shape \(4, 5, 6\).*has \(6, 5, 4\)"),
        ({"arrays": {"PointData/p": POINTS}, "times": [0.0, 1.0]}, "after one axis for its time steps"),
        (
            {"arrays": {"PointData/p": POINTS[None]}, "times": [0.0, 1.0]},
            "2 time steps, its array 'p' holds 1",
        ),
        ({"arrays": {"PointData/p": POINTS}, "extent": (0, 5, 0, 4)}, "WholeExtent"),
        ({"arrays": {"PointData/p": POINTS}, "extent": (0, -1, 0, 4, 0, 3)}, "WholeExtent"),
        (
            {
                "arrays": {"PointData/p": SERIES["PointData/p"]},
                "times": TIMES,
                "offsets": {"PointDataOffsets/p": [0, 1, 7]},
            },
            "do not fit together",
        ),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, changes, message):
    write(tmp_path / "a.vtkhdf", **changes)
    with pytest.raises(FieldError, match=message):
        idlat.open_field(tmp_path / "a.vtkhdf")


def test_other_types_are_named(tmp_path):
    with h5py.File(tmp_path / "a.vtkhdf", "w") as file:
        file.create_group("VTKHDF").attrs.create("Type", b"PolyData", dtype=h5py.string_dtype("ascii", 8))
        file["VTKHDF/PointData/p"] = np.zeros(5)
    with pytest.raises(FieldError, match="holds 'PolyData': only ImageData is a field"):
        idlat.open_field(tmp_path / "a.vtkhdf")


@pytest.mark.parametrize(
    "shape", [(1, 5, 6), (4, 1, 6), (4, 5, 1), (1, 1, 6), (4, 1, 1), (1, 1, 1), (2, 3, 4)]
)
@pytest.mark.parametrize("components", [None, 3])
def test_vtk_reads_flat_fields_that_are_written(tmp_path, shape, components):
    whole = shape if components is None else (components, *shape)
    dims = ("z", "y", "x") if components is None else ("component", "z", "y", "x")
    values = np.random.default_rng(3).normal(size=whole).astype(np.float32)
    idlat.write_field(xr.DataArray(values, dims=dims, name="p"), tmp_path / "a.vtkhdf")
    field = idlat.open_field(tmp_path / "a.vtkhdf")
    np.testing.assert_array_equal(field.values, values)
    found, _ = seen_by_vtk(tmp_path / "a.vtkhdf", "PointData/p")
    ours = values[None] if components is None else values
    np.testing.assert_array_equal(found, np.moveaxis(ours, 0, -1).reshape(found.shape))
