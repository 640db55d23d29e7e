"""The variables that a variable's CF attributes name: they travel with it.

Coordinates, bounds, terms of a vertical coordinate, grid mappings, measures of cells and ancillary variables.
Those on the field's own axes are coordinates of the field, as with xarray's ``decode_coords="all"``. Others,
such as bounds with their axis of edges, no DataArray can hold: ``encoding["idlat_companions"]`` has them, by
name, on the field's axes and their own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from idlat.fields.metadata.coordinate_values import joined_characters
from idlat.fields.metadata.omission_remarks import leave_out

KEY = "idlat_companions"

_LISTS = (
    *("coordinates", "bounds", "climatology", "ancillary_variables", "geometry"),
    *("node_coordinates", "node_count", "part_node_count", "interior_ring"),
)
_TAKEN = {"time", "component", "z", "y", "x"}
_PAIRS = ("cell_measures", "formula_terms")

RelatedVariables = dict[str, xr.Variable]


def related_names(attrs: Mapping[Any, Any], *, coordinates: bool = True) -> list[str]:
    """List the variables that attributes name.

    Parameters
    ----------
    attrs
        Of a variable.
    coordinates
        Whether to list those of ``coordinates``, too.

    Examples
    --------
    >>> related_names({"formula_terms": "a: a_mid ps: ps", "grid_mapping": "crs: x y", "units": "m"})
    ['crs', 'x', 'y', 'a_mid', 'ps']
    """

    def words(key: str) -> list[str]:
        return attrs[key].split() if isinstance(attrs.get(key), str) else []

    lists = _LISTS if coordinates else _LISTS[1:]
    names = [word for key in lists for word in words(key)]
    names += [word.rstrip(":") for word in words("grid_mapping")]
    names += [word for key in _PAIRS for word in words(key) if not word.endswith(":")]
    return list(dict.fromkeys(names))


def find_related(var: xr.Variable, lookup: Callable[[str], xr.Variable | None]) -> RelatedVariables:
    """Find what a variable names, and what those name in turn.

    Parameters
    ----------
    var
        As its file has it, with its attributes.
    lookup
        Gives a variable of the file by its name, or None.

    Returns
    -------
    dict
        The variables whose sizes fit, as stored but for texts kept as characters. An ancillary variable on
        all axes of the field is a field of its own: it is left out with a remark.
    """
    found: RelatedVariables = {}
    sizes = dict(var.sizes.items())
    queue = [*map(str, var.dims), *related_names(var.attrs)]
    if var.dims and str(var.dims[0]) == "Time":
        queue.append("Times")  # WRF's times, which no attribute names
    ancillary = set(str(var.attrs.get("ancillary_variables", "")).split())
    for name in queue:
        if name in found or (other := lookup(name)) is None or other is var:
            continue
        other = joined_characters(other, var.dims)
        if name in ancillary and set(var.dims) <= set(other.dims):
            leave_out(f"ancillary variable {name!r}, which is a field of its own: compress it as one")
        elif _fits(name, other, sizes):
            found[name] = other
            sizes |= dict(other.sizes.items())
            queue += related_names(other.attrs)
    return found


def _fits(name: str, var: xr.Variable, sizes: Mapping[Hashable, int]) -> bool:
    if var.dtype.kind not in "biufcSUOmM":
        leave_out(f"variable {name!r}, which is neither number nor text")
        return False
    return 0 not in var.shape and all(sizes.get(dim, size) == size for dim, size in var.sizes.items())


def unnamed_of(var: xr.Variable, found: RelatedVariables) -> set[str]:
    """List what :func:`gather` found that no attribute names: no coordinates of the variable."""
    named = {*map(str, var.dims), *related_names(var.attrs)}
    for other in found.values():
        named |= set(related_names(other.attrs))
    return set(found) - named


def split_related(ds: xr.Dataset, name: str, unnamed: set[str]) -> tuple[xr.DataArray, RelatedVariables]:
    """Give one variable of a dataset with its coordinates, and the others that it cannot hold."""
    others = [other for other in ds.variables if other != name]
    field = ds.set_coords(others)[name].drop_vars(unnamed)
    return field, {str(other): ds.variables[other] for other in others if other not in field.coords}


def related_variables_of(field: xr.DataArray) -> RelatedVariables:
    """Give a field's related variables on other axes that still fit it; those that do not, leave out."""
    found: RelatedVariables = {}
    for name, var in field.encoding.get(KEY, {}).items():
        if all(field.sizes.get(dim, size) == size for dim, size in var.sizes.items()):
            found[name] = var
        else:
            leave_out(f"variable {name!r}, as the field was cut after it was read")
    return found


def isel_with_related(field: xr.DataArray, indexers: Mapping[Any, Any]) -> xr.DataArray:
    """Take a part of a field by index, with its ``encoding`` and its related variables."""
    part = field.isel(indexers)
    part.encoding = dict(field.encoding)
    if KEY in part.encoding:
        part.encoding[KEY] = {
            name: var.isel({dim: index for dim, index in indexers.items() if dim in var.dims})
            for name, var in part.encoding[KEY].items()
        }
    return part


def on_axes(related: RelatedVariables, axes: Mapping[str, str]) -> tuple[RelatedVariables, dict[str, str]]:
    """Rename axes of related variables to the field's; a name that the field takes gets an underscore.

    Parameters
    ----------
    related
    axes
        The field's name of each axis of the file that it keeps.

    Returns
    -------
    dict, dict
        The related variables, and the old name of each name that was in the way.
    """
    own = {str(dim) for var in related.values() for dim in var.dims} - set(axes)
    moved = {name: f"{name}_" for name in (own | set(related)) & _TAKEN}
    found = {moved.get(name, name): var for name, var in related.items()}
    return renamed_axes(found, {**moved, **axes}), {new: old for old, new in moved.items()}


def renamed_axes(related: RelatedVariables, names: Mapping[str, str]) -> RelatedVariables:
    """Rename axes of related variables; axes that `names` has not keep theirs."""
    return {
        name: xr.Variable([names.get(str(dim), dim) for dim in var.dims], var._data, var.attrs, var.encoding)
        for name, var in related.items()
    }


def labels_of(field: xr.DataArray) -> dict[str, xr.Variable]:
    """Give a field's coordinates and related variables, by name."""
    coordinates = {str(name): coord.variable for name, coord in field.coords.items()}
    return dict(sorted({**related_variables_of(field), **coordinates}.items()))


def load_small(var: xr.Variable, limit: int = 2**20) -> xr.Variable:
    """Read a variable into memory where it is small."""
    return var.load() if var.size * np.dtype(var.dtype).itemsize <= limit else var
