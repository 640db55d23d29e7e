"""Figure 12: similarity maps of isosurfaces by two methods, and the representatives that each chooses."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from idlat.metrics import extract_surface
from idlat.outputs import staged_file, write_whole
from idlat.progress import Progress
from idlat.render import Image, Viewpoint, draw_surface, require_offscreen
from idlat.reproduce.isosurface_choice import CHOSEN, METHODS, STATED, IsosurfaceChoice, choose_isosurfaces

_INCHES, _DPI = 2.4, 110


def make_figure12(
    output: Path, data: Path | None = None, *, quick: bool = False, report: Progress | None = None
) -> list[IsosurfaceChoice]:
    """Draw Figure 12 as ``figure12.png``; what it depends on and shows is in ``figure12.json``.

    Parameters
    ----------
    output, data, quick, report
        As for :func:`idlat.reproduce.choose_isosurfaces`.

    Raises
    ------
    RenderError
        VTK cannot draw here.
    """
    require_offscreen()
    values, parameters, choices = choose_isosurfaces(output, data, quick=quick, report=report)
    _write(output / "figure12.png", values, choices)
    said = {"parameters": asdict(parameters), "isovalues": {c.method: c.chosen for c in choices}}
    write_whole(output / "figure12.json", json.dumps(said, indent=2) + "\n")
    return choices


def _write(path: Path, values: NDArray[np.float32], choices: list[IsosurfaceChoice]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_INCHES * (CHOSEN + 1.3), _INCHES * 2.3), layout="constrained")
    grid = figure.subplots(len(choices), CHOSEN + 1, width_ratios=(1.3, *[1] * CHOSEN))
    for axes, choice in zip(grid, choices, strict=True):
        low, high = choice.found.isovalues[[0, -1]]
        axes[0].imshow(
            choice.found.similarity, cmap="magma", vmin=0, origin="lower", extent=(low, high, low, high)
        )
        for number, isovalue in enumerate(choice.chosen, start=1):
            axes[0].plot(isovalue, isovalue, "o", color="white", markeredgecolor="black", markersize=9)
            axes[0].annotate(str(number), (isovalue, isovalue), fontsize=6, ha="center", va="center")
        axes[0].set_title(METHODS[choice.method], fontsize=9)
        axes[0].set(xlabel="isovalue", ylabel="isovalue")
        for index, ax in enumerate(axes[1:]):
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            if index < len(choice.chosen):
                isovalue = choice.chosen[index]
                ax.imshow(_surface(values, isovalue))
                stated = STATED[choice.method][0][index]
                ax.set_title(f"{index + 1}: {isovalue:.3g} (paper {stated:g})", fontsize=8)
    with staged_file(path) as temporary:
        figure.savefig(temporary, dpi=_DPI, format="png")


def _surface(values: NDArray[np.float32], isovalue: float) -> Image:
    z, y, x = values.shape
    return draw_surface(extract_surface([values], isovalue), (z - 1.0, y - 1.0, x - 1.0), view=Viewpoint())
