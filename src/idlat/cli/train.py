"""`idlat train`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idlat.cli import options
from idlat.cli.files import FieldFiles

if TYPE_CHECKING:
    from idlat.training import TrainingProgress


def train(
    fields: Annotated[list[str], typer.Argument(metavar="FIELD...", help="Field files to learn from.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL", help="Model file to write.")],
    variable: options.Variable = None,
    preset: Annotated[str, typer.Option(help="learned, paper, baseline, or another package's.")] = "learned",
    minutes: Annotated[float | None, typer.Option(help="Time to train; 20 by default.")] = None,
    steps: Annotated[int | None, typer.Option(help="Number of updates, instead of --minutes.")] = None,
    start_from: Annotated[
        str | None, typer.Option(metavar="MODEL|default", help="Model to start from.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed of weights, blocks and maps.")] = 0,
    devices: Annotated[
        int, typer.Option(metavar="N", help="GPUs that share each update; processes where there is none.")
    ] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
    overwrite: options.Overwrite = False,
    shape: options.Shape = None,
    dtype: options.Dtype = None,
    byte_order: options.ByteOrder = "little",
    offset: options.Offset = 0,
    format: options.Format = None,
    axes: options.Axes = None,
    missing: options.Missing = None,
    importance_range: Annotated[
        float | None,
        typer.Option(metavar="A", help="a of the weight e^{aI}; presets paper and baseline only."),
    ] = None,
    distortion_weight: Annotated[
        float | None,
        typer.Option(
            metavar="BETA", help="Weight of the error relative to bits; presets paper and baseline only."
        ),
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="Blocks per update; the preset's number by default.")
    ] = None,
    scheduler: options.Scheduler = None,
) -> None:
    r"""Train a model on fields; one model then serves every importance map.

    \b
    Examples:
      idlat train run_0*.nc --variable pressure --start-from default --minutes 10 -o pressure.safetensors
      idlat train a.npy b.npy --steps 2000 -o model.safetensors
      idlat train run_0*.nc --variable pressure --preset paper --steps 1200 -o paper.safetensors
      idlat train run.zarr --scheduler tcp://host:8786 -o model.safetensors
    """
    from idlat.training import train as run

    files = FieldFiles(fields, shape, dtype, byte_order, offset, format, axes, missing)
    sources = [each.open(variable) for each in files.each()]
    trained = run(
        sources,
        output,
        preset_name=preset,
        minutes=minutes,
        steps=steps,
        start_from=start_from,
        seed=seed,
        devices=devices,
        resume=resume,
        overwrite=overwrite,
        missing=[] if missing is None else [missing],
        importance_range=importance_range,
        distortion_weight=distortion_weight,
        batch=batch,
        report=show,
        scheduler=scheduler,
        progress=show_sampling,
    )
    if not trained.first:
        return
    print(
        f"{trained.path}: {trained.steps} steps in {trained.seconds / 60:.1f} min, curve in {trained.curve}"
    )


def show(entry: TrainingProgress) -> None:
    """One line a report: on one line of a terminal, each on its own in a log."""
    line = (
        f"{100 * entry.fraction:5.1f} %  step {entry.step}  loss {entry.loss:.4f}  "
        f"rate {entry.rate:.4f} bit/voxel  distortion {entry.distortion:.4g}  "
        f"{entry.voxels_per_second / 1e6:.2f} M voxels/s"
    )
    end = "\r" if sys.stderr.isatty() and entry.fraction < 1 else "\n"
    sys.stderr.write(line + end)
    sys.stderr.flush()


def show_sampling(_: str, done: int, total: int) -> None:
    """Say on a terminal how many of the blocks to choose from have been measured."""
    if sys.stderr.isatty():
        sys.stderr.write(
            f"blocks to choose from: {done} of {total} groups" + ("\r" if done < total else "\n")
        )
        sys.stderr.flush()
