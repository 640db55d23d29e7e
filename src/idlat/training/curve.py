"""The training curve as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from idlat.outputs import staged_file
from idlat.training.schedule import TrainingProgress


def draw_curve(history: Sequence[TrainingProgress], path: Path) -> None:
    """Draw loss, rate and distortion over the steps as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3), layout="constrained")
    panels = (
        ("loss", "mean ln(R + w·D)", False),
        ("rate", "rate R, bits a voxel", True),
        ("distortion", "weighted squared error w·D", True),
    )
    steps = [entry.step for entry in history]
    for axes, (name, label, logarithmic) in zip(figure.subplots(1, 3), panels, strict=True):
        values = [getattr(entry, name) for entry in history]
        axes.plot(steps, values, color="0.75", linewidth=0.8)
        axes.plot(steps, smooth(values), color="tab:blue")
        axes.set(xlabel="step", title=label, xlim=(0, max(steps, default=0) + 1))
        if logarithmic and values and min(values) > 0:
            axes.set_yscale("log")
            axes.set_ylim(min(values) / 1.5, max(values) * 1.5)
    with staged_file(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")


def smooth(values: Sequence[float], memory: float = 0.9) -> list[float]:
    """Exponential moving average, without the bias of its start.

    Examples
    --------
    >>> smooth([1.0, 1.0, 1.0])
    [1.0, 1.0, 1.0]
    """
    result, total, weight = [], 0.0, 0.0
    for value in values:
        total = memory * total + (1 - memory) * value
        weight = memory * weight + (1 - memory)
        result.append(total / weight)
    return result
