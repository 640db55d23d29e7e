"""`idlat export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idlat.cli import options
from idlat.cli.progress_bar import progress_bar
from idlat.cli.show import remark_losses


class Format(StrEnum):
    """What can be exported."""

    vti = "vti"
    vtkhdf = "vtkhdf"


def export(
    archive: options.ArchivePath,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to make.")],
    format: Annotated[
        Format, typer.Option(help="One .vti file per time step and a .pvd, or one VTKHDF file.")
    ] = Format.vti,
    variable: Annotated[
        list[str] | None, typer.Option(help="Variable; repeat it for several. All by default.")
    ] = None,
    time: Annotated[int | None, typer.Option(metavar="T", help="Index of one step.")] = None,
    coarse: options.Coarse = None,
    overwrite: options.Overwrite = False,
) -> None:
    r"""Decode an archive into files for ParaView and VTK, one per time step.

    \b
    Examples:
      idlat export run.idlat -o run_vtk
      idlat export series.idlat --variable pressure --variable wind --coarse -o small
      idlat export series.idlat --format vtkhdf -o series_vtk
    """
    from idlat.archive import export, open_archive

    with open_archive(archive) as opened, progress_bar() as progress:
        remark_losses(opened)
        made = export(
            opened,
            output,
            format.value,
            variables=variable,
            time=time,
            coarse=coarse,
            overwrite=overwrite,
            progress=progress,
        )
    print(f"{made}: written")
