"""Write the XML of a VTK image, before and after its appended values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import xarray as xr

from idlat.fields.grid.grid_placement import Placement
from idlat.fields.images.image_field import pack_time
from idlat.fields.metadata.header_attributes import write_attrs, write_value
from idlat.fields.metadata.omitted_metadata import PLACE, note_omitted

FOOTER = b"\n  </AppendedData>\n</VTKFile>\n"
_KINDS = {"i": "Int", "u": "UInt", "f": "Float"}


def vti_header(template: xr.DataArray, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """Give the XML before the values of a field, with their size; :data:`FOOTER` stands after them."""
    kind = f"{_KINDS[dtype.kind]}{8 * dtype.itemsize}"
    name = quoteattr(str(template.name or path.stem))
    components = math.prod(shape[3:])
    cells = bool(template.encoding.get("idlat_cells"))
    sizes = [size + cells for size in reversed(shape[:3])]
    extent = " ".join(f"0 {size - 1}" for size in sizes)
    section = "CellData" if cells else "PointData"
    role = "Vectors" if components == 3 else "Scalars"
    order = "BigEndian" if dtype.str[0] == ">" else "LittleEndian"
    text = (
        f'<?xml version="1.0"?>\n<VTKFile type="ImageData" version="1.0" byte_order="{order}" '
        'header_type="UInt64">\n'
        f'  <ImageData WholeExtent="{extent}" {_place(template, cells=cells)}>\n'
        f"{_notes(template)}"
        f'    <Piece Extent="{extent}">\n      <{section} {role}={name}>\n'
        f'        <DataArray type="{kind}" Name={name} NumberOfComponents="{components}" format="appended" '
        f'offset="0"/>\n      </{section}>\n    </Piece>\n  </ImageData>\n'
        '  <AppendedData encoding="raw">\n   _'
    )
    size = np.array(math.prod(shape) * dtype.itemsize, dtype.str[0].replace("|", "<") + "u8")
    return text.encode() + size.tobytes()


def _place(template: xr.DataArray, *, cells: bool) -> str:
    place = Placement.of(template).upright()
    rows = np.reshape(place.direction, (3, 3))
    origin = np.array(place.origin)
    if cells:  # the first voxel is the middle of the first cell
        origin = origin - rows.T @ (np.array(place.spacing) / 2)
    turn = rows.T.reshape(-1).tolist()
    return f'Origin="{_join(origin.tolist())}" Spacing="{_join(place.spacing)}" Direction="{_join(turn)}"'


def _notes(template: xr.DataArray) -> str:
    """Give attributes and time as field data, which VTK and ParaView show."""
    note_omitted(template, (*PLACE, "time"), attributes=True)
    texts = write_attrs(template.attrs, r"[^\s].{0,200}")
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
