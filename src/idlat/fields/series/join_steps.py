"""Join the fields of several files as the steps of one series, where they agree."""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from idlat.errors import FieldError, Remark
from idlat.fields.arrays.missing_values import fill_values_of
from idlat.fields.cf.cf_packing import common_encoding
from idlat.fields.files.file_checks import stem_of
from idlat.fields.files.locate_files import FieldPath
from idlat.fields.grid.align_grids import check_units, on_grid_of, same_places, units_agree
from idlat.fields.grid.canonical_axes import SPACE
from idlat.fields.grid.ensemble_members import MEMORY, check_members
from idlat.fields.metadata.omission_remarks import remarks_on
from idlat.fields.metadata.related_variables import KEY
from idlat.fields.series.join_related_variables import join_related_variables

__all__ = ["check_times", "join_series"]

_UNNAMED = frozenset(("npy", "raw", "raw.gz", "fortran", "nrrd", "metaimage", "vtk"))  # or named by a note
_STEP_MARK = r"([_.\-]+(time|step|ts|t|m)?[_.\-]*\d*|\d+)$"
_DECODED = frozenset(("netcdf3", "netcdf4", "hdf5", "zarr2", "zarr3"))


def join_series(files: Sequence[FieldPath], fields: Sequence[xr.DataArray]) -> xr.DataArray:
    """Stack fields along time, lazily.

    The steps lie on the grid of the first; axes that run the other way are turned. What a file says of its
    packing is kept where all say the same. Coordinates that change from file to file get the axis time. A
    remark tells of two steps with the same time, as of a file that was given twice.

    Raises
    ------
    FieldError
        If the fields differ in name, shape, dtype, grid, unit, calendar, coordinates or the integer that
        marks missing values.
    """
    first = fields[0]
    steps = []
    for file, field in zip(files, fields, strict=True):
        where, other = str(file), str(files[0])
        _check_name(field, first, where, other)
        _check_kind(field, first, where, other)
        check_members(first, field, where)
        turned = on_grid_of(field, first, where, other)
        check_units(turned, first, where, other)
        check_times(turned, first, where, other)
        _check_fill_values(turned, first, where, other)
        _check_coordinates(turned, first, where, other)
        steps.append(_with_time(turned))
    name = _series_name(files) if len({field.name for field in fields}) > 1 else first.name
    joined = xr.concat(
        [step.rename(name) for step in _with_own_coordinates(steps)],
        dim="time",
        coords="minimal",
        compat="override",
        join="override",
        combine_attrs="override",
    )
    joined.encoding = common_encoding([field.encoding for field in fields], first.dtype)
    if "time" not in first.dims:
        joined.encoding["idlat_dims"] = ["time", *first.encoding["idlat_dims"]]
    joined.encoding.pop("chunksizes", None)
    joined.encoding.pop(KEY, None)
    with remarks_on(str(files[0]), "idlat cannot carry it"):
        related = join_related_variables(steps)
    joined.encoding |= {KEY: related} if related else {}
    _note_repeated_time(files, steps)
    return joined


def _with_time(step: xr.DataArray) -> xr.DataArray:
    """Give a field the axis time."""
    if "time" in step.dims:
        return step
    timed = step.expand_dims("time")
    timed.encoding = step.encoding
    return timed


def _note_repeated_time(files: Sequence[FieldPath], steps: Sequence[xr.DataArray]) -> None:
    """Remark on the first two steps of the same time; members of an ensemble share theirs."""
    if any("time" not in step.coords or MEMORY in step.encoding for step in steps):
        return
    seen: dict[Any, FieldPath] = {}
    for file, step in zip(files, steps, strict=True):
        for time in np.ravel(step["time"].values):
            if (other := seen.setdefault(time, file)) is not file:
                warnings.warn(
                    f"{file}: its time {time} is also that of a step of {other}: both are kept, as two steps",
                    Remark,
                    stacklevel=4,
                )
                return


def check_times(field: xr.DataArray, like: xr.DataArray, where: str, other: str) -> None:
    """Refuse times that count otherwise than `like`'s: dates and numbers, other calendars, other units.

    Raises
    ------
    FieldError
        If the times of the two cannot follow one another.
    """
    if "time" not in field.coords or "time" not in like.coords:
        return
    one, two = field["time"], like["time"]
    said = [(_clock(time), *(time.attrs.get(key) for key in ("units", "calendar"))) for time in (one, two)]
    if said[0][0] != said[1][0] or not units_agree(said[0][1], said[1][1]) or said[0][2] != said[1][2]:
        shown = [" ".join(str(part) for part in parts if part is not None) for parts in said]
        raise FieldError(
            f"{where}: its time is given in {shown[0]}, that of {other} in {shown[1]}: "
            "write both in one calendar and unit first"
        )


def _clock(time: xr.DataArray) -> str:
    """Name what times are: numbers, dates, durations, or the dates of another calendar."""
    if time.dtype.kind != "O":
        return {"M": "dates", "m": "durations"}.get(time.dtype.kind, "numbers")
    value = np.ravel(time.values)[0] if time.size else None
    return f"dates of the calendar {getattr(value, 'calendar', 'unknown')}"


def _check_name(field: xr.DataArray, first: xr.DataArray, where: str, other: str) -> None:
    """Refuse another variable, where the files name theirs; its group and a step mark may differ."""
    if any(one.encoding.get("idlat_format") in _UNNAMED for one in (field, first)):
        return
    names = [re.sub(_STEP_MARK, "", str(one.name).rpartition("/")[2]) for one in (field, first)]
    if names[0] != names[1]:
        raise FieldError(
            f"{where}: its variable is {field.name!r}, that of {other} is {first.name!r}: the steps of a "
            "series are of one variable"
        )


def _check_kind(field: xr.DataArray, first: xr.DataArray, where: str, other: str) -> None:
    kinds = [
        (one.shape[-3:], one.sizes.get("component", 1), one.dtype, "component" in one.dims)
        for one in (field, first)
    ]
    if kinds[0] == kinds[1]:
        return
    shown = [
        f"{shape} {dtype}" + (f" with {components} components" if vector else "")
        for shape, components, dtype, vector in kinds
    ]
    raise FieldError(
        f"{where}: its step is {shown[0]}, that of {other} is {shown[1]}: the steps of a series must agree"
    )


def _check_fill_values(field: xr.DataArray, first: xr.DataArray, where: str, other: str) -> None:
    """Refuse other marks of missing values, where they stand in the field as they are in the file."""
    if field.dtype.kind == "f" and field.encoding.get("idlat_format") in _DECODED:
        return  # they are NaN
    marks = [sorted(set(fill_values_of(one))) for one in (field, first)]
    if marks[0] != marks[1]:
        shown = [", ".join(f"{mark:g}" for mark in some) or "nothing" for some in marks]
        raise FieldError(
            f"{where}: marks missing values by {shown[0]}, {other} by {shown[1]}: the steps of a series must "
            "mark them alike"
        )


def _check_coordinates(field: xr.DataArray, first: xr.DataArray, where: str, other: str) -> None:
    """Refuse a step that lacks a coordinate that the first has, or the reverse."""
    odd = sorted(set(map(str, field.coords)) ^ set(map(str, first.coords)))
    if odd:
        names = field.encoding.get("idlat_names", {}) | first.encoding.get("idlat_names", {})
        has = where if odd[0] in field.coords else other
        raise FieldError(
            f"{where}: only one of it and {other} has the coordinate {names.get(odd[0], odd[0])!r} ({has}): "
            "the steps of a series must agree"
        )


def _with_own_coordinates(steps: Sequence[xr.DataArray]) -> list[xr.DataArray]:
    """Give every step the axis time on those coordinates that change from step to step."""
    first = steps[0]
    changing = [
        name
        for name, coordinate in first.coords.items()
        if name not in (*SPACE, "time", "component") and _changes(coordinate, [s.coords[name] for s in steps])
    ]
    return [step.assign_coords(_along_time(step, changing)) for step in steps]


def _changes(coordinate: xr.DataArray, others: Sequence[xr.DataArray]) -> bool:
    return any(
        other.dims != coordinate.dims or not same_places(other.values, coordinate.values) for other in others
    ) and any("time" not in other.dims for other in others)


def _along_time(step: xr.DataArray, names: Sequence[Any]) -> Mapping[Any, xr.Variable]:
    count = step.sizes["time"]
    return {
        name: step.coords[name].variable.set_dims({"time": count, **step.coords[name].sizes})
        for name in names
        if "time" not in step.coords[name].dims
    }


def _series_name(files: Sequence[FieldPath]) -> str:
    """Name a series by what its files' names share, without a trailing step mark.

    Examples
    --------
    >>> _series_name(["wind_t30.npy", "wind_t31.npy"])
    'wind'
    """
    stems = [stem_of(file) for file in files]
    shared = re.sub(_STEP_MARK, "", _common_prefix(stems))
    return shared or stems[0]


def _common_prefix(texts: Sequence[str]) -> str:
    columns = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))
    return "".join(letters[0] for letters in columns)
