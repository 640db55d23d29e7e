"""Write the header of a NRRD file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from idlat.fields.files.file_checks import data_file_of
from idlat.fields.grid.grid_placement import Placement
from idlat.fields.images.image_field import image_axes, pack_time, spaced_times
from idlat.fields.images.nrrd_geometry import world_signs
from idlat.fields.metadata.header_attributes import write_attrs, write_value
from idlat.fields.metadata.omitted_metadata import PLACE, note_omitted

_NAMES = {
    "i1": "int8",
    "u1": "uint8",
    "i2": "int16",
    "u2": "uint16",
    "i4": "int32",
    "u4": "uint32",
    "i8": "int64",
    "u8": "uint64",
    "f4": "float",
    "f8": "double",
}
_KINDS = {"time": "time", "component": "vector"}


def nrrd_header(template: xr.DataArray, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """Give the header of a field of which `shape` and `dtype` describe the array in the file."""
    gzipped = bool(template.encoding.get("idlat_gzip"))
    axes = list(reversed(image_axes(template)))
    lines = [
        "NRRD0005",
        f"type: {_NAMES[dtype.str[1:]]}",
        f"dimension: {len(axes)}",
        *_space(template, axes),
        f"sizes: {' '.join(map(str, reversed(shape)))}",
        f"kinds: {' '.join(_KINDS.get(axis, 'domain') for axis in axes)}",
        f"endian: {'big' if dtype.str[0] == '>' else 'little'}",
        f"encoding: {'gzip' if gzipped else 'raw'}",
        f"content: {template.name or path.stem}",
    ]
    units = template.attrs.get("units")
    plain_units = isinstance(units, str) and units.strip() == units and units.isprintable() and units != ""
    if plain_units:
        lines.append(f"sample units: {units}")
    note_omitted(template, (*PLACE, "time"), attributes=True)
    attrs = {key: value for key, value in template.attrs.items() if key != "units" or not plain_units}
    pairs = write_attrs(attrs, r"[^\s:=#][^:=\n]*")
    fill = write_value(template.encoding.get("idlat_missing"))
    if fill not in (None, "null"):
        pairs["missing_value"] = str(fill)
    if (time := pack_time(template)) is not None:
        pairs["time"] = time
    lines += [f"{key}:={value}" for key, value in pairs.items()]
    if (data := data_file_of(path)) is not None:
        lines.append(f"data file: {data.name}")
    return "\n".join([*lines, "", ""]).encode()


def _space(template: xr.DataArray, axes: list[str]) -> list[str]:
    """Give the lines that place the grid in space; evenly spaced times are a fourth axis of it, as ITK's."""
    space = template.encoding.get("idlat_space")
    place = Placement.of(template).mirrored(world_signs(space))
    first, spacing = (0.0, 1.0) if space else spaced_times(template)
    with_time = (first, spacing) != (0.0, 1.0)
    if place.trivial and not with_time:
        return []
    rows = np.eye(4 if with_time else 3)
    rows[:3, :3] = np.reshape(place.direction, (3, 3)) * np.array(place.spacing)[:, None] + 0.0
    rows[3:, 3:] = spacing
    rank = len(rows) if "z" in axes or space else 2
    known = dict(zip(("x", "y", "z", "time"), rows[:, :rank].tolist(), strict=False))
    directions = [_vector(known[axis]) if axis in known else "none" for axis in axes]
    lines = [
        f"space: {space}" if space else f"space dimension: {rank}",
        f"space directions: {' '.join(directions)}",
        f"space origin: {_vector([*place.origin, *([first] if with_time else [])][:rank])}",
    ]
    units = template.coords["x"].attrs.get("units") if "x" in template.coords else None
    if isinstance(units, str) and units.isprintable() and '"' not in units:
        lines.append("space units: " + " ".join(([f'"{units}"'] * 3 + ['""'] * with_time)[:rank]))
    return lines


def _vector(values: list[float] | tuple[float, ...]) -> str:
    return "(" + ",".join(repr(float(value)) for value in values) + ")"
