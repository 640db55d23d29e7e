"""Archives in pipelines of VTK: what is asked for is decoded, and no more; the plug-in for ParaView."""

from __future__ import annotations

import functools
import importlib.util
import sys
from types import ModuleType, SimpleNamespace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import map_coordinates

import idlat
from idlat.archive.read.stored_variable import StoredVariable

pytest.importorskip("vtkmodules", reason="the extra vtk is not installed")
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkOutputWindow, vtkStringOutputWindow
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline as Pipeline
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D
from vtkmodules.vtkImagingCore import vtkExtractVOI

SHAPE, TIMES = (20, 24, 30), [0.5, 1.0, 4.0]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    z, y, x = np.meshgrid(*[np.linspace(0, 3, n) for n in SHAPE], indexing="ij")
    values = np.stack([np.sin(x + t) + np.cos(y) * z for t in range(3)]).astype("float32")
    values[:, 17, :3, 5] = np.nan
    wind = np.stack([values * (c + 1) for c in range(3)], axis=1)
    coords = {
        "time": TIMES,
        "z": 100 + 10.0 * np.arange(20),
        "y": -1 + 0.25 * np.arange(24),
        "x": 2.0 * np.arange(30),
    }
    fields = [
        xr.DataArray(values, coords, ("time", "z", "y", "x"), "p"),
        xr.DataArray(np.nan_to_num(wind), coords, ("time", "component", "z", "y", "x"), "wind"),
    ]
    path = tmp_path_factory.mktemp("made") / "run.idlat"
    return idlat.compress(fields, path, quality=70)


@pytest.fixture
def decoded(monkeypatch) -> list:
    """What is decoded: shapes."""
    seen: list = []
    plain = StoredVariable.to_numpy

    def spy(self, *args, **options):
        seen.append((self.name, self.shape))
        return plain(self, *args, **options)

    monkeypatch.setattr(StoredVariable, "to_numpy", spy)
    return seen


def values_of(image, name: str) -> np.ndarray:
    nx, ny, nz = image.GetDimensions()
    array = vtk_to_numpy(image.GetPointData().GetArray(name))
    return array.reshape(nz, ny, nx, *array.shape[1:])


def test_the_whole_image_has_its_place_and_values(archive) -> None:
    source = idlat.vtk.IdlatSource(archive.path)
    source.Update()
    image = source.GetOutputDataObject(0)
    assert image.GetDimensions() == (30, 24, 20)
    assert image.GetOrigin() == (0.0, -1.0, 100.0)
    assert image.GetSpacing() == (2.0, 0.25, 10.0)
    np.testing.assert_array_equal(values_of(image, "p"), archive.decode("p", time=0).values)
    np.testing.assert_array_equal(
        values_of(image, "wind"), np.moveaxis(archive.decode("wind", time=0).values, 0, -1)
    )
    assert image.GetPointData().GetScalars().GetName() == "p"


def test_an_update_extent_and_a_time_decode_no_more(archive, decoded) -> None:
    source = idlat.vtk.IdlatSource(archive.path)
    source.GetDataArraySelection().AddArray("wind")
    source.UpdateInformation()
    about = source.GetOutputInformation(0)
    assert about.Get(Pipeline.WHOLE_EXTENT()) == (0, 29, 0, 23, 0, 19)
    assert [about.Get(Pipeline.TIME_STEPS(), i) for i in range(3)] == TIMES
    source.GetDataArraySelection().DisableArray("wind")
    source.UpdateTimeStep(3.9, -1, 1, 0, [4, 9, 10, 12, 3, 3])
    image = source.GetOutputDataObject(0)
    assert decoded == [("p", (1, 1, 3, 6))]
    assert image.GetExtent() == (4, 9, 10, 12, 3, 3)
    assert image.GetInformation().Get(image.DATA_TIME_STEP()) == 4.0
    found = archive.decode("p", time=2, z=slice(3, 4), y=slice(10, 13), x=slice(4, 10)).values
    np.testing.assert_array_equal(values_of(image, "p"), found)


def test_a_contour_is_that_of_the_decoded_field(archive, decoded) -> None:
    source, part, contour = idlat.vtk.IdlatSource(archive.path), vtkExtractVOI(), vtkFlyingEdges3D()
    part.SetInputConnection(source.GetOutputPort())
    part.SetVOI(0, 29, 0, 23, 0, 9)
    contour.SetInputConnection(part.GetOutputPort())
    contour.SetValue(0, 1.0)
    contour.SetInputArrayToProcess(0, 0, 0, 0, "p")
    contour.Update()
    points = vtk_to_numpy(contour.GetOutput().GetPoints().GetData())
    assert len(points) > 100
    assert points[:, 2].max() <= 100 + 9 * 10.0
    field = archive.decode("p", time=0, z=slice(0, 10)).values
    index = (points - (0.0, -1.0, 100.0)) / (2.0, 0.25, 10.0)
    on_surface = map_coordinates(field, index[:, ::-1].T, order=1)
    np.testing.assert_allclose(on_surface, 1.0, atol=2e-3)
    assert {shape[-3] for _, shape in decoded if shape[0] == 1} == {10}


def test_coarse_levels(archive) -> None:
    source = idlat.vtk.IdlatSource(archive.path, coarse=8)
    source.Update()
    image = source.GetOutputDataObject(0)
    means = archive.decode("p", time=0, coarse=8)
    assert image.GetDimensions() == (4, 3, 3)
    np.testing.assert_array_equal(values_of(image, "p"), means.values)
    assert image.GetOrigin() == pytest.approx([float(means[d][0]) for d in "xyz"])
    source.SetCoarse(0)
    source.Update()
    assert source.GetOutputDataObject(0).GetDimensions() == (30, 24, 20)


def test_what_is_no_longer_chosen_is_gone(archive) -> None:
    """VTK keeps the scalars of an image that is filled anew."""
    source = idlat.vtk.IdlatSource(archive.path)
    source.Update()
    source.GetDataArraySelection().DisableArray("p")
    source.SetCoarse(8)
    source.Update()
    points = source.GetOutputDataObject(0).GetPointData()
    assert [points.GetArrayName(i) for i in range(points.GetNumberOfArrays())] == ["wind"]
    source.GetDataArraySelection().EnableArray("p")
    source.Update()
    assert points.GetScalars().GetNumberOfTuples() == 4 * 3 * 3


def test_steps_that_a_simulation_adds_are_seen(tmp_path) -> None:
    like = xr.DataArray(np.zeros((8, 8, 8), "float32"), dims=("z", "y", "x"), name="p")
    writer = idlat.StreamWriter(tmp_path / "run.idlat", like, max_error=0.1)
    writer.append(0, like.values, time=0.0)
    source = idlat.vtk.IdlatSource(tmp_path / "run.idlat")
    assert source.GetTimestepValues() == [0.0]
    writer.append(1, like.values + 5, time=2.0)
    source.Modified()
    source.UpdateInformation()
    source.UpdateTimeStep(2.0)
    assert source.GetTimestepValues() == [0.0, 2.0]
    assert values_of(source.GetOutputDataObject(0), "p").max() == pytest.approx(5, abs=0.1)


def test_what_goes_wrong_is_said_as_vtk_does(tmp_path) -> None:
    former, window = vtkOutputWindow.GetInstance(), vtkStringOutputWindow()
    vtkOutputWindow.SetInstance(window)
    try:
        source = idlat.vtk.IdlatSource(tmp_path / "absent.idlat")
        source.Update()
        assert "absent.idlat does not exist" in source.GetErrorText()
        assert "idlat: " in window.GetOutput()
        assert source.GetTimestepValues() == []
    finally:
        vtkOutputWindow.SetInstance(former)


def decorators() -> tuple[ModuleType, list]:
    """Stand for ParaView's module of decorators, and note what they are told.

    As in ParaView, what is decorated, a class too, comes back wrapped in a function.
    """
    told: list = []

    def decorator(kind: str):
        def given(*xml, **options):
            if xml:
                options["xml"] = ET.fromstring(*xml)

            def decorate(what):
                told.append((kind, what.__name__, options))

                @functools.wraps(what)
                def wrapped(*args, **others):
                    return what(*args, **others)

                return wrapped

            return decorate

        return given

    def family(name: str, *kinds: str) -> SimpleNamespace:
        return SimpleNamespace(**{kind: decorator(f"{name}.{kind}") for kind in kinds})

    module = ModuleType("paraview.util.vtkAlgorithm")
    module.smproxy = family("smproxy", "reader")
    module.smproperty = family(
        "smproperty", "stringvector", "intvector", "doublevector", "dataarrayselection", "xml"
    )
    module.smdomain = family("smdomain", "filelist", "xml")
    module.smhint = family("smhint", "filechooser", "xml")
    return module, told


def load_plug_in(monkeypatch) -> tuple[ModuleType, list]:
    """Load the plug-in with stand-ins for the decorators; and what they were told."""
    stub, told = decorators()
    for name in ("paraview", "paraview.util"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, stub.__name__, stub)
    spec = importlib.util.spec_from_file_location("plugin", idlat.vtk.paraview_plugin())
    plugin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    return plugin, told


def test_the_plug_in_is_the_source_with_its_properties(archive, monkeypatch) -> None:
    plugin, told = load_plug_in(monkeypatch)
    reader = plugin.IdlatReader()
    reader.SetFileName(f"{archive.path}/zarr.json")
    reader.SetCoarse(8)
    reader.Update()
    assert reader.GetOutputDataObject(0).GetDimensions() == (4, 3, 3)
    assert reader.GetTimestepValues() == TIMES
    chosen = reader.GetDataArraySelection()
    assert [chosen.GetArrayName(i) for i in range(chosen.GetNumberOfArrays())] == ["p", "wind"]
    assert ("smproxy.reader", "IdlatReader") in [entry[:2] for entry in told]
    properties = {
        options.get("xml", options).get("name") for kind, _, options in told if "smproperty" in kind
    }
    assert properties == {"FileName", "Coarse", "Variables", "TimestepValues", "Refresh"}


def test_the_plug_in_has_the_name_and_the_reload_of_its_reader(monkeypatch) -> None:
    """Scripts know a reader by its label; ParaView reloads files by the property that a hint names."""
    _, told = load_plug_in(monkeypatch)
    (reader,) = [options for kind, _, options in told if kind == "smproxy.reader"]
    assert reader["label"].replace(" ", "") == "IdlatReader"
    (hint,) = [options["xml"] for kind, _, options in told if kind == "smhint.xml"]
    (refresh,) = [options["xml"] for kind, _, options in told if kind == "smproperty.xml"]
    assert hint.tag == "ReloadFiles"
    assert hint.get("property") == refresh.get("name")
    assert callable(getattr(idlat.vtk.IdlatSource, refresh.get("command")))


def test_by_pyvista(archive) -> None:
    """The lines in ``docs/formats.md``."""
    pyvista = pytest.importorskip("pyvista", reason="pyvista is not installed")
    source = idlat.vtk.IdlatSource(archive.path)
    source.Update()
    image = pyvista.wrap(source.GetOutputDataObject(0))
    np.testing.assert_array_equal(image["p"].reshape(SHAPE), archive.decode("p", time=0).values)
    assert image.contour([1.0], scalars="p").n_points > 100
