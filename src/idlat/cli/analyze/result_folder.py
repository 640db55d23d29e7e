"""Results in a folder: each file is there as a whole or not at all; those of an earlier run are replaced."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

from idlat.errors import OutputError
from idlat.outputs import lock_output, staged_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")
Folder = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write to.")]


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be made, before any work.

    Raises
    ------
    OutputError
        It is a file, or lies in a folder that does not exist.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file: give a folder with -o")
    if not folder.absolute().parent.is_dir():
        raise OutputError(f"{folder.parent} is no folder: make it first")


def results_of_one_job(command: Callable[P, None]) -> Callable[P, None]:
    """Check the folder of a command's results before any work, and keep a second such job from it.

    Its option is called ``output``. Other analyses may write their results there at the same time.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        folder = Path(str(kwargs["output"]))
        check_folder(folder)
        real = Path(os.path.realpath(folder))
        with lock_output(real.with_name(f"{real.name}.{command.__name__}")):
            command(*args, **kwargs)

    return run


@contextmanager
def replacing(folder: Path, name: str) -> Iterator[Path]:
    """Give a path to write to, in a folder that is made; it takes its name once written."""
    folder.mkdir(exist_ok=True)
    with staged_file(folder / name) as path:
        yield path


def write_text(folder: Path, name: str, text: str) -> None:
    """Write a text file."""
    with replacing(folder, name) as path:
        path.write_text(text, encoding="utf-8")


def write_csv(folder: Path, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(folder, name, text.getvalue())


def write_figure(
    folder: Path, stem: str, draw: Callable[[Figure], None], size: tuple[float, float] = (10, 4)
) -> None:
    """Draw a figure of `size` inches and write it as PNG and SVG, the same bytes for the same numbers."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "idlat", "font.size": 9, "axes.titlesize": 10}):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        _settle(figure)
        with replacing(folder, f"{stem}.png") as path:
            figure.savefig(path, dpi=110, format="png")
        with replacing(folder, f"{stem}.svg") as path:
            figure.savefig(path, format="svg", metadata={"Date": None})


def _settle(figure: Figure) -> None:
    """Lay the axes out once, to round numbers: the solver's last digits differ from run to run."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for ax in figure.axes:
        left, bottom, width, height = (round(number, 5) for number in ax.get_position().bounds)
        ax.set_position((left, bottom, width, height))


def counted(count: int, noun: str) -> str:
    """Return a number with what it counts.

    Examples
    --------
    >>> counted(1, "block"), counted(0, "block")
    ('1 block', '0 blocks')
    """
    return f"{count} {noun}{'s' * (count != 1)}"


def colour(index: int) -> tuple[float, float, float]:
    """Return the colour of the index-th cluster."""
    from matplotlib import colormaps

    red, green, blue, _ = colormaps["tab10" if index < 10 else "tab20b"](index % 20)
    return red, green, blue


def bare(ax: Axes) -> None:
    """Take ticks away."""
    ax.set_xticks([])
    ax.set_yticks([])
