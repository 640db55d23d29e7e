"""Read VTK collections (``.pvd``): grids in files of their own, the steps of a series."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from idlat.errors import FieldError
from idlat.fields.files.file_checks import data_file_named
from idlat.fields.files.format_registry import recognise
from idlat.fields.series.join_steps import join_series
from idlat.fields.vtk.read_pvti import open_pvti, pvti_variables
from idlat.fields.vtk.read_vti import open_vti, vti_variables
from idlat.fields.vtk.vtk_xml import read_elements

_MAX_STEPS = 100_000
_READERS = {
    "vti": (open_vti, vti_variables),
    "vtr": (open_vti, vti_variables),
    "pvti": (open_pvti, pvti_variables),
    "pvtr": (open_pvti, pvti_variables),
}


def open_pvd(path: Path, variable: str | None, axes: Sequence[str] | None = None) -> xr.DataArray:
    """Open one array of the files of a collection, lazily, with the collection's times.

    Raises
    ------
    FieldError
        If the file or one that it names is absent or damaged, a time has several files, or the steps do not
        fit together.
    """
    steps = _steps(path)
    fields = []
    for time, file in steps:
        opener, _ = _READERS[recognise(file)]
        field = opener(file, variable, axes, lazy=True)
        timed = field if axes is not None else field.assign_coords(time=time)
        timed.encoding = {**field.encoding, "idlat_format": "pvd"}
        fields.append(timed)
    return fields[0] if len(fields) == 1 else join_series([file for _, file in steps], fields)


def pvd_variables(path: Path) -> list[str]:
    """List the arrays of the first file of a collection."""
    _, file = _steps(path)[0]
    return _READERS[recognise(file)][1](file)


def _steps(path: Path) -> list[tuple[float, Path]]:
    """List the files of a collection with their times, in the order of those."""
    sets = [element.attrs for element in read_elements(path, ("Collection",)) if element.tag == "DataSet"]
    if not sets or len(sets) > _MAX_STEPS:
        raise FieldError(f"{path}: names {len(sets)} files: expected 1 to {_MAX_STEPS}")
    steps = sorted(
        ((_time(attrs.get("timestep", "0"), path), attrs.get("file", "")) for attrs in sets),
        key=lambda step: step[0],
    )
    for (time, name), (following, other) in itertools.pairwise(steps):
        if time == following:
            raise FieldError(
                f"{path}: has several files at time {time:g}, such as {name!r} and {other!r}: open one of "
                "them, or write their parts as one .pvti"
            )
    files = [(time, data_file_named(path, name)) for time, name in steps]
    for _, file in files:
        if (kind := recognise(file)) not in _READERS:
            raise FieldError(f"{path}: names {file.name}, which is {kind}: expected {', '.join(_READERS)}")
    return files


def _time(text: str, path: Path) -> float:
    try:
        time = float(text)
    except ValueError:
        time = math.nan
    if not math.isfinite(time):
        raise FieldError(f"{path}: its timestep {text!r} is damaged: expected a number")
    return time
