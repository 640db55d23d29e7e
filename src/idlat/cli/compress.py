"""`idlat compress`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from idlat.cli import options
from idlat.cli.files import FieldFiles
from idlat.cli.progress_bar import progress_bar
from idlat.cli.show import outcome
from idlat.errors import IdlatError

if TYPE_CHECKING:
    from idlat.archive import Mode


def compress(
    fields: options.Fields,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="ARCHIVE",
            help="Archive to write: a folder, a .zip file, or a URL (s3://…).",
        ),
    ],
    variable: options.Variables = None,
    all_variables: options.AllVariables = False,
    importance: options.Importance = None,
    resample: options.Resample = False,
    model: Annotated[str | None, typer.Option(help="Model file; the shipped one by default.")] = None,
    quality: Annotated[float | None, typer.Option(help="0 to 100; 50 by default.")] = None,
    ratio: Annotated[float | None, typer.Option(help="Compression ratio (LSR) to reach, within 2 %.")] = None,
    psnr: Annotated[float | None, typer.Option(help="Weighted PSNR to reach, dB, within 0.1 dB.")] = None,
    max_error: Annotated[
        str | None,
        typer.Option(
            "--max-error",
            metavar="E[:E0]",
            help="Largest error of any voxel: E where the importance is 1, E0 where it is 0; or in % of the "
            "range.",
        ),
    ] = None,
    importance_range: Annotated[
        float | None,
        typer.Option(
            metavar="A", help="Importance 1 weighs e^A times as much as 0; A from 0 to 16, 7 by default."
        ),
    ] = None,
    key_every: Annotated[
        int | None,
        typer.Option(
            "--key-every",
            metavar="K",
            help="Code every K-th time step alone, the others given the step before where that saves bytes; "
            "8 by default.",
        ),
    ] = None,
    effort: Annotated[
        int | None,
        typer.Option(metavar="0-9", help="How much to try for fewer bytes; 0 is the fastest, 3 the default."),
    ] = None,
    transform: Annotated[
        str, typer.Option(metavar="none|log10|asinh", help="Applied before normalisation.")
    ] = "none",
    missing: options.Missing = None,
    periodic: Annotated[
        str | None, typer.Option(metavar="AXES", help="Axes that wrap, such as x or zyx.")
    ] = None,
    overwrite: options.Overwrite = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted job.")] = False,
    append: Annotated[
        bool, typer.Option("--append", help="Append time steps or variables to an existing archive.")
    ] = False,
    self_contained: Annotated[
        bool, typer.Option("--self-contained", help="Put the model into the archive.")
    ] = False,
    keep_importance: Annotated[
        bool,
        typer.Option("--keep-importance", help="Store the mean importance of each 16³ block, for analysis."),
    ] = False,
    scheduler: options.Scheduler = None,
    workers: Annotated[int | None, typer.Option(help="Threads; one for each processor by default.")] = None,
    device: options.Device = "auto",
    shape: options.Shape = None,
    dtype: options.Dtype = None,
    byte_order: options.ByteOrder = "little",
    offset: options.Offset = 0,
    format: options.Format = None,
    axes: options.Axes = None,
) -> None:
    r"""Compress a field, spending the bits where the importance is.

    \b
    Examples:
      idlat compress run.nc --variable pressure -o run.idlat
      idlat compress run.nc --variable u --variable v --variable w -o wind.idlat
      idlat compress run.nc --variable pressure --importance "isosurface(8.0, decay=0.2)" -o run.idlat
      idlat compress run.nc --variable pressure --max-error 0.1% -o run.idlat
      idlat compress run.nc --variable pressure --importance "value > 9.9" --max-error 0.01:1 -o run.idlat
      idlat compress step*.npy --importance "value > 9.9" --psnr 40 -o series.idlat
      idlat compress step4.npy --append -o series.idlat
      idlat compress s3://bucket/run.zarr --scheduler tcp://host:8786 -o s3://bucket/run.idlat
      idlat compress cube.raw --shape 100,100,100 --dtype float32 --ratio 100 -o cube.zip
    """
    from idlat.archive import compress as run

    if all_variables and variable:
        raise IdlatError("--variable and --all-variables exclude each other: choose one")
    files = FieldFiles(fields, shape, dtype, byte_order, offset, format, axes, missing)
    opened = files.open_all(files.variables() if all_variables else variable)
    request = files.importance(importance, resample=resample)
    with progress_bar() as report:
        archive = run(
            opened,
            output,
            request,
            model,
            quality=quality,
            ratio=ratio,
            psnr=psnr,
            max_error=max_error,
            importance_range=importance_range,
            key_every=key_every,
            effort=effort,
            transform=transform,
            missing=missing,
            periodic=tuple(axis for axis in (periodic or "") if axis not in ", "),
            self_contained=self_contained,
            keep_importance=keep_importance,
            mode=_mode(overwrite=overwrite, resume=resume, append=append),
            workers=workers,
            scheduler=scheduler,
            device=device,
            progress=report,
        )
    original = sum(variable.bytes_original for variable in archive.record.variables)
    print(f"{output}: {outcome(archive.info(), original)}")


def _mode(*, overwrite: bool, resume: bool, append: bool) -> Mode:
    if overwrite and resume:
        raise IdlatError("--overwrite and --resume exclude each other: choose one")
    if append:
        return "a+w" if overwrite else "a+resume" if resume else "a"
    return "w" if overwrite else "resume" if resume else "w-"
