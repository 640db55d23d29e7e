"""`idlat reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from idlat.cli.progress import progress_bar

reproduce = typer.Typer(
    help="The paper's tables, on simulated data.", no_args_is_help=True, rich_markup_mode=None
)

Output = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write to.")]
Data = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder of simulated series, made there if absent; DIR/data unless told."
    ),
]
Quick = Annotated[bool, typer.Option("--quick", help="Small volumes and few blocks, to see it run.")]


@reproduce.callback()
def group() -> None:
    """Reproduce a table of the paper."""


@reproduce.command("table1")
def table1(output: Output, data: Data = None, quick: Quick = False) -> None:
    r"""Take the training blocks of Table 1 from simulated data and write the table beside the paper's.

    \b
    Examples:
      idlat reproduce table1 -o table1
      idlat reproduce table1 -o table1 --data simulated
    """
    from idlat.reproduce import make_table1
    from idlat.reproduce.table1 import as_markdown

    with progress_bar() as report:
        rows = make_table1(output, data, quick=quick, report=report)
    print(as_markdown(rows), end="")
