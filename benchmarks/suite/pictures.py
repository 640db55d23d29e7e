"""Rate-distortion curves as pictures: bytes over weighted PSNR, a panel a field."""

from __future__ import annotations

import math
from pathlib import Path

from matplotlib.figure import Figure

from suite.archives import DEFAULT_RANGE
from suite.compare import Case
from suite.peer_curves import PeerCurve

COLOURS = {"SPERR": "tab:blue", "SZ3": "tab:orange", "ZFP": "tab:green", "TTHRESH": "tab:purple"}
STYLES = {
    "": "-",
    "smoothed": "--",
    "clipped": ":",
    "cropped": "-.",
    "cropped clipped": (0, (1, 3)),
    "4-D": "--",
}
RANGE = (25.0, 92.0)  # dB


def draw_curves(path: Path, map_name: str, cases: list[Case], curves: dict[str, list[PeerCurve]]) -> None:
    """Draw a map's panels.

    Parameters
    ----------
    path
        The PNG.
    map_name
        Which map; cases of others are left out.
    cases
        With our points.
    curves
        Of the peers, by the name of the field.
    """
    columns = min(4, len(curves))
    rows = math.ceil(len(curves) / columns)
    figure = Figure(figsize=(3.6 * columns, 2.9 * rows))
    panels = figure.subplots(rows, columns, squeeze=False)
    for panel, (name, peers) in zip(panels.flat, curves.items(), strict=False):
        for curve in peers:
            shown = [point for point in curve.points if RANGE[0] <= point.wpsnr <= RANGE[1]]
            style = STYLES[curve.form if curve.form != "plain" else ""]
            panel.plot(
                [point.wpsnr for point in shown],
                [point.size for point in shown],
                color=COLOURS[curve.peer],
                linestyle=style,
                linewidth=1,
                label=curve.label,
            )
        for importance_range, colour in ((DEFAULT_RANGE, "black"), (14.0, "tab:red")):
            own = sorted(
                (case.point.wpsnr, case.point.size)
                for case in cases
                if case.point.field == name
                and case.point.map == map_name
                and case.point.importance_range == importance_range
                and RANGE[0] <= case.point.wpsnr <= RANGE[1]
            )
            if own:
                label = "idlat" if importance_range == DEFAULT_RANGE else f"idlat, range {importance_range:g}"
                panel.plot(*zip(*own, strict=True), color=colour, marker="o", markersize=3, label=label)
        panel.set(yscale="log", title=name)
        panel.title.set_fontsize(9)
        panel.grid(alpha=0.3)
    for panel in panels.flat[len(curves) :]:
        panel.set_axis_off()
    for panel in panels.flat[max(len(curves) - columns, 0) : len(curves)]:  # the lowest of each column
        panel.set_xlabel("weighted PSNR, dB" if map_name != "uniform" else "PSNR, dB")
    for row in panels:
        row[0].set_ylabel("bytes")
    labelled = {}
    for panel in panels.flat:
        handles, labels = panel.get_legend_handles_labels()
        labelled |= dict(zip(labels, handles, strict=True))
    figure.legend(labelled.values(), labelled.keys(), loc="lower center", ncols=6, fontsize=9)
    figure.tight_layout(rect=(0, 0.5 / (2.9 * rows), 1, 1))
    figure.savefig(path, dpi=110)
