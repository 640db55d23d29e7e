"""The field files of a command, and how its options say they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from idlat.cli.options import parse_shape

if TYPE_CHECKING:
    import xarray as xr

    from idlat.archive import Archive
    from idlat.fields import FieldPath
    from idlat.importance import ImportanceRequest


@dataclass(frozen=True)
class FieldFiles:
    """A field's file, or the files of a series.

    Attributes
    ----------
    given : sequence of str
        Paths, wildcards or URLs, as they were typed.
    shape, dtype, byte_order, offset, format, axes, missing
        As :func:`idlat.open_field` has them; `shape` and `axes` as they were typed.
    """

    given: Sequence[str]
    shape: str | None = None
    dtype: str | None = None
    byte_order: str = "little"
    offset: int = 0
    format: str | None = None
    axes: str | None = None
    missing: float | None = None

    @cached_property
    def places(self) -> list[FieldPath]:
        """Where the files are; what lies at a URL is brought here once."""
        from idlat.fields import locate

        return locate(self.given)

    @property
    def how(self) -> dict[str, Any]:
        """How they are read, as keywords of :func:`idlat.open_field`."""
        return {
            "shape": None if self.shape is None else parse_shape(self.shape),
            "dtype": self.dtype,
            "byte_order": self.byte_order,
            "offset": self.offset,
            "format": self.format,
            "axes": None if self.axes is None else [name.strip() for name in self.axes.split(",")],
            "missing": self.missing,
        }

    def open(self, variable: str | None = None) -> xr.DataArray:
        """Open a variable, or the only one there is."""
        return self.open_all([variable] if variable else None)[0]

    def open_all(self, variables: Sequence[str] | None) -> list[xr.DataArray]:
        """Open the variables that are named, or the only one there is."""
        from idlat.fields import open_field, opening_once

        with opening_once():
            return [open_field(self.places, name, **self.how) for name in variables or (None,)]

    def each(self) -> list[FieldFiles]:
        """Return every file on its own."""
        return [replace(self, given=[str(place)]) for place in self.places]

    def variables(self) -> list[str]:
        """List the variables of the first file."""
        from idlat.fields import list_variables

        return list_variables(self.places[0], format=self.format)

    def importance(
        self, importance: str | None, stated: str | None = None, resample: bool = False
    ) -> ImportanceRequest:
        """Open what importance, or else an archive's `stated` one, names of the files."""
        from idlat.importance import ImportanceRequest, names_in

        names = names_in(stated if importance is None else importance)
        present = {name.rsplit("/", 1)[-1]: name for name in self.variables()} if names else {}
        beside = {name: self.open(present[name]) for name in names if name in present}
        return ImportanceRequest(importance, beside, resample)


def stated_importance(archive: Archive) -> str | None:
    """Return the expression that an archive was written under, if it was one."""
    source = archive.record.importance
    return source.text if source.kind == "expression" else None
