"""`idlat decompress`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from idlat.cli import options
from idlat.cli.progress_bar import progress_bar
from idlat.cli.show import remark_losses
from idlat.progress import tell

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
    coarse: options.Coarse = None,
    device: options.Device = "auto",
    overwrite: options.Overwrite = False,
    scheduler: options.Scheduler = None,
) -> None:
    r"""Decode an archive, or a part of it, into a field file in the original type.

    \b
    Examples:
      idlat decompress run.idlat -o back.nc
      idlat decompress series.idlat --time 3 --region 0:64,0:64,0:64 -o corner.npy
      idlat decompress large.idlat --coarse 16 -o small.nc
    """
    from idlat.archive import open_archive
    from idlat.fields import FieldWriter, write_field

    z, y, x = options.parse_region(region) if region else (None,) * 3
    chosen = {"time": time, "component": component, "z": z, "y": y, "x": x}
    with open_archive(archive, device=device) as opened:
        remark_losses(opened)
        part = opened.variable(variable).isel(**chosen)
        if coarse is not None:
            with progress_bar() as progress:
                means = part.decode(progress=progress, coarse=coarse)
            write_field(means, output, overwrite)
            print(f"{output}: written")
            return
        done, total = 0, math.prod(part.shape)
        with progress_bar() as progress, FieldWriter(output, part.template, overwrite) as writer:
            for where, values in part.slabs(SLAB_BYTES, scheduler=scheduler):
                writer.write(values, **where)
                done += values.size
                tell(progress, "decode", done, total)
    print(f"{output}: written")
