"""`idlat decompress`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idlat.cli import options
from idlat.cli.progress_bar import progress_bar
from idlat.progress import tell

if TYPE_CHECKING:
    from idlat.archive import Archive

SLAB_BYTES = 128 * 2**20  # decoded and written at once


def decompress(
    archive: options.ArchivePath,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FIELD", help="File; its suffix is the format.")
    ],
    variable: options.Variable = None,
    time: Annotated[int | None, typer.Option(metavar="T", help="Index of one step.")] = None,
    component: Annotated[int | None, typer.Option(metavar="C", help="Index of one component.")] = None,
    region: Annotated[
        str | None, typer.Option(metavar="Z0:Z1,Y0:Y1,X0:X1", help="Part of the volume.")
    ] = None,
    overwrite: options.Overwrite = False,
) -> None:
    r"""Decode an archive, or a part of it, into a field file in the original type.

    \b
    Examples:
      idlat decompress run.idlat -o back.nc
      idlat decompress series.idlat --time 3 --region 0:64,0:64,0:64 -o corner.npy
    """
    from idlat.archive import open_archive
    from idlat.fields import check_output

    check_output(output, overwrite)
    with open_archive(archive) as opened:
        _write(opened, output, variable, time, component, region, overwrite=overwrite)
    print(f"{output}: written")


def _write(
    archive: Archive,
    output: Path,
    variable: str | None,
    time: int | None,
    component: int | None,
    region: str | None,
    *,
    overwrite: bool,
) -> None:
    from idlat.fields import FieldWriter

    z, y, x = options.parse_region(region) if region else (slice(None),) * 3
    template = archive.template(variable, time, z, y, x, component=component)
    done = 0
    with progress_bar() as report, FieldWriter(output, template, overwrite) as writer:
        slabs = archive.slabs(variable, time, z, y, x, component=component, max_bytes=SLAB_BYTES)
        for where, values in slabs:
            writer.write(values, **where)
            done += values.size
            tell(report, "decode", done, template.size)
