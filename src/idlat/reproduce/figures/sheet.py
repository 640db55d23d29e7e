"""Pictures side by side, with what is said of each and the colours of the differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from idlat.outputs import staged_file
from idlat.render import Image
from idlat.reproduce.figures.pictures import Scale

__all__ = ["Panel", "write_sheet"]

_INCHES = 2.6  # a panel's width
_TITLE, _BAR = 0.3, 0.6  # above each panel, and below all
_DPI = 110


@dataclass(frozen=True)
class Panel:
    """A picture and what is said above it."""

    image: Image
    title: str


def write_sheet(path: Path, rows: Sequence[tuple[str, Sequence[Panel]]], scale: Scale) -> None:
    """Write rows of panels of one size, each row with a label, as one picture."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    columns = max(len(panels) for _, panels in rows)
    tall, wide, _ = rows[0][1][0].image.shape
    height = (_INCHES * tall / wide + _TITLE) * len(rows) + _BAR
    figure = Figure(figsize=(_INCHES * columns, height), layout="constrained")
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for axes, (label, panels) in zip(grid, rows, strict=True):
        for ax, panel in zip(axes, panels, strict=True):
            ax.imshow(panel.image)
            ax.set_title(panel.title, fontsize=8)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        axes[0].set_ylabel(label, fontsize=8)
    colours = ScalarMappable(Normalize(0.0, scale.high), scale.colours)
    bar = figure.colorbar(colours, ax=grid, location="bottom", shrink=0.35, aspect=50, pad=0.01)
    bar.set_label(scale.label, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    with staged_file(path) as temporary:
        figure.savefig(temporary, dpi=_DPI, format="png")
