"""Parts of Figures 9 to 11: points in the plane, a tree of clusters, volumes and surfaces of blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import cluster_meshes, only
from idlat.metrics import Triangles
from idlat.render import Image, Look, Viewpoint, draw_surface, draw_volume
from idlat.reproduce.figures.pictures import look_of
from idlat.reproduce.latent_study import Groups
from idlat.reproduce.vortex_volume import BLOCK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLOURS", "cluster_surfaces", "draw_points", "draw_tree", "show", "volume_look", "volume_of"]

COLOURS = {"A": "#8c564b", "A1": "#d62728", "A2": "#2ca02c", "B": "#1f77b4", "C": "#b8b8b8"}
"""Of clusters, as in the paper A1 is red and A2 green."""

VIEW = Viewpoint(size=(520, 520), zoom=1.0)
_OPACITY = np.linspace(0.0, 1.0, 32)


def draw_points(ax: Axes, points: NDArray[np.float64], rows: Mapping[str, NDArray[np.intp]]) -> None:
    """Draw blocks in the plane in the colours of their clusters, by name."""
    size = float(np.clip(9000 / len(points), 6, 40))
    for name, own in rows.items():
        label = f"{name}: {len(own)} blocks"
        ax.scatter(
            points[own, 0],
            points[own, 1],
            s=size,
            color=COLOURS[name],
            label=label,
            linewidths=0.3,
            edgecolors="white",
        )
    bare(ax)
    ax.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(0, -0.01), ncols=2)


def draw_tree(ax: Axes, groups: Groups) -> None:
    """Draw the tree of clusters: circles in proportion to their blocks, with names and numbers."""
    places: dict[int, tuple[float, float]] = {}
    nodes = {node.id: node for node in groups.tree.nodes}
    lanes = iter(range(len(groups.tree.leaves)))

    def place(node: int, depth: int) -> float:
        below = sorted(nodes[node].children, key=lambda child: groups.names.get(child, "Z"))
        across = float(np.mean([place(child, depth + 1) for child in below])) if below else float(next(lanes))
        places[node] = (depth, -across)
        return across

    place(0, 0)
    total = len(nodes[0].rows)
    for node in nodes.values():
        x, y = places[node.id]
        if node.parent is not None:
            px, py = places[node.parent]
            ax.plot([px, x], [py, y], color="0.75", linewidth=1.2, zorder=1)
        name = groups.names.get(node.id, "all" if node.parent is None else "")
        colour = COLOURS.get(name, "0.9")
        ax.scatter(x, y, s=200 + 1000 * len(node.rows) / total, color=colour, edgecolors="0.4", zorder=2)
        text = f"{name}\n{len(node.rows)}" if name else str(len(node.rows))
        ax.annotate(text, (x, y), ha="center", va="center", fontsize=8, zorder=3)
    ax.margins(0.2)
    ax.set_axis_off()


def volume_look(values: NDArray[np.float32], isovalue: float) -> Look:
    """Return a look of a vortex that is dense at its isovalue and a veil below it."""
    high = max(float(np.percentile(values, 99.9)), 1.2 * isovalue)
    return look_of("inferno_r", 0.0, high, 0.5 * _OPACITY**2.5)


def volume_of(values: NDArray[np.float32], look: Look, blocks: NDArray[np.bool_] | None = None) -> Image:
    """Draw a volume, or only some of its blocks (Z, Y, X)."""
    shown: NDArray[Any] = values if blocks is None else only(values, blocks, BLOCK)
    return draw_volume(shown, look, VIEW)


def cluster_surfaces(
    values: NDArray[np.float32], labels: NDArray[np.intp], isovalue: float, colours: Mapping[int, str]
) -> Image:
    """Draw the parts of an isosurface in clusters (Z, Y, X), each in its colour; other parts are left out."""
    from matplotlib.colors import to_rgb

    points, faces, shades, count = [], [], [], 0
    for label, mesh in cluster_meshes(values, labels, isovalue, BLOCK).items():
        if label not in colours:
            continue
        points.append(mesh.vertices)
        faces.append(mesh.faces.astype(np.int32) + count)
        rgb = np.rint(255 * np.array(to_rgb(colours[label]))).astype(np.uint8)
        shades.append(np.broadcast_to(rgb, (len(mesh.vertices), 3)))
        count += len(mesh.vertices)
    z, y, x = values.shape
    extent = (z - 1.0, y - 1.0, x - 1.0)
    if not points:
        return draw_surface(None, extent, view=VIEW)
    surface = Triangles(np.concatenate(points), np.concatenate(faces))
    return draw_surface(surface, extent, np.concatenate(shades), VIEW)


def show(ax: Axes, image: Image, title: str) -> None:
    """Show a picture without axes."""
    ax.imshow(image)
    ax.set_title(title, fontsize=9)
    bare(ax)
    ax.spines[:].set_visible(False)


def bare(ax: Axes) -> None:
    """Take ticks away."""
    ax.set(xticks=[], yticks=[])
