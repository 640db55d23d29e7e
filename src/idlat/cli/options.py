"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idlat.errors import IdlatError

if TYPE_CHECKING:
    import xarray as xr

    from idlat.archive import Archive
    from idlat.importance import ImportanceRequest

Fields = Annotated[
    list[Path], typer.Argument(metavar="FIELD...", help="Field file; several are the steps of one series.")
]
Field = Annotated[Path, typer.Argument(metavar="FIELD", help="Field file, of any known format.")]
ArchivePath = Annotated[
    str, typer.Argument(metavar="ARCHIVE", help="Archive: a folder, a .zip file, or a URL such as s3://…")
]
Variable = Annotated[str | None, typer.Option(help="Variable, where a file holds several.")]
Variables = Annotated[
    list[str] | None, typer.Option("--variable", help="Variable of the file; repeat it for several.")
]
AllVariables = Annotated[bool, typer.Option("--all-variables", help="Every variable of the file.")]
Shape = Annotated[str | None, typer.Option(metavar="Z,Y,X", help="Shape of a raw file.")]
Dtype = Annotated[str | None, typer.Option(help="Type of a raw file's values, such as float32.")]
ByteOrder = Annotated[str, typer.Option(metavar="little|big", help="Byte order of a raw file.")]
Axes = Annotated[
    str | None,
    typer.Option(metavar="NAMES", help="Names of the file's axes, slowest first, such as x,y,z."),
]
Missing = Annotated[float | None, typer.Option(metavar="VALUE", help="A value that stands for missing data.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]
Importance = Annotated[
    str | None,
    typer.Option(metavar="EXPR|FILE", help="Importance: an expression such as 'isosurface(8.0)', or a file."),
]
Resample = Annotated[
    bool,
    typer.Option("--resample", help="Interpolate a map, or variables it names, from another grid."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def open_input(
    paths: Path | Sequence[Path],
    variable: str | None = None,
    shape: str | None = None,
    dtype: str | None = None,
    byte_order: str = "little",
    missing: float | None = None,
    axes: str | None = None,
) -> xr.DataArray:
    """Open a field, or the steps of a series, as the options describe it."""
    from idlat.fields import open_field

    several = [paths] if isinstance(paths, Path) else list(paths)
    return open_field(
        several[0] if len(several) == 1 else several,
        variable,
        shape=None if shape is None else parse_shape(shape),
        dtype=dtype,
        byte_order=byte_order,
        missing=missing,
        axes=None if axes is None else [name.strip() for name in axes.split(",")],
    )


def open_variables(
    paths: Sequence[Path],
    variables: Sequence[str] | None,
    shape: str | None = None,
    dtype: str | None = None,
    byte_order: str = "little",
    missing: float | None = None,
    axes: str | None = None,
) -> list[xr.DataArray]:
    """Open the variables that are named, or the only one there is."""
    wanted: list[str | None] = [*variables] if variables else [None]
    return [open_input(paths, name, shape, dtype, byte_order, missing, axes) for name in wanted]


def open_importance(
    importance: str | None,
    stated: str | None,
    resample: bool,
    paths: Sequence[Path],
    shape: str | None = None,
    dtype: str | None = None,
    byte_order: str = "little",
    missing: float | None = None,
    axes: str | None = None,
) -> ImportanceRequest:
    """Open what importance, or else an archive's `stated` one, names of the fields' files."""
    from idlat.fields import list_variables
    from idlat.importance import ImportanceRequest, names_in

    names = names_in(stated if importance is None else importance)
    present = {name.rsplit("/", 1)[-1]: name for name in list_variables(paths[0])} if names else {}
    variables = {
        name: open_input(paths, present[name], shape, dtype, byte_order, missing, axes)
        for name in names
        if name in present
    }
    return ImportanceRequest(importance, variables, resample)


def stated_importance(archive: Archive) -> str | None:
    """Return the expression that an archive was written under, if it was one."""
    source = archive.record.importance
    return source.text if source.kind == "expression" else None


def parse_shape(text: str) -> tuple[int, ...]:
    """Read ``z,y,x`` or ``time,z,y,x``.

    Raises
    ------
    IdlatError
        If it is none.

    Examples
    --------
    >>> parse_shape("4, 5,6")
    (4, 5, 6)
    """
    parts = text.split(",")
    if len(parts) not in (3, 4, 5) or not all(re.fullmatch(r"\s*[0-9]{1,9}\s*", part) for part in parts):
        raise IdlatError(f"--shape {text!r}: expected three to five sizes such as 64,128,128")
    return tuple(int(part) for part in parts)


def parse_region(text: str) -> tuple[slice, slice, slice]:
    """Read ``z0:z1,y0:y1,x0:x1``; an end left out is the field's.

    Raises
    ------
    IdlatError
        If it is none.

    Examples
    --------
    >>> parse_region("0:8,:,4:")
    (slice(0, 8, None), slice(None, None, None), slice(4, None, None))
    """
    parts = [re.fullmatch(r"\s*([0-9]{0,9})\s*:\s*([0-9]{0,9})\s*", part) for part in text.split(",")]
    if len(parts) != 3 or not all(parts):
        raise IdlatError(f"--region {text!r}: expected z0:z1,y0:y1,x0:x1, such as 0:64,0:64,32:96")
    z, y, x = (slice(*(int(end) if end else None for end in part.groups())) for part in parts if part)
    return z, y, x
