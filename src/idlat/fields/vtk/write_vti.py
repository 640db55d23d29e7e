"""Write the XML of a VTK image, before and after its appended values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import xarray as xr

from idlat.fields.grid.grid_placement import Placement
from idlat.fields.images.image_field import pack_time
from idlat.fields.metadata.header_attributes import write_attrs, write_value
from idlat.fields.metadata.omission_remarks import leave_out
from idlat.fields.metadata.omitted_metadata import PLACE, note_omitted

FOOTER = b"\n  </AppendedData>\n</VTKFile>\n"
_KINDS = {"i": "Int", "u": "UInt", "f": "Float"}


@dataclass(frozen=True)
class VTIArray:
    """One array of an image to be written: its values follow the XML, after their size.

    Attributes
    ----------
    name
    template
        The field, for its place, attributes and encoding.
    shape
        (z, y, x), with the components last.
    dtype
        As stored, byte order included.
    """

    name: str
    template: xr.DataArray
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def nbytes(self) -> int:
        """Bytes of its values."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def size_mark(self) -> bytes:
        """What stands before its values: their size."""
        return np.array(self.nbytes, self.dtype.str[0].replace("|", "<") + "u8").tobytes()


def vti_header(template: xr.DataArray, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """Give the XML before the values of a field, with their size; :data:`FOOTER` stands after them."""
    array = VTIArray(str(template.name or path.stem), template, shape, dtype)
    return vti_xml([array]) + array.size_mark


def vti_xml(arrays: Sequence[VTIArray]) -> bytes:
    """Give the XML of arrays on the grid of the first, one byte order for all.

    Behind it stand the size and the values of each array, in turn, and then :data:`FOOTER`. Of the attributes
    of several arrays those are written that all of them have, for they are the file's.
    """
    first = arrays[0]
    cells = bool(first.template.encoding.get("idlat_cells"))
    extent = " ".join(f"0 {size + cells - 1}" for size in reversed(first.shape[:3]))
    section = "CellData" if cells else "PointData"
    order = "BigEndian" if first.dtype.str[0] == ">" else "LittleEndian"
    offset, elements = 0, ""
    for array in arrays:
        elements += (
            f'        <DataArray type="{_KINDS[array.dtype.kind]}{8 * array.dtype.itemsize}" '
            f'Name={quoteattr(array.name)} NumberOfComponents="{math.prod(array.shape[3:])}" '
            f'format="appended" offset="{offset}"/>\n'
        )
        offset += len(array.size_mark) + array.nbytes
    text = (
        f'<?xml version="1.0"?>\n<VTKFile type="ImageData" version="1.0" byte_order="{order}" '
        'header_type="UInt64">\n'
        f'  <ImageData WholeExtent="{extent}" {_place(first.template, cells=cells)}>\n'
        f"{_notes([array.template for array in arrays])}"
        f'    <Piece Extent="{extent}">\n      <{section}{_roles(arrays)}>\n'
        f"{elements}      </{section}>\n    </Piece>\n  </ImageData>\n"
        '  <AppendedData encoding="raw">\n   _'
    )
    return text.encode()


def _roles(arrays: Sequence[VTIArray]) -> str:
    """Name the first vectors and the first other array, which viewers show first."""
    named: dict[str, str] = {}
    for array in arrays:
        named.setdefault("Vectors" if math.prod(array.shape[3:]) == 3 else "Scalars", quoteattr(array.name))
    return "".join(f" {role}={name}" for role, name in named.items())


def _place(template: xr.DataArray, *, cells: bool) -> str:
    place = Placement.of(template).upright()
    rows = np.reshape(place.direction, (3, 3))
    origin = np.array(place.origin)
    if cells:  # the first voxel is the middle of the first cell
        origin = origin - rows.T @ (np.array(place.spacing) / 2)
    turn = rows.T.reshape(-1).tolist()
    return f'Origin="{_join(origin.tolist())}" Spacing="{_join(place.spacing)}" Direction="{_join(turn)}"'


def _notes(templates: Sequence[xr.DataArray]) -> str:
    """Give attributes and time as field data, which VTK and ParaView show."""
    template = templates[0]
    shared = {
        key: value
        for key, value in template.attrs.items()
        if all(write_value(each.attrs.get(key)) == write_value(value) for each in templates)
    }
    for each in templates:
        note_omitted(each, (*PLACE, "time"), attributes=True)
        if own := [str(key) for key in each.attrs if key not in shared]:
            leave_out(f"attributes {', '.join(own)} of {each.name}, which not all variables share")
    texts = write_attrs(shared, r"[^\s].{0,200}")
    fill = write_value(template.encoding.get("idlat_missing"))
    if fill not in (None, "null"):
        texts["missing_value"] = str(fill)
    if (time := pack_time(template.isel(time=0) if "time" in template.dims else template)) is not None:
        texts["idlat_time"] = time
    if not texts:
        return ""
    rows = [
        f'      <DataArray type="String" Name={quoteattr(key)} NumberOfTuples="1" format="ascii">'
        f"{' '.join(str(code) for code in [*text.encode(), 0])}</DataArray>\n"
        for key, text in texts.items()
    ]
    return f"    <FieldData>\n{''.join(rows)}    </FieldData>\n"


def _join(values: Sequence[float]) -> str:
    return " ".join(f"{value + 0.0:.17g}" for value in values)
