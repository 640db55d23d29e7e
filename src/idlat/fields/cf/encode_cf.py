"""Encode a field's coordinates, related variables and attributes for NetCDF, HDF5 and Zarr.

Everything is encoded by the CF conventions and on the axes of the file, before any format looks at it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from idlat.fields.arrays.missing_values import in_dtype
from idlat.fields.cf.cf_packing import Packing
from idlat.fields.cf.tolerant_decoding import odd_attrs
from idlat.fields.grid.canonical_axes import to_original
from idlat.fields.metadata.coordinate_values import is_dates, plain_labels
from idlat.fields.metadata.omission_remarks import leave_out
from idlat.fields.metadata.related_variables import (
    RelatedVariables,
    related_names,
    related_variables_of,
    renamed_axes,
)

_ENCODING = frozenset(
    "dtype units calendar scale_factor add_offset _FillValue missing_value _Unsigned _Encoding "
    "char_dim_name idlat_characters chunksizes zlib complevel shuffle".split()
)
_HOW_STORED = frozenset(
    "char_dim_name _Encoding idlat_characters idlat_inherits chunksizes zlib complevel shuffle".split()
)


@dataclass(frozen=True)
class FileTemplate:
    """A field on the axes of its file, without values, and its encoded coordinates and attributes.

    Attributes
    ----------
    field
        On the axes of the file; its values take no memory.
    variables
        Coordinates and related variables, encoded: numbers, or texts.
    attrs
        Of the file.
    unlimited
        Dimensions without a fixed length.
    """

    field: xr.DataArray
    variables: dict[str, xr.Variable]
    attrs: dict[str, Any]
    unlimited: set[str]


def file_template(template: xr.DataArray) -> FileTemplate:
    """Give the frame of a field; a coordinate that CF cannot express is left out with a remark."""
    hollow = template.copy(data=np.broadcast_to(np.zeros((), template.dtype), template.shape))
    hollow.encoding = template.encoding
    field = to_original(hollow)
    found = {str(name): coord.variable for name, coord in field.coords.items()}
    names = template.encoding.get("idlat_names", {})
    others = _fitting(renamed_axes(related_variables_of(template), names), field)
    variables = {**{names.get(name, name): var for name, var in others.items()}, **found}
    return FileTemplate(
        field,
        encoded(variables),
        dict(field.encoding.get("idlat_global_attrs", {})),
        {dim for dim in field.encoding.get("unlimited_dims", ()) if dim in field.dims},
    )


def _fitting(related: RelatedVariables, field: xr.DataArray) -> RelatedVariables:
    """Give the related variables that have the field's lengths along its axes."""
    fits = {
        name: all(field.sizes.get(dim, size) == size for dim, size in var.sizes.items())
        for name, var in related.items()
    }
    for name in related:
        if not fits[name]:
            leave_out(f"variable {name!r}, which has another length than the field")
    return {name: var for name, var in related.items() if fits[name]}


def encoded(variables: Mapping[str, xr.Variable]) -> dict[str, xr.Variable]:
    """Encode coordinates by the CF conventions; times and their bounds in one unit."""
    plain: dict[str, xr.Variable] = {}
    for name, var in variables.items():
        label = plain_labels(var)
        if label is None:
            leave_out(f"coordinate {name!r}, whose values are neither numbers nor texts")
            continue
        encoding = {key: value for key, value in var.encoding.items() if key in _ENCODING}
        plain[name] = xr.Variable(label.dims, label._data, _readable(label.attrs, name), encoding)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # times that the first file's units do not divide evenly
        _share_units(plain)
        done = {name: _encode(name, var) for name, var in plain.items()}
    return {name: var for name, var in done.items() if var is not None}


def _share_units(variables: dict[str, xr.Variable]) -> None:
    """Give the bounds of a time the time's own units, which they have no attributes to say."""
    for var in variables.values():
        bounds = variables.get(str(var.attrs.get("bounds", var.attrs.get("climatology"))))
        if bounds is None or not (var.dtype.kind == "M" or is_dates(var)):
            continue
        if "units" not in var.encoding:
            coded = _encode("time", var)
            known = {} if coded is None else coded.attrs
            var.encoding |= {key: known[key] for key in ("units", "calendar") if key in known}
        bounds.encoding |= {key: var.encoding[key] for key in ("units", "calendar") if key in var.encoding}
        bounds.encoding["idlat_inherits"] = True


def _encode(name: str, var: xr.Variable) -> xr.Variable | None:
    own = {key: value for key, value in var.encoding.items() if key in _HOW_STORED}
    rest = {key: value for key, value in var.encoding.items() if key not in own}
    if var.dtype.kind == "U":
        return xr.Variable(var.dims, var._data, var.attrs, own)
    taken = {"units": None, "calendar": None, "_FillValue": None, "dtype": None}
    for encoding, free in ((rest, rest), ({}, {}), ({}, taken)):  # {}: as the file's own cannot express them
        bare = xr.Variable(var.dims, var._data, _free(var.attrs, free), dict(encoding))
        if "_FillValue" in bare.encoding:
            bare.encoding.pop("missing_value", None)  # xarray refuses two that differ
        elif var.dtype.kind == "f" or not _has_gaps(var):
            bare.encoding["_FillValue"] = None
        try:
            result = xr.conventions.encode_cf_variable(bare, name=name)
        except (ValueError, TypeError, OverflowError, AttributeError):
            continue
        attrs = {key: value for key, value in result.attrs.items() if value is not None or key in var.attrs}
        if own.get("idlat_inherits"):
            attrs = {key: value for key, value in attrs.items() if key not in ("units", "calendar")}
        return xr.Variable(result.dims, result._data, attrs, own)
    leave_out(f"coordinate {name!r}, which the CF conventions cannot express")
    return None


def _readable(attrs: Mapping[Any, Any], owner: str) -> dict[Any, Any]:
    """Give attributes without those by which a program that decodes by CF would stumble."""
    odd = set(odd_attrs(attrs)) - {"units", "calendar"}
    for key in odd:
        leave_out(f"attribute {key!r} of {owner}, which is not what CF says")
    return {key: value for key, value in attrs.items() if key not in odd}


def _has_gaps(var: xr.Variable) -> bool:
    """Whether times are missing, which only a fill value can say."""
    return var.dtype.kind in "mM" and bool(np.isnat(np.asarray(var.values)).any())


def _free(attrs: Mapping[Any, Any], taken: Mapping[str, Any]) -> dict[Any, Any]:
    """Give attributes without those that encoding writes."""
    return {key: value for key, value in attrs.items() if key not in taken}


def field_attributes(frame: FileTemplate, packing: Packing) -> dict[str, Any]:
    """Give the variable's attributes, packing and coordinates included."""
    field = frame.field
    attrs = _readable(field.attrs, str(field.name))
    named = in_dtype(field.encoding.get("idlat_missing", np.nan), packing.stored)
    if named is not None and np.isfinite(named) and packing.fill is None and packing.unscaled:
        attrs["missing_value"] = named  # what the user declared missing is so in the file
    extra = _listed(frame)
    return {**attrs, **packing.attrs, **({"coordinates": extra} if extra else {})}


def _listed(frame: FileTemplate) -> str:
    """List the coordinates that are no dimensions: those the file lists, and those no attribute names."""
    field, known = frame.field, frame.field.encoding.get("coordinates")
    listed = known.split() if isinstance(known, str) else []
    named = set(related_names(field.attrs, coordinates=False))
    for var in frame.variables.values():
        named |= set(related_names(var.attrs, coordinates=False))
    others = [str(name) for name in field.coords if name not in field.dims and name in frame.variables]
    kept = [name for name in listed if name in frame.variables]
    return " ".join([*kept, *(name for name in others if name not in kept and name not in named)])
