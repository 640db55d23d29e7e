"""Open and write fields as :class:`xarray.DataArray`, from and to the files that simulations write.

A field has the dimensions ``(z, y, x)`` or ``(time, z, y, x)``; one of vectors has ``component`` right before
z. It is read lazily, remembers in ``encoding`` what its file looked like, and is written back so. A format
has a module that reads (``open_…``, perhaps ``…_variables``), and a sink or a header that writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idlat.lazy_names import lazy_names

if TYPE_CHECKING:
    from idlat.fields.arrays.missing_values import (
        cast_values,
        fill_values_of,
        nan_where_missing,
        restore_missing,
        valid_mask,
    )
    from idlat.fields.cf.cf_packing import original_dtype
    from idlat.fields.field_writer import FieldWriter, slabs, write_field
    from idlat.fields.files.file_checks import check_output
    from idlat.fields.files.format_registry import format_of, recognise
    from idlat.fields.files.locate_files import FieldPath, locate
    from idlat.fields.files.opened_once import opening_once
    from idlat.fields.metadata.json_metadata import pack_metadata, unpack_metadata
    from idlat.fields.open_files import as_field, list_variables, open_field

__all__ = [
    "FieldPath",
    "FieldWriter",
    "as_field",
    "cast_values",
    "check_output",
    "fill_values_of",
    "format_of",
    "list_variables",
    "locate",
    "nan_where_missing",
    "open_field",
    "opening_once",
    "original_dtype",
    "pack_metadata",
    "recognise",
    "restore_missing",
    "slabs",
    "unpack_metadata",
    "valid_mask",
    "write_field",
]

__getattr__ = lazy_names(
    __name__,
    {
        "arrays.missing_values": "cast_values fill_values_of nan_where_missing restore_missing valid_mask",
        "cf.cf_packing": "original_dtype",
        "field_writer": "FieldWriter slabs write_field",
        "files.file_checks": "check_output",
        "files.format_registry": "format_of recognise",
        "files.locate_files": "FieldPath locate",
        "files.opened_once": "opening_once",
        "metadata.json_metadata": "pack_metadata unpack_metadata",
        "open_files": "as_field list_variables open_field",
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
