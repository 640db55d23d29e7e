"""`idlat datasets`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from idlat.cli.progress_bar import progress_bar
from idlat.cli.show import print_table

datasets = typer.Typer(help="Simulated and real data sets.", no_args_is_help=True, rich_markup_mode=None)


@datasets.command("list")
def list_() -> None:
    r"""List the data that can be made, and the real data sets that can be imported.

    \b
    Example:
      idlat datasets list
    """
    from idlat.datasets import list_datasets
    from idlat.datasets.published import list_published

    rows = {}
    for dataset in list_datasets():
        shape = "×".join(map(str, dataset.shape(dataset.size)))
        rows[dataset.name] = f"{dataset.summary} ({shape}, {dataset.steps} {dataset.kind})"
    print("Simulated here (idlat datasets make NAME -o DIR):")
    print_table(rows)
    print("\nOpen SciVis Datasets, https://klacansky.com/open-scivis-datasets/: idlat datasets fetch --list")
    print("\nPublished by others (idlat datasets import NAME PATH… -o DIR):")
    for known in list_published():
        about = {"published": known.published, "cite": known.cite, "download": known.download}
        print_table({known.name: known.summary, **{f"  {key}": text for key, text in about.items()}})


@datasets.command("import")
def import_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="vortex, nyx or isabel.")],
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Files as their authors publish them, or folders of them."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write to.")],
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Import values beyond the known range, and Nyx at any size.")
    ] = False,
) -> None:
    r"""Import a published data set: check size and range, write one Zarr store per file.

    Run it again to continue after an interruption, or once a wrong file has been replaced.

    \b
    Examples:
      idlat datasets import isabel Pf*.bin.gz -o isabel
      idlat datasets import vortex vorts01.data vorts02.data -o vortex
      idlat datasets import nyx member1/plt00200 member2/plt00200 -o nyx
    """
    from idlat.datasets.published import import_published

    with progress_bar() as report:
        tell = (lambda done, count: report(name, done, count)) if report else None
        stores = import_published(name, paths, output, check=not no_check, progress=tell)
    print(f"{output}: {len(stores)} stores, {stores[0].name} … {stores[-1].name}")


@datasets.command("fetch")
def fetch(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A data set of the Open SciVis Datasets.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Folder to write to.")
    ] = None,
    list_them: Annotated[
        bool, typer.Option("--list", help="List what the index has, and download nothing.")
    ] = False,
    index: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="URL of the index; $IDLAT_SCIVIS_INDEX or the published one by default."
        ),
    ] = None,
) -> None:
    r"""Download a data set of the Open SciVis Datasets, check its SHA-512 sum, write it as Zarr.

    Their index is read each time: addresses and sums are its own. Needs pip install 'idlat[datasets]'.

    \b
    Examples:
      idlat datasets fetch --list
      idlat datasets fetch fuel -o scivis
    """
    from idlat.datasets.published import fetch_open_scivis, list_open_scivis
    from idlat.errors import IdlatError
    from idlat.fields import open_field

    if list_them:
        print_table(list_open_scivis(index))
        return
    if name is None or output is None:
        raise IdlatError("name a data set and a folder, as NAME -o DIR; --list shows the data sets")
    store = fetch_open_scivis(name, output, address=index)
    print(f"{store}: {open_field(store).attrs.get('references') or 'no acknowledgement given'}")


@datasets.command("make")
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of `idlat datasets list`.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write to.")],
    size: Annotated[int | None, typer.Option(help="Voxels along the longest axes.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps, or members of an ensemble.")] = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
) -> None:
    r"""Simulate data and write one NetCDF file per step; run it again to continue after an interruption.

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
