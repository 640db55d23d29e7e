"""The picture of rate against weighted PSNR."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idlat.outputs import staged_file
from idlat.reproduce.rates.rate_curves import Curve, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_rates"]


def draw_rates(path: Path, panels: Sequence[Panel]) -> None:
    """Write a PNG, a panel for each data set."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.4 * len(panels), 4.4), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    handles: dict[str, Any] = {}
    for ax, panel in zip(axes, panels, strict=True):
        for curve in panel.curves:
            if curve.points:
                handles.setdefault(_legend(curve), _draw_curve(ax, curve))
        ax.set_xscale("log")
        ax.set(xlabel="bits a voxel", ylabel="weighted PSNR, dB")
        ax.set_title(f"{panel.dataset}, {panel.label}", fontsize=9)
        ax.grid(alpha=0.3)
    lines, names = list(handles.values()), list(handles)
    figure.legend(lines, names, loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    with staged_file(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")


def _legend(curve: Curve) -> str:
    return f"{curve.name}, trained here" if curve.name in ("paper", "baseline") else curve.name


def _draw_curve(ax: Axes, curve: Curve) -> Any:
    colour, mark = _LOOKS.get(curve.name, ("0.4", "o"))
    points = curve.best()
    own = curve.name.startswith(("default", "learned"))
    return ax.plot(
        [point.bits for point in points],
        [point.wpsnr for point in points],
        color=colour,
        marker=mark,
        markersize=9 if len(points) == 1 else 4,
        linewidth=2.2 if own else 1.2,
    )[0]


_LOOKS = {
    "default": ("#d62728", "o"),
    "learned, adapted": ("#ff7f0e", "o"),
    "paper": ("#1f77b4", "*"),
    "baseline": ("#17becf", "*"),
    "SPERR": ("#2ca02c", "s"),
    "SZ3": ("#9467bd", "^"),
    "ZFP": ("#8c564b", "v"),
    "TTHRESH": ("#e377c2", "D"),
    "paper's IDLat, as stated": ("black", "P"),
    "paper's baseline, as stated": ("0.5", "X"),
}
"""Colour and mark of each curve."""
