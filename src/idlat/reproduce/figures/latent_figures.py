"""Figures 9, 10 and 11: clusters under an isosurface map, gradients of two of them, and the uniform map."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from idlat.analysis import density
from idlat.outputs import staged_file, write_whole
from idlat.progress import Progress
from idlat.render import require_offscreen
from idlat.reproduce.figures.latent_pictures import (
    COLOURS,
    bare,
    cluster_surfaces,
    draw_points,
    draw_tree,
    show,
    volume_look,
    volume_of,
)
from idlat.reproduce.latent_findings import (
    Finding,
    block_gradients_of,
    cluster_findings,
    gradient_distances,
    gradient_findings,
    uniform_findings,
)
from idlat.reproduce.latent_study import Groups, LatentStudy, study_latents

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["LATENT_FIGURES", "make_latent_figure"]

_DPI = 110
_LEAVES = ("A1", "A2", "B", "C")


def make_latent_figure(
    name: str,
    output: Path,
    data: Path | None = None,
    *,
    quick: bool = False,
    report: Progress | None = None,
) -> list[Finding]:
    """Draw Figure 9, 10 or 11, ``NAME.png``; findings stand in ``NAME.md``, all numbers in ``NAME.json``.

    Parameters
    ----------
    name
        One of `LATENT_FIGURES`.
    output, data, quick, report
        As for :func:`idlat.reproduce.latent_study.study_latents`; the three figures share what is computed.

    Raises
    ------
    RenderError
        VTK cannot draw here.
    """
    draw, find, size = LATENT_FIGURES[name]
    require_offscreen()
    study = study_latents(output, data, quick=quick, report=report)
    findings = find(study)
    _save(output / f"{name}.png", size, lambda figure: draw(figure, study))
    said = {
        "parameters": asdict(study.parameters),
        "clusters": {under: _clusters(study, under, groups) for under, groups in _groups(study).items()},
        "gradient_distances": gradient_distances(study),
        "findings": [asdict(finding) for finding in findings],
    }
    write_whole(output / f"{name}.json", json.dumps(said, indent=2) + "\n")
    write_whole(output / f"{name}.md", as_markdown(findings))
    return findings


def as_markdown(findings: list[Finding]) -> str:
    """Lay findings out as a table."""
    lines = ["| the paper | here | seen |", "|---|---|---|"]
    lines += [f"| {each.paper} | {each.verdict} | {each.seen} |" for each in findings]
    return "\n".join(lines) + "\n"


def _groups(study: LatentStudy) -> dict[str, Groups]:
    return {"isosurface": study.groups, "uniform": study.uniform_groups}


def _clusters(study: LatentStudy, under: str, groups: Groups) -> list[dict[str, object]]:
    """Return the figures of each named cluster."""
    space = study.spaces[under]
    holds, means, boundary = (
        np.asarray(space.of_blocks(grid), np.float64) for grid in (study.holds, study.means, study.boundary)
    )
    return [
        {
            "name": name,
            "blocks": len(rows := groups.tree.node(node).rows),
            "with_isosurface": int(holds[rows].sum()),
            "on_boundary": int(boundary[rows].sum()),
            "mean_value": float(means[rows].mean()),
            "mean_importance": float(space.weights[rows].mean()),
        }
        for node, name in groups.names.items()
    ]


def _save(path: Path, size: tuple[float, float], draw: Callable[[Figure], None]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    draw(figure)
    with staged_file(path) as temporary:
        figure.savefig(temporary, dpi=_DPI, format="png")


def _labels(study: LatentStudy, groups: Groups) -> NDArray[np.intp]:
    """Return the index in `_LEAVES` of each block (Z, Y, X); -1 where it is empty."""
    space = study.spaces["isosurface"]
    labels = np.full(study.holds.shape, -1, np.intp)
    for index, name in enumerate(_LEAVES):
        labels[tuple(space.blocks[groups.rows(name)].T)] = index
    return labels


def _draw_clusters(figure: Figure, study: LatentStudy) -> None:
    values, isovalue, groups = study.values, study.parameters.isovalue, study.groups
    space, look, labels = study.spaces["isosurface"], volume_look(values, isovalue), _labels(study, groups)
    parts: Any = figure.subfigures(2, 1, height_ratios=(1.3, 1))
    above, below = parts
    axes = dict(zip(("plane", "tree"), above.subplots(1, 2, width_ratios=(1.2, 1)), strict=True))
    names = ("truth", "truth_iso", "core", "core_iso", "halves")
    axes |= dict(zip(names, below.subplots(1, len(names)), strict=True))
    draw_points(axes["plane"], space.points, {name: groups.rows(name) for name in _LEAVES})
    axes["plane"].set_title(f"t-SNE of {len(space.points)} blocks, map: {space.importance}", fontsize=9)
    draw_tree(axes["tree"], groups)
    axes["tree"].set_title("clusters: name, blocks", fontsize=9)
    plain = dict.fromkeys(range(-1, len(_LEAVES)), "#dcb873")
    halves = {index: COLOURS[name] for index, name in enumerate(_LEAVES[:2])}
    core = np.isin(labels, list(halves))
    show(axes["halves"], cluster_surfaces(values, labels, isovalue, halves), "A1 (red), A2 (green)")
    show(axes["truth"], volume_of(values, look), "GT, volume")
    show(axes["truth_iso"], cluster_surfaces(values, labels, isovalue, plain), f"GT, isosurface {isovalue:g}")
    show(axes["core"], volume_of(values, look, core), "A, volume")
    only_core = {index: plain[index] for index in halves}
    show(axes["core_iso"], cluster_surfaces(values, labels, isovalue, only_core), "A, isosurface")


def _draw_gradients(figure: Figure, study: LatentStudy) -> None:
    apart = gradient_distances(study)
    axes = figure.subplots(1, 3, sharey=True)
    parts = {name: block_gradients_of(study, name) for name in ("A1", "A2")}
    reach = max(float(np.abs(part).max()) for part in parts.values())
    at = 1.4 * np.linspace(-reach, reach, 300)
    for ax, axis in zip(axes, "xyz", strict=True):
        along = "zyx".index(axis)
        for name, part in parts.items():
            curve = density(part[along], at)
            ax.fill_between(at, curve, color=COLOURS[name], alpha=0.3, linewidth=0)
            ax.plot(at, curve, color=COLOURS[name], label=f"{name}, {part.shape[1]} blocks")
            ax.axvline(part[along].mean(), color=COLOURS[name], linewidth=0.8, linestyle="--")
        ax.set_title(f"along {axis}: energy distance {apart[axis]:.2f}", fontsize=9)
        ax.set_xlabel("mean gradient of a block, a voxel", fontsize=8)
        ax.tick_params(labelsize=7)
    axes[0].set(ylabel="density", ylim=(0, None))
    axes[0].legend(fontsize=8, frameon=False)


def _draw_uniform(figure: Figure, study: LatentStudy) -> None:
    space, groups = study.spaces["uniform"], study.uniform_groups
    holds = np.asarray(space.of_blocks(study.holds), bool)
    means = np.asarray(space.of_blocks(study.means), np.float64)
    size = float(np.clip(9000 / len(space.points), 6, 40))
    axes = figure.subplots(1, 3)
    for name, colour in (("low", "#1f77b4"), ("high", "#ff7f0e")):
        rows = groups.rows(name)
        label = f"{name}: {len(rows)} blocks, mean {means[rows].mean():.3g}"
        axes[0].scatter(*space.points[rows].T, s=size, color=colour, label=label, linewidths=0)
    axes[0].set_title("uniform map: two clusters", fontsize=9)
    shown = axes[1].scatter(*space.points.T, s=size, c=means, cmap="viridis", linewidths=0)
    bar = figure.colorbar(shown, ax=axes[1], location="bottom", shrink=0.6, pad=0.02)
    bar.set_label("mean value of a block", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    axes[1].set_title("the same by mean value", fontsize=9)
    other = study.spaces["isosurface"]
    held = np.asarray(other.of_blocks(study.holds), bool)
    for rows, colour, label in ((~held, "#b8b8b8", "without"), (held, "#d62728", "with")):
        axes[2].scatter(
            *other.points[rows].T, s=size, color=colour, label=f"{label}, {rows.sum()}", linewidths=0
        )
    axes[2].set_title("isosurface map: blocks with the isosurface", fontsize=9)
    axes[0].scatter(
        *space.points[holds].T,
        s=3 * size,
        facecolors="none",
        edgecolors="#d62728",
        linewidths=0.7,
        label="with the isosurface",
    )
    for ax in axes:
        bare(ax)
    for ax in (axes[0], axes[2]):
        ax.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(0, -0.01))


LATENT_FIGURES = {
    "figure9": (_draw_clusters, cluster_findings, (12.0, 7.6)),
    "figure10": (_draw_gradients, gradient_findings, (10.5, 3.2)),
    "figure11": (_draw_uniform, uniform_findings, (11.5, 4.6)),
}
"""How each is drawn, what it is to show, and its size in inches."""
