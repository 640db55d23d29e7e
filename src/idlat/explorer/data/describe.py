"""The figures of one cluster: size, extent, silhouette, distributions of values and gradients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import ClusterTree, density, node_qualities
from idlat.explorer.data.blocks import Blocks

__all__ = ["describe_node", "siblings"]

_BINS = 24
_POINTS = 48  # of a density


def siblings(tree: ClusterTree, parent: int) -> ClusterTree:
    """Return the tree of one split: a node as the root, and its children as leaves."""
    entry = tree.node(parent)
    children = (replace(tree.node(child), children=()) for child in entry.children)
    return ClusterTree((replace(entry, parent=None), *children), tree.next_id)


def describe_node(blocks: Blocks, tree: ClusterTree, node: int) -> dict[str, Any]:
    """Return the figures of a node as JSON values; see :meth:`TreeEditor.describe`."""
    entry = tree.node(node)
    silhouette = None
    if entry.parent is not None:
        figures = node_qualities(siblings(tree, entry.parent), blocks.features, seed=blocks.seed)
        silhouette = figures[node].silhouette
    places = blocks.positions[entry.rows] * blocks.dataset.block
    ends = np.minimum(places.max(axis=0) + blocks.dataset.block, blocks.dataset.shape)
    values = blocks.cell_values
    return {
        "size": len(entry.rows),
        "share": len(entry.rows) / blocks.count,
        "silhouette": silhouette,
        "bounding_box": {
            axis: [int(a), int(b)] for axis, a, b in zip("zyx", places.min(axis=0), ends, strict=True)
        },
        "mean_value": _mean(values[entry.rows]),
        "mean_importance": _mean(blocks.attribute("importance")[entry.rows]),
        "values": _histogram(values, entry.rows),
        "gradients": _gradients(blocks.gradients, entry.rows),
    }


def _mean(values: NDArray[np.floating]) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean(dtype=np.float64)) if known.size else None


def _histogram(values: NDArray[np.float32], rows: NDArray[np.intp]) -> dict[str, list[float]] | None:
    """Count a node's values in bins that all nodes share; None where no value is known."""
    known = values[np.isfinite(values)].astype(np.float64)
    if not known.size:
        return None
    edges = np.histogram_bin_edges(known, _BINS)
    own = values[rows]
    counts, _ = np.histogram(own[np.isfinite(own)], edges)
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _gradients(gradients: NDArray[np.float32], rows: NDArray[np.intp]) -> dict[str, list[float]] | None:
    """Estimate the densities of a node's gradients along each axis, at points that all nodes share."""
    known = gradients[np.isfinite(gradients).all(axis=1)]
    own = gradients[rows]
    own = own[np.isfinite(own).all(axis=1)]
    if not own.size:
        return None
    reach = float(np.percentile(np.abs(known), 99.5)) or 1.0
    at = np.linspace(-reach, reach, _POINTS)
    return {"at": at.tolist()} | {axis: density(own[:, i], at).tolist() for i, axis in enumerate("zyx")}
