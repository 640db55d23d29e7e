"""`idlat reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from idlat.cli.progress_bar import progress_bar
from idlat.cli.show import number, print_table

reproduce = typer.Typer(
    help="The paper's tables and figures, on simulated data.", no_args_is_help=True, rich_markup_mode=None
)

Output = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write to.")]
Data = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder of simulated series, made there if absent; DIR/data by default."
    ),
]
Quick = Annotated[bool, typer.Option("--quick", help="Small volumes and few blocks, to see it run.")]

Models = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder of models, <dataset>_<preset>.safetensors; DIR/models by default."
    ),
]

Minutes = Annotated[
    float | None,
    typer.Option(help="Train each model at most so long now; a later call goes on."),
]


@reproduce.callback()
def group() -> None:
    """Reproduce a table or a figure of the paper."""


@reproduce.command("table1")
def table1(output: Output, data: Data = None, models: Models = None, quick: Quick = False) -> None:
    r"""Take Table 1's training blocks from simulated data, time the models; the paper's beside.

    Trained models are timed where --models has them; reproduce table2 leaves them in DIR/models.

    \b
    Examples:
      idlat reproduce table1 -o table1
      idlat reproduce table1 -o table1 --data simulated
    """
    from idlat.reproduce import make_table1

    with progress_bar() as report:
        make_table1(output, data, models, quick=quick, report=report)
    print((output / "table1.md").read_text(encoding="utf-8"), end="")


@reproduce.command("figure6")
def figure6(output: Output, data: Data = None, models: Models = None, quick: Quick = False) -> None:
    r"""Draw isosurfaces of the vortex: original, baseline, ours, and how far they moved.

    \b
    Examples:
      idlat reproduce figure6 -o figures --data simulated --models models
    """
    _figure("figure6", output, data, models, quick)


@reproduce.command("figure7")
def figure7(output: Output, data: Data = None, models: Models = None, quick: Quick = False) -> None:
    r"""Draw volumes of two members of the cosmology: original, baseline, ours, and their errors.

    \b
    Examples:
      idlat reproduce figure7 -o figures --data simulated --models models
    """
    _figure("figure7", output, data, models, quick)


@reproduce.command("figure8")
def figure8(output: Output, data: Data = None, models: Models = None, quick: Quick = False) -> None:
    r"""Draw the volume of the hurricane: original, baseline, ours, and their errors.

    \b
    Examples:
      idlat reproduce figure8 -o figures --data simulated --models models
    """
    _figure("figure8", output, data, models, quick)


@reproduce.command("figure9")
def figure9(output: Output, data: Data = None, quick: Quick = False) -> None:
    r"""Draw the clusters of a vortex under an isosurface map: in the plane, as a tree, and in space.

    An imported vortex (DIR/vortex/vorticity_NN.zarr) is used where --data has one. Figures 9 to 11 share what
    stands in the folder.

    \b
    Examples:
      idlat reproduce figure9 -o latents --quick
      idlat reproduce figure9 -o latents --data simulated
    """
    _latent_figure("figure9", output, data, quick)


@reproduce.command("figure10")
def figure10(output: Output, data: Data = None, quick: Quick = False) -> None:
    r"""Draw the gradients of the two halves of the cluster with the isosurface, laid over one another.

    \b
    Examples:
      idlat reproduce figure10 -o latents --data simulated
    """
    _latent_figure("figure10", output, data, quick)


@reproduce.command("figure11")
def figure11(output: Output, data: Data = None, quick: Quick = False) -> None:
    r"""Draw the blocks of a vortex in the plane under a uniform map, beside those under an isosurface map.

    \b
    Examples:
      idlat reproduce figure11 -o latents --data simulated
    """
    _latent_figure("figure11", output, data, quick)


@reproduce.command("figure12")
def figure12(output: Output, data: Data = None, quick: Quick = False) -> None:
    r"""Draw similarity maps of isosurfaces by two methods, and the representatives that each chooses.

    An imported vortex (DIR/vortex/vorticity_NN.zarr) is used where --data has one.

    \b
    Examples:
      idlat reproduce figure12 -o table3 --quick
      idlat reproduce figure12 -o table3 --data simulated
    """
    from idlat.reproduce import make_figure12

    with progress_bar() as report:
        choices = make_figure12(output, data, quick=quick, report=report)
    print_table({c.method: ", ".join(f"{value:.4g}" for value in c.chosen) for c in choices})
    print(f"picture {output / 'figure12.png'}")


@reproduce.command("table3")
def table3(output: Output, data: Data = None, quick: Quick = False) -> None:
    r"""Choose representative isosurfaces from latents and from distance fields, timed, beside the paper's.

    Similarity maps that stand in the folder are kept, and shared with figure12. An imported vortex
    (DIR/vortex/vorticity_NN.zarr) is used where --data has one.

    \b
    Examples:
      idlat reproduce table3 -o table3 --quick
      idlat reproduce table3 -o table3 --data simulated
    """
    from idlat.reproduce import make_table3

    with progress_bar() as report:
        text = make_table3(output, data, quick=quick, report=report)
    print(text, end="")


@reproduce.command("rates")
def rates(
    output: Output,
    data: Data = None,
    models: Models = None,
    train: Annotated[
        bool,
        typer.Option("--train", help="Train paper and baseline, adapt learned, where --models lacks them."),
    ] = False,
    minutes: Minutes = None,
    quick: Quick = False,
) -> None:
    r"""Draw rate against weighted PSNR for each data set: idlat, SPERR, SZ3, ZFP, TTHRESH.

    Models in --models are used as they stand; --train makes those that are not there, and goes on with one
    that a checkpoint lies beside. --minutes implies it.

    \b
    Examples:
      idlat reproduce rates -o rates --quick
      idlat reproduce rates -o rates --data simulated --models table2/models
      idlat reproduce rates -o rates --data simulated --minutes 10
    """
    from idlat.reproduce import make_rates
    from idlat.reproduce.models import QUICK, Length

    length = None if not train and minutes is None else QUICK if quick else Length(minutes=minutes)
    with progress_bar() as report:
        found = make_rates(output, data, models, quick=quick, length=length, report=report)
    for panel in found.panels:
        print(f"{panel.dataset}, {panel.label}")
        print_table({curve.name: curve.described() for curve in panel.curves})
    for line in found.missing:
        print(line)
    print(f"picture {output / 'rates.png'}, numbers {output / 'rates.json'}")


@reproduce.command("all")
def everything(output: Output, data: Data = None, minutes: Minutes = None, quick: Quick = False) -> None:
    r"""Make every table and figure, and one HTML page of them beside the paper's numbers.

    What stands in the folder is kept; a part that fails does not keep the others from being made.

    \b
    Examples:
      idlat reproduce all -o paper --quick
      idlat reproduce all -o paper --data simulated --minutes 20
    """
    from idlat.errors import IdlatError
    from idlat.reproduce import make_all
    from idlat.reproduce.paper_parts import Job
    from idlat.reproduce.whole_paper import PAGE

    with progress_bar() as report:
        outcomes = make_all(Job(output, data, quick, minutes, report))
    print_table({each.part.name: each.failure or f"{each.seconds:.0f} s" for each in outcomes})
    print(f"page {output / PAGE}")
    if failed := [each.part.name for each in outcomes if each.failure is not None]:
        raise IdlatError(f"{', '.join(failed)} failed: the page says why; the same command tries again")


def _latent_figure(name: str, output: Path, data: Path | None, quick: bool) -> None:
    """Draw Figure 9, 10 or 11 and say what of the paper's findings shows."""
    from idlat.reproduce import make_latent_figure

    with progress_bar() as report:
        findings = make_latent_figure(name, output, data, quick=quick, report=report)
    for finding in findings:
        print(f"{finding.verdict}: {finding.paper}\n  {finding.seen}")
    print(f"picture {output / name}.png, findings {output / name}.md, numbers {output / name}.json")


def _figure(name: str, output: Path, data: Path | None, models: Path | None, quick: bool) -> None:
    """Draw a figure and say what it shows."""
    from idlat.reproduce import make_figure

    with progress_bar() as report:
        outcomes, absent = make_figure(name, output, data, models, quick=quick, report=report)
    rows = {}
    for found in outcomes:
        text = f"LSR {number(found.lsr)}, PSNR {number(found.psnr, 'dB')}"
        if found.surface is not None:
            text += f", surface moved {number(found.surface.mean, 'voxels')} in the mean"
        rows[f"{found.subject}, {found.preset}"] = text
    print_table(rows)
    for file in absent:
        instead = "the shipped model stands for it" if file.endswith("_default.safetensors") else "left out"
        print(f"no model {file}: {instead}")
    print(f"picture {output / name}.png, numbers {output / name}.json")


@reproduce.command("table2")
def table2(
    output: Output,
    data: Data = None,
    updates: Annotated[int, typer.Option(help="Steps of Adam for each model.")] = 1300,
    minutes: Minutes = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="DATA", help="vortex, cosmology or hurricane; all by default."),
    ] = None,
    quick: Quick = False,
) -> None:
    r"""Train the paper's network, its baseline and ours, and write Table 2 beside the paper's figures.

    Models in DIR/models are used as they stand; one that a checkpoint lies beside is gone on with.

    \b
    Examples:
      idlat reproduce table2 -o table2 --quick
      idlat reproduce table2 -o table2 --data simulated --only vortex
    """
    from idlat.errors import IdlatError
    from idlat.reproduce import CASES, make_table2
    from idlat.reproduce.table2 import as_markdown

    known = [case.dataset for case in CASES]
    if unknown := set(only or ()) - set(known):
        raise IdlatError(f"--only {sorted(unknown)[0]}: choose among {', '.join(known)}")
    cases = [case for case in CASES if not only or case.dataset in only]
    with progress_bar() as report:
        rows, trainings = make_table2(
            output, data, updates=updates, minutes=minutes, quick=quick, cases=cases, report=report
        )
    print(as_markdown(rows, trainings), end="")
