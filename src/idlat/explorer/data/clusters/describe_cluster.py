"""The figures of one cluster: size, extent, silhouette, means, distributions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import ClusterFile, ClusterTree, node_qualities
from idlat.errors import ImportanceError
from idlat.explorer.data.background_jobs import ignore_progress
from idlat.explorer.data.clusters.distributions import distributions
from idlat.explorer.data.step_blocks import Blocks
from idlat.progress import Progress

__all__ = ["describe_node", "describe_rows", "file_of", "known_importance", "siblings"]


def siblings(tree: ClusterTree, parent: int) -> ClusterTree:
    """Return the tree of one split: a node as the root, and its children as leaves."""
    entry = tree.node(parent)
    children = (replace(tree.node(child), children=()) for child in entry.children)
    return ClusterTree((replace(entry, parent=None), *children), tree.next_id)


def known_importance(blocks: Blocks, progress: Progress | None = None) -> NDArray[np.float32]:
    """Return the mean importance of each block (n,); NaN where it cannot be evaluated again."""
    try:
        return blocks.attribute("importance", progress)
    except ImportanceError:  # its file is gone, or a variable of it: the other figures stand without
        return np.full(blocks.count, np.nan, np.float32)


def describe_node(
    blocks: Blocks, tree: ClusterTree, node: int, progress: Progress | None = None
) -> dict[str, Any]:
    """Return the figures of a node as JSON values; see :meth:`TreeEditor.describe`."""
    entry = tree.node(node)
    silhouette = None if entry.parent is None else _silhouette(blocks, siblings(tree, entry.parent), node)
    return _figures(blocks, entry.rows, silhouette, progress)


def describe_rows(blocks: Blocks, rows: NDArray[np.intp], progress: Progress | None = None) -> dict[str, Any]:
    """Return the figures of any blocks as JSON values; see :meth:`TreeEditor.describe_chosen`."""
    silhouette = None
    if 0 < len(rows) < blocks.count:
        rest = np.setdiff1d(np.arange(blocks.count), rows)
        silhouette = _silhouette(blocks, ClusterTree.root(blocks.count).divided(0, [rows, rest]), 1)
    return _figures(blocks, rows, silhouette, progress)


def _silhouette(blocks: Blocks, split: ClusterTree, node: int) -> float | None:
    """Measure a child against its siblings."""
    return node_qualities(split, blocks.features, seed=blocks.seed)[node].silhouette


def _figures(
    blocks: Blocks, rows: NDArray[np.intp], silhouette: float | None, progress: Progress | None
) -> dict[str, Any]:
    """Return the figures of blocks whose silhouette is known."""
    tell = progress or ignore_progress
    tell("describe", 0, 2)
    places = blocks.positions[rows] * blocks.dataset.block
    ends = np.minimum(places.max(axis=0) + blocks.dataset.block, blocks.dataset.shape)
    importance = known_importance(blocks, progress)
    tell("describe", 1, 2)
    return {
        "size": len(rows),
        "share": len(rows) / blocks.count,
        "silhouette": silhouette,
        "bounding_box": {
            axis: [int(a), int(b)] for axis, a, b in zip("zyx", places.min(axis=0), ends, strict=True)
        },
        "mean_value": _mean(blocks.cell_values[rows]),
        "mean_importance": _mean(importance[rows]),
        **distributions(blocks, rows),
    }


def file_of(blocks: Blocks, tree: ClusterTree) -> ClusterFile:
    """Return what ``idlat analyze clusters`` writes of a tree; see :meth:`TreeEditor.cluster_file`."""
    features, dataset = blocks.features, blocks.dataset
    places = features.blocks + np.array([blocks.step, 0, 0, 0])
    cells = blocks.cell_values
    values = np.full((*features.shape, cells.shape[-1]), np.nan)
    values[tuple(features.blocks.T)] = cells
    importance = blocks.grid(known_importance(blocks), np.nan)[None]
    qualities = node_qualities(tree, features, values, importance, seed=blocks.seed)
    shape = (dataset.steps, *features.shape[1:])
    return ClusterFile(
        tree,
        places,
        shape,
        dataset.block,
        blocks.seed,
        qualities,
        dataset.archive.path,
        blocks.scaling,
        (blocks.variable,),
    )


def _mean(values: NDArray[np.floating]) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean(dtype=np.float64)) if known.size else None
