"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from idlat.errors import IdlatError

Fields = Annotated[
    list[str],
    typer.Argument(metavar="FIELD...", help="Field file or URL; several are the steps of one series."),
]
Field = Annotated[str, typer.Argument(metavar="FIELD", help="Field file or URL, of any known format.")]
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
Offset = Annotated[
    int, typer.Option(min=0, metavar="BYTES", help="Bytes to skip before the values of a raw file.")
]
Format = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Format, such as netcdf or fortran; known by content and suffix by default."
    ),
]
Axes = Annotated[
    str | None,
    typer.Option(metavar="NAMES", help="Names of the file's axes, slowest first, such as x,y,z."),
]


def _number(text: str) -> float:
    """Read a number; an integer stays one, for float64 does not hold all of 64 bits."""
    try:
        return int(text)
    except ValueError:
        return float(text)


Missing = Annotated[
    float | None,
    typer.Option(metavar="VALUE", help="A value that stands for missing data.", parser=_number),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Run on a Dask cluster: the scheduler's address (tcp://host:8786) or file (….json).",
    ),
]
Coarse = Annotated[
    int | None,
    typer.Option(metavar="[N]", help="Decode the means of blocks of N³ voxels only; N is 8 by default."),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|cuda",
        help="Where a model's networks run; the default model has none: same bytes anywhere.",
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]
Importance = Annotated[
    str | None,
    typer.Option(metavar="EXPR|FILE", help="Importance: an expression such as 'isosurface(8.0)', or a file."),
]
Resample = Annotated[
    bool,
    typer.Option("--resample", help="Interpolate a map, or the variables that it names, from another grid."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def parse_shape(text: str) -> tuple[int, ...]:
    """Read ``y,x``, ``z,y,x`` or ``time,z,y,x``.

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
    if not 2 <= len(parts) <= 6 or not all(re.fullmatch(r"\s*[0-9]{1,9}\s*", part) for part in parts):
        raise IdlatError(f"--shape {text!r}: expected two to six sizes such as 64,128,128")
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
