"""`idlat datasets`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from idlat.cli.progress_bar import progress_bar
from idlat.cli.show import print_table

datasets = typer.Typer(help="Simulated data.", no_args_is_help=True, rich_markup_mode=None)


@datasets.command("list")
def list_() -> None:
    r"""List the data that can be made.

    \b
    Example:
      idlat datasets list
    """
    from idlat.datasets import list_datasets

    rows = {}
    for dataset in list_datasets():
        shape = "×".join(map(str, dataset.shape(dataset.size)))
        rows[dataset.name] = f"{dataset.summary} ({shape}, {dataset.steps} {dataset.kind})"
    print_table(rows)


@datasets.command("make")
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of `idlat datasets list`.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write to.")],
    size: Annotated[int | None, typer.Option(help="Voxels an axis (of the longest axes).")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps, or members of an ensemble.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another run.")] = 0,
) -> None:
    r"""Simulate data and write a NetCDF file a step; the same command goes on after an interruption.

    \b
    Examples:
      idlat datasets make vortex -o vortex
      idlat datasets make vortex --size 64 --steps 5 --seed 1 -o small
      idlat datasets make cosmology --steps 2 -o universes
    """
    from idlat.datasets import make as run

    with progress_bar() as report:
        paths = run(name, output, size, steps, seed, (lambda d, n: report(name, d, n)) if report else None)
    print(f"{output}: {len(paths)} files, {paths[0].name} … {paths[-1].name}")
