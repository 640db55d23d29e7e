"""Importance of the explorer's field: the archive's own expression, or one that is typed in."""

from __future__ import annotations

import re
from collections.abc import Mapping

import xarray as xr

from idlat.archive import as_fields, maps_of
from idlat.errors import FieldError, ImportanceError
from idlat.explorer.data.dataset import Dataset
from idlat.fields import list_variables, open_field
from idlat.importance import Expression, ImportanceMap, ImportanceRequest, names_in, parse
from idlat.importance.families import FileMap

__all__ = ["map_of", "request_of", "safely_parsed", "stated_isovalue", "stated_map"]

_KEPT_BYTES = 4  # of a voxel of a map that stays in memory


def safely_parsed(text: str) -> Expression:
    """Parse an expression that comes from a page: it may not read files.

    Raises
    ------
    ImportanceError
        It is malformed, or names a file.

    Examples
    --------
    >>> print(safely_parsed("value>2"))
    value > 2.0
    >>> safely_parsed('file("/etc/passwd")')
    Traceback (most recent call last):
    idlat.errors.ImportanceError: importance file("/etc/passwd") reads a file, ...
    """
    expression = parse(text)
    if any(isinstance(node, FileMap) for node in expression.walk()):
        raise ImportanceError(
            f"importance {text[:80]} reads a file, which the explorer does not: "
            "name values, places or variables"
        )
    return expression


def map_of(dataset: Dataset, text: str, variable: str | None = None) -> ImportanceMap:
    """Return the map of an expression on the field, a step at a time; the latest ones are kept.

    Raises
    ------
    FieldError
        No field was given.
    ImportanceError
        The expression is malformed, names a file or an unknown variable, or does not fit the field.
    """
    if not dataset.has_field:
        raise FieldError("importance needs the field: start the explorer with it after the archive")
    request = request_of(dataset, text)
    reader = dataset.readers[dataset.record(variable).name]
    others = [other for other in dataset.readers.values() if other is not reader]
    beside = as_fields([other.field for other in others]) if others else []

    def make() -> ImportanceMap:
        maps, _ = maps_of(request, [reader], beside)
        return maps[0]

    size = reader.volume[0] * reader.volume[1] * reader.volume[2] * _KEPT_BYTES
    return dataset.cache.get(("map", str(request.importance), reader.name), make, lambda _: size)


def request_of(dataset: Dataset, text: str) -> ImportanceRequest:
    """Parse an expression, and open the variables that it names beside the archive's.

    Raises
    ------
    ImportanceError
        It is malformed, or names a file.
    """
    expression = safely_parsed(text)
    return ImportanceRequest(expression, _variables(dataset, str(expression)), resample=True)


def stated_map(dataset: Dataset, variable: str | None = None) -> ImportanceMap:
    """Return the map that the archive was written under, evaluated again.

    Raises
    ------
    ImportanceError
        It was no expression, or one that reads files.
    """
    if dataset.expression is None:
        raise ImportanceError("the archive was written under a map that is no expression: type one")
    return map_of(dataset, dataset.expression, variable)


def _variables(dataset: Dataset, text: str) -> Mapping[str, xr.DataArray]:
    """Open the variables beside the archive's that an expression names, where the field's file has them."""
    names = set(names_in(text)) - set(dataset.variables)
    if not names or not dataset.paths:
        return {}
    listed = list_variables(dataset.paths[0], format=dataset.how.get("format"))
    present = {name.rsplit("/", 1)[-1]: name for name in listed}
    return {
        name: open_field(dataset.paths, present[name], **dataset.how) for name in names if name in present
    }


def stated_isovalue(expression: str | None) -> float | None:
    """Return the isovalue that an importance expression is about, None where it is about none.

    Examples
    --------
    >>> stated_isovalue("0.2 + 0.8*isosurface(8.0, decay=0.2)"), stated_isovalue("value > 3")
    (8.0, None)
    """
    found = re.search(r"isosurface\(\s*(-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)", expression or "")
    return None if found is None else float(found[1])
