"""`idlat decompress`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idlat.cli import options
from idlat.cli.progress import progress_bar
from idlat.errors import IdlatError

if TYPE_CHECKING:
    from idlat.archive import Archive

SLAB = 64  # planes decoded and written at once


def decompress(
    archive: options.ArchivePath,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FIELD", help="File; its suffix is the format.")
    ],
    variable: options.Variable = None,
    time: Annotated[int | None, typer.Option(metavar="T", help="Index of one step.")] = None,
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
        _write(opened, output, variable, time, region, overwrite=overwrite)
    print(f"{output}: written")


def _write(
    archive: Archive,
    output: Path,
    variable: str | None,
    time: int | None,
    region: str | None,
    *,
    overwrite: bool,
) -> None:
    from idlat.fields import FieldWriter

    template = archive.template(variable)
    steps = template.sizes.get("time")
    if time is not None and (steps is None or not 0 <= time < steps):
        raise IdlatError(f"--time {time}: the archive has {steps if steps is not None else 'no'} steps")
    if time is not None:
        encoding = template.encoding
        template = template.isel(time=time)
        template.encoding = encoding
    box = _box(template.sizes, region)
    encoding = template.encoding
    part = template.isel(dict(zip("zyx", box, strict=True)))
    part.encoding = encoding
    times = [time] if "time" not in part.dims else list(range(part.sizes["time"]))
    tasks = [(t, start) for t in times for start in range(box[0].start, box[0].stop, SLAB)]
    with progress_bar() as report, FieldWriter(output, part, overwrite) as writer:
        for done, (t, start) in enumerate(tasks, 1):
            z = slice(start, min(start + SLAB, box[0].stop))
            values = archive.decode(variable, t, z, box[1], box[2])
            where = {"z": slice(z.start - box[0].start, z.stop - box[0].start)}
            if "time" in part.dims:
                where["time"] = slice(t, t + 1) if t is not None else slice(None)
                values = values.expand_dims("time") if "time" not in values.dims else values
            writer.write(values.values, **where)
            if report:
                report("decode", done, len(tasks))


def _box(sizes: object, region: str | None) -> tuple[slice, slice, slice]:
    slices = options.parse_region(region) if region else (slice(None),) * 3
    box = []
    for axis, part in zip("zyx", slices, strict=True):
        size = sizes[axis]  # type: ignore[index]
        start, stop = part.start or 0, size if part.stop is None else part.stop
        if not 0 <= start < stop <= size:
            raise IdlatError(f"--region: {axis}={start}:{stop} is empty or outside the field's 0:{size}")
        box.append(slice(start, stop))
    return box[0], box[1], box[2]
