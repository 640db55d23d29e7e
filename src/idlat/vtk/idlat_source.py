"""A source of VTK: an archive as an image, of which a pipeline asks for a step and an extent.

::

    RequestInformation ─▶ whole extent, origin, spacing, direction, times
    RequestData ─▶ update extent, update time ─▶ their voxels, decoded ─▶ vtkImageData, an array a variable
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.util.vtkAlgorithm import VTKPythonAlgorithmBase
from vtkmodules.vtkCommonCore import vtkCommand, vtkDataArraySelection, vtkOutputWindow
from vtkmodules.vtkCommonDataModel import vtkDataObject, vtkImageData
from vtkmodules.vtkCommonExecutionModel import vtkAlgorithm, vtkStreamingDemandDrivenPipeline

from idlat.archive.read.archive import Archive
from idlat.archive.read.open_archive import open_archive
from idlat.archive.vtk.viewed_variable import ViewedVariable
from idlat.errors import IdlatError
from idlat.fields.grid.grid_placement import Placement
from idlat.fields.series.step_times import StepTimes

__all__ = ["IdlatSource"]


class IdlatSource(VTKPythonAlgorithmBase):
    """Reads an archive into a ``vtkImageData``, its voxels as points.

    Whole extent, update extents and time steps are VTK's; what a pipeline does not ask for is not decoded.
    Missing voxels are NaN, an infinity too; vectors are arrays of several components.

    Examples
    --------
    >>> import idlat
    >>> archive = idlat.compress(np.zeros((8, 9, 10), "float32"), "memory://examples/vtk.idlat")
    >>> source = IdlatSource("memory://examples/vtk.idlat")
    >>> source.UpdateExtent([0, 3, 2, 4, 0, 7])
    1
    >>> source.GetOutputDataObject(0).GetDimensions()
    (4, 3, 8)
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, coarse: int = 0) -> None:
        super().__init__(nInputPorts=0, nOutputPorts=1, outputType="vtkImageData")
        self._path = None if path is None else os.fspath(path)
        self._coarse = coarse
        self._chosen = vtkDataArraySelection()
        self._chosen.AddObserver(vtkCommand.ModifiedEvent, self._choice_changed)
        self._archive: Archive | None = None
        self._error, self._listing = "", False

    def _choice_changed(self, *_event: Any) -> None:
        if not self._listing:
            super().Modified()

    def SetFileName(self, path: str) -> None:
        """Set the archive: a folder, or its ``zarr.json`` or ``blocks.json``, a ``.zip``, or a URL."""
        if path != self._path:
            self._path = path
            self._chosen.RemoveAllArrays()
            self.Modified()

    def GetFileName(self) -> str | None:
        """Return the archive's path."""
        return self._path

    def SetCoarse(self, side: int) -> None:
        """Ask for the means of blocks of 8³, 16³ … voxels; 0 for voxels."""
        if side != self._coarse:
            self._coarse = side
            self.Modified()

    def GetCoarse(self) -> int:
        """Return the side of the blocks, 0 for voxels."""
        return self._coarse

    def GetDataArraySelection(self) -> vtkDataArraySelection:
        """Return which variables are decoded; all by default."""
        return self._chosen

    def GetTimestepValues(self) -> list[float]:
        """Return the times of the steps; none where the archive has no time."""
        try:
            return self._times()
        except IdlatError as error:
            self._say(error)
            return []

    def GetErrorText(self) -> str:
        """Return what went wrong at last; empty where nothing did."""
        return self._error

    def Modified(self) -> None:
        """Have the archive read again: a running simulation may have added steps."""
        if self._archive is not None:
            self._archive.close()
            self._archive = None
        super().Modified()

    def RequestInformation(self, request: Any, inputs: Any, outputs: Any) -> int:
        """Tell the pipeline the extent, place and times."""
        try:
            (viewed, *_), times = self._variables(), self._times()
            place = _place(viewed)
            nz, ny, nx = viewed.template.sizes["z"], viewed.template.sizes["y"], viewed.template.sizes["x"]
        except IdlatError as error:
            return self._say(error)
        about = outputs.GetInformationObject(0)
        pipeline = vtkStreamingDemandDrivenPipeline
        about.Set(pipeline.WHOLE_EXTENT(), (0, nx - 1, 0, ny - 1, 0, nz - 1), 6)
        about.Set(vtkDataObject.ORIGIN(), place.origin, 3)
        about.Set(vtkDataObject.SPACING(), place.spacing, 3)
        about.Set(vtkDataObject.DIRECTION(), _columns(place), 9)
        about.Set(vtkAlgorithm.CAN_PRODUCE_SUB_EXTENT(), 1)
        if times:
            about.Set(pipeline.TIME_STEPS(), times, len(times))
            about.Set(pipeline.TIME_RANGE(), (times[0], times[-1]), 2)
        else:
            about.Remove(pipeline.TIME_STEPS())
            about.Remove(pipeline.TIME_RANGE())
        return 1

    def RequestData(self, request: Any, inputs: Any, outputs: Any) -> int:
        """Decode what the pipeline asks for."""
        about = outputs.GetInformationObject(0)
        image = vtkImageData.GetData(about)
        pipeline = vtkStreamingDemandDrivenPipeline
        extent = about.Get(pipeline.UPDATE_EXTENT())
        try:
            times, step = self._times(), 0
            if times and about.Has(pipeline.UPDATE_TIME_STEP()):
                wanted = about.Get(pipeline.UPDATE_TIME_STEP())
                step = int(np.argmin(np.abs(np.array(times) - wanted)))
            self._fill(image, extent, step)
        except IdlatError as error:
            return self._say(error)
        if times:
            image.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), times[step])
        return 1

    def _fill(self, image: vtkImageData, extent: Sequence[int], step: int) -> None:
        """Decode an extent of a step into an image."""
        variables = self._variables()
        place = _place(variables[0])
        image.SetExtent(*extent)
        image.SetOrigin(*place.origin)
        image.SetSpacing(*place.spacing)
        image.SetDirectionMatrix(*_columns(place))
        x0, x1, y0, y1, z0, z1 = extent
        box = (slice(z0, z1 + 1), slice(y0, y1 + 1), slice(x0, x1 + 1))
        points = image.GetPointData()
        points.Initialize()  # VTK keeps the scalars of the run before
        for each in variables:
            if self._chosen.ArrayIsEnabled(each.stored.name):
                values = each.box(step, *box)
                array = numpy_to_vtk(_rows(values), deep=True)
                array.SetName(each.stored.name)
                points.AddArray(array)
                if points.GetScalars() is None and array.GetNumberOfComponents() == 1:
                    points.SetActiveScalars(each.stored.name)

    def _variables(self) -> list[ViewedVariable]:
        """Return the archive's variables as they are seen."""
        if self._path is None:
            raise IdlatError("no archive was named: SetFileName first")
        if self._archive is None:
            document = Path(self._path)
            folder = document.name in ("zarr.json", "blocks.json") and document.is_file()
            self._archive = open_archive(document.parent if folder else self._path)
            self._listing = True
            for name in self._archive.variables:
                if not self._chosen.ArrayExists(name):
                    self._chosen.AddArray(name)
            self._listing = False
        chosen = [each for each in self._archive.values() if self._chosen.ArrayIsEnabled(each.name)]
        stored = chosen or list(self._archive.values())
        if len({each.selection.variable.volume for each in stored}) > 1:
            names = ", ".join(each.name for each in stored)
            raise IdlatError(f"{names} lie on several grids: choose the variables of one")
        return [ViewedVariable(each, self._coarse or None) for each in stored]

    def _times(self) -> list[float]:
        template = self._variables()[0].template
        return list(StepTimes.of(template).values) if "time" in template.dims else []

    def _say(self, error: IdlatError) -> int:
        """Report what went wrong as VTK does; a pipeline goes on with nothing."""
        self._error = str(error)
        vtkOutputWindow.GetInstance().DisplayErrorText(f"idlat: {error}\n")
        return 0


def _place(viewed: ViewedVariable) -> Placement:
    """Return where the points lie: the voxels, or the middles of blocks; the last may be cut short."""
    voxels, side = Placement.of(viewed.stored.template).upright(), viewed.coarse or 1
    first = voxels.at([(side - 1) / 2] * 3)
    return replace(first, spacing=tuple(side * step for step in voxels.spacing))


def _columns(place: Placement) -> list[float]:
    """Return a direction as VTK has it, the unit vectors in columns."""
    columns: list[float] = np.reshape(place.direction, (3, 3)).T.reshape(-1).tolist()
    return columns


def _rows(values: NDArray[Any]) -> NDArray[Any]:
    """Return values (z, y, x), perhaps with components last, as VTK's points or tuples."""
    rows = values.reshape(-1, *values.shape[3:])
    return np.ascontiguousarray(rows)
