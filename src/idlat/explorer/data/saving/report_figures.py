"""Figures of a report: clusters, projection, gradients, maps compared, isosurfaces, tracks; PNG each.

Every function draws into memory; the colours of clusters are those of the page.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import SimilarityMap
from idlat.explorer.data.clusters.cluster_tracks import Tracks
from idlat.explorer.data.clusters.tree_editor import TreeEditor
from idlat.explorer.data.workbench.map_estimate import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_clusters", "draw_estimate", "draw_points", "draw_similarity", "draw_tracks"]

_MOST_NAMED = 12  # clusters in a legend


def _picture(draw: Callable[[Figure], None], size: tuple[float, float]) -> bytes:
    """Draw a figure of `size` inches as PNG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(
        {
            "font.size": 9,
            "axes.titlesize": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "text.parse_math": False,  # names are text, whatever dollars they hold
        }
    ):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        data = io.BytesIO()
        figure.savefig(data, dpi=130, format="png", metadata={"Software": None})
    return data.getvalue()


def draw_clusters(editor: TreeEditor) -> bytes:
    """Draw the distributions of values and of gradients of every leaf (Fig. 10)."""
    leaves = editor.tree.leaves
    details = {leaf.id: editor.describe(leaf.id) for leaf in leaves}
    dataset, variable = editor.blocks.dataset, editor.blocks.variable

    def draw(figure: Figure) -> None:
        values, *axes = figure.subplots(1, 4, width_ratios=(1.5, 1, 1, 1))
        for detail in details.values():
            _stairs(values, detail)
            for ax, axis in zip(axes, "zyx", strict=True):
                if detail["gradients"] is not None:
                    ax.plot(detail["gradients"]["at"], detail["gradients"][axis], color=detail["colour"])
        unit = dataset.units_of(variable)
        values.set(xlabel=f"{variable} ({unit})" if unit else variable, ylabel="share of cells")
        for ax, axis in zip(axes, "zyx", strict=True):
            ax.set(xlabel=f"gradient along {axis}\n({f'{unit} a voxel'.strip()})", yticks=[])
        if len(leaves) <= _MOST_NAMED:
            values.legend(frameon=False)

    return _picture(draw, (11, 3))


def _stairs(ax: Axes, detail: dict[str, object]) -> None:
    histogram = detail["values"]
    if isinstance(histogram, dict):
        counts = np.array(histogram["counts"], float)
        label = f"{detail['name']}, {detail['size']} block{'s' * (detail['size'] != 1)}"
        ax.stairs(counts / max(counts.sum(), 1), histogram["edges"], color=detail["colour"], label=label)


def draw_points(editor: TreeEditor, points: NDArray[np.floating]) -> bytes:
    """Draw the projection (n, 2), coloured by cluster and by the bits that were spent."""
    labels = editor.labels()
    rate = editor.blocks.attribute("rate")

    def draw(figure: Figure) -> None:
        clusters, spent = figure.subplots(1, 2)
        size = float(np.clip(4000 / max(len(points), 1), 1, 20))
        colours = [editor.colour(int(label)) for label in labels]
        clusters.scatter(points[:, 0], points[:, 1], s=size, c=colours, linewidths=0)
        image = spent.scatter(points[:, 0], points[:, 1], s=size, c=rate, cmap="viridis", linewidths=0)
        figure.colorbar(image, ax=spent, label="bits a voxel", shrink=0.8)
        for ax, title in ((clusters, "by cluster"), (spent, "by rate")):
            ax.set(title=title, xticks=[], yticks=[], aspect="equal")

    return _picture(draw, (9, 4))


def draw_estimate(estimate: Estimate) -> bytes:
    """Draw the layer of an estimate in which the map says most: the map, and the values that come back."""
    spread = np.nanmax(estimate.importance, axis=(1, 2)) - np.nanmin(estimate.importance, axis=(1, 2))
    middle = np.abs(np.arange(len(spread)) - len(spread) // 2)
    layer = int(np.lexsort((middle, -spread))[0])

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        for ax, values, title, colours in (
            (left, estimate.importance[layer], "importance", "magma"),
            (right, estimate.reconstruction[layer], estimate.variable, "viridis"),
        ):
            limits = (0.0, 1.0) if ax is left else (None, None)
            image = ax.imshow(values, cmap=colours, origin="lower", vmin=limits[0], vmax=limits[1])
            figure.colorbar(image, ax=ax, shrink=0.85)
            ax.set(title=f"{title}, z = {estimate.region[0][0] + layer}", xlabel="x", ylabel="y")

    return _picture(draw, (9, 3.6))


def draw_similarity(found: SimilarityMap, chosen: list[float]) -> bytes:
    """Draw the similarity map of isosurfaces, with representative isovalues on its diagonal."""

    def draw(figure: Figure) -> None:
        ax = figure.subplots()
        low, high = float(found.isovalues[0]), float(found.isovalues[-1])
        extent = (low, high, low, high)
        image = ax.imshow(found.similarity, cmap="magma", vmin=0, vmax=1, origin="lower", extent=extent)
        figure.colorbar(image, ax=ax, label="similarity", shrink=0.85)
        ax.plot(chosen, chosen, "o", color="white", markeredgecolor="black")
        ax.set(xlabel="isovalue", ylabel="isovalue")

    return _picture(draw, (5, 4))


def draw_tracks(found: Tracks) -> bytes:
    """Draw a cluster's size over the steps, and the paths of its features."""

    def draw(figure: Figure) -> None:
        sizes, paths = figure.subplots(1, 2)
        sizes.plot(found.sizes(), ".-", color="#0072b2")
        sizes.xaxis.get_major_locator().set_params(integer=True)
        sizes.set(xlabel="step", ylabel="blocks", ylim=(0, None), title=found.name)
        for name in sorted({point.track for point in found.points}):
            own = [point for point in found.points if point.track == name]
            paths.plot([p.centroid[2] for p in own], [p.centroid[1] for p in own], ".-", linewidth=1)
        paths.set(xlabel="x (blocks)", ylabel="y (blocks)", title="features")
        paths.set_aspect("equal", adjustable="datalim")

    return _picture(draw, (9, 3.4))
