"""ParaView itself opens archives by the plug-in, and what ``idlat export`` writes, where it is installed."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import Remark

PVPYTHON = shutil.which("pvpython")
pytestmark = pytest.mark.skipif(PVPYTHON is None, reason="no pvpython: apt-get install paraview")

TIMES = [0.5, 1.0, 4.0]
VERSION = "import sys; print(*sys.version_info[:2], sep='.')"
SESSION = """
import json, os, sys
from paraview.simple import *

plugin, folder, out = sys.argv[1:]
os.chdir(folder)
LoadPlugin(plugin, ns=globals())
seen = {}

def see(name, source, time):
    source.UpdatePipeline(time)
    about, points = source.GetDataInformation(), source.PointData
    arrays = {key: [array.GetNumberOfComponents(), *array.GetRange(0)] for key, array in points.items()}
    seen[name] = [list(about.GetExtent()), list(about.GetBounds()), arrays]

reader = OpenDataFile(folder + "/run.idlat/zarr.json")
seen["class"], seen["times"] = type(reader).__name__, list(reader.TimestepValues)
see("voxels", reader, 4.0)
contour = Contour(Input=reader, ContourBy=["POINTS", "p"], Isosurfaces=[1.0])
contour.UpdatePipeline(4.0)
seen["contour"] = contour.GetDataInformation().GetNumberOfPoints()
reader.Variables = ["wind"]
see("chosen", reader, 4.0)
reader.Coarse = 8
see("means", reader, 0.5)

series = OpenDataFile(folder + "/vti/run.pvd")
seen["times of the series"] = list(series.TimestepValues)
see("series", series, 4.0)
see("vtkhdf", VTKHDFReader(FileName=folder + "/run.hdf"), 4.0)

growing = IdlatReader(FileName="growing.idlat/zarr.json")
growing.UpdatePipeline()
os.rename("growing.idlat", "before.idlat")
os.rename("run.idlat", "growing.idlat")
ReloadFiles(growing)
seen["times after reloading"] = list(growing.TimestepValues)
json.dump(seen, open(out, "w"))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Let ParaView's Python find idlat and what it needs, but no second VTK."""
    said = subprocess.run([PVPYTHON, "-c", VERSION], capture_output=True, text=True, check=True)
    ours = "{}.{}".format(*sys.version_info)
    if said.stdout.strip() != ours:
        pytest.skip(f"ParaView has Python {said.stdout.strip()}, not {ours}")
    packages = tmp_path_factory.mktemp("packages")
    (packages / "idlat").symlink_to(Path(idlat.__file__).parent)
    for package in Path(np.__file__).parents[1].iterdir():
        if not package.name.startswith(("vtk", "idlat")):
            (packages / package.name).symlink_to(package)
    if not hasattr(inspect, "getargspec"):  # ParaView 5.11 asks for it
        mended = "import inspect\n\ninspect.getargspec = inspect.getfullargspec\n"
        (packages / "sitecustomize.py").write_text(mended)
    return {**os.environ, "PYTHONPATH": str(packages)}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> idlat.Archive:
    """Two variables of three steps; beside them one step alone, and what is exported."""
    z, y, x = np.meshgrid(*[np.linspace(0, 3, n) for n in (20, 24, 30)], indexing="ij")
    values = np.stack([np.sin(x + t) + np.cos(y) * z for t in range(3)]).astype("float32")
    wind = np.stack([values * (c + 1) for c in range(3)], axis=1)
    places = {"z": 100 + 10.0 * np.arange(20), "y": -1 + 0.25 * np.arange(24), "x": 2.0 * np.arange(30)}
    coords = {"time": TIMES, **places}
    p = xr.DataArray(values, coords, ("time", "z", "y", "x"), "p")
    fields = [p, xr.DataArray(wind, coords, ("time", "component", "z", "y", "x"), "wind")]
    folder = tmp_path_factory.mktemp("made")
    idlat.compress(p[:1], folder / "growing.idlat")
    made = idlat.compress(fields, folder / "run.idlat", quality=70)
    idlat.export(made, folder / "vti")
    with pytest.warns(Remark, match="coordinates time"):
        idlat.export(made, folder / "one", "vtkhdf", time=2)
    (folder / "one/run.vtkhdf").rename(folder / "run.hdf")  # as ParaView 5.11 names such files
    return made


def arrays_of(archive: idlat.Archive, names: str, **part: int) -> dict[str, list[Any]]:
    """Count the components, and find the least and the largest value of the first."""
    found = {}
    for name in names.split():
        values = archive.decode(name, **part).values
        firsts = values if values.ndim == 3 else values[0]
        found[name] = [values.size // firsts.size, float(firsts.min()), float(firsts.max())]
    return found


def test_paraview_sees_what_is_decoded(archive, environment, tmp_path) -> None:
    last, coarse = arrays_of(archive, "p wind", time=2), arrays_of(archive, "wind", time=0, coarse=8)
    script, out, folder = tmp_path / "session.py", tmp_path / "seen.json", Path(archive.path).parent
    script.write_text(SESSION)
    command = [PVPYTHON, script, idlat.vtk.paraview_plugin(), folder, out]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert "ERR|" not in run.stderr
    assert "WARN|" not in run.stderr
    seen = json.loads(out.read_text())
    assert seen["class"] == "IdlatReader"
    assert seen["times"] == seen["times of the series"] == seen["times after reloading"] == TIMES
    assert seen["contour"] > 100
    extent, bounds = [0, 29, 0, 23, 0, 19], pytest.approx([0, 58, -1, 4.75, 100, 290])
    assert seen["voxels"] == seen["series"] == seen["vtkhdf"] == [extent, bounds, last]
    assert seen["chosen"] == [extent, bounds, {"wind": last["wind"]}]
    assert seen["means"][::2] == [[0, 3, 0, 2, 0, 2], coarse]
