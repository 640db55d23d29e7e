"""How good clusters are: silhouette, size, extent, values and importance of every node of a tree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from idlat.analysis.clusters import ClusterNode, ClusterTree
from idlat.analysis.features import BlockFeatures
from idlat.errors import IdlatError

__all__ = ["Histogram", "NodeQuality", "node_qualities", "silhouettes"]

_SAMPLE = 2000  # blocks of a split whose silhouettes are computed; their distances take 32 MB
_BINS = 16


@dataclass(frozen=True)
class Histogram:
    """Counts between edges.

    Attributes
    ----------
    edges : tuple of float
        One more than counts, ascending.
    counts : tuple of int
        Values in [edge, next edge), the last closed.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class NodeQuality:
    """Figures of one cluster.

    Attributes
    ----------
    size : int
        Blocks.
    silhouette : float or None
        Mean over its blocks, in [-1, 1], against its siblings; None for the root.
    bounding_box : tuple of (int, int)
        Half-open ranges of blocks along step, z, y, x.
    mean_value, mean_importance : float or None
        Over its blocks; None where they are not known.
    values : Histogram or None
        Of its blocks' values, in bins that all nodes share.
    """

    size: int
    silhouette: float | None
    bounding_box: tuple[tuple[int, int], ...]
    mean_value: float | None = None
    mean_importance: float | None = None
    values: Histogram | None = None


def node_qualities(
    tree: ClusterTree,
    features: BlockFeatures,
    values: ArrayLike | None = None,
    importance: ArrayLike | None = None,
    *,
    seed: int = 0,
) -> dict[int, NodeQuality]:
    """Compute the figures of every node.

    Parameters
    ----------
    tree, features
        The clusters and what they are of.
    values : array (T, Z, Y, X) or (T, Z, Y, X, m), optional
        One or more values of each block, such as the means of its cells; NaN where there is none.
    importance : array (T, Z, Y, X), optional
        Mean importance of each block.
    seed : int
        Of the sample of blocks that large nodes' silhouettes are computed from.

    Returns
    -------
    dict
        By the nodes' ids.

    Raises
    ------
    IdlatError
        `values` or `importance` are of another grid.
    """
    found = silhouettes(tree, features.values, seed)
    block_values = None if values is None else _rows(values, features, "values")
    block_importance = None if importance is None else _rows(importance, features, "importance")
    edges = None if block_values is None else _edges(block_values)
    return {
        node.id: _quality(node, features, found.get(node.id), block_values, edges, block_importance)
        for node in tree.nodes
    }


def _rows(array: ArrayLike, features: BlockFeatures, name: str) -> NDArray[np.float64]:
    """Return the values (n, m) of the blocks that are not empty."""
    given = np.asarray(array, np.float64)
    if given.shape[:4] != features.shape or given.ndim > 5:
        raise IdlatError(
            f"{name} of the grid of blocks {features.shape} are expected, got an array of shape {given.shape}"
        )
    rows: NDArray[np.float64] = given[tuple(features.blocks.T)].reshape(len(features.blocks), -1)
    return rows


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    finite = values[np.isfinite(values)]
    return np.histogram_bin_edges(finite, _BINS) if finite.size else None


def _quality(
    node: ClusterNode,
    features: BlockFeatures,
    silhouette: float | None,
    values: NDArray[np.float64] | None,
    edges: NDArray[np.float64] | None,
    importance: NDArray[np.float64] | None,
) -> NodeQuality:
    places = features.blocks[node.rows]
    box = tuple(zip(places.min(axis=0).tolist(), (places.max(axis=0) + 1).tolist(), strict=True))
    histogram = None
    if values is not None and edges is not None:
        part = values[node.rows]
        counts, _ = np.histogram(part[np.isfinite(part)], edges)
        histogram = Histogram(tuple(edges.tolist()), tuple(counts.tolist()))
    return NodeQuality(
        len(node.rows), silhouette, box, _mean(values, node.rows), _mean(importance, node.rows), histogram
    )


def _mean(values: NDArray[np.float64] | None, rows: NDArray[np.intp]) -> float | None:
    if values is None:
        return None
    part = values[rows]
    finite = part[np.isfinite(part)]
    return float(finite.mean()) if finite.size else None


def silhouettes(tree: ClusterTree, values: NDArray[np.float32], seed: int = 0) -> dict[int, float]:
    """Compute each node's mean silhouette against its siblings, from a seeded sample of large splits.

    Parameters
    ----------
    tree : ClusterTree
        Its root is left out.
    values : float32 array (n, d)
        Features.
    seed : int
        Of the sample.

    Returns
    -------
    dict
        By the nodes' ids; a cluster that the sample misses is left out.
    """
    found: dict[int, float] = {}
    for parent in tree.nodes:
        if parent.children:
            found.update(_split_silhouettes([tree.node(child) for child in parent.children], values, seed))
    return found


def _split_silhouettes(
    children: list[ClusterNode], values: NDArray[np.float32], seed: int
) -> dict[int, float]:
    from sklearn.metrics import silhouette_samples

    rows = np.concatenate([child.rows for child in children])
    labels = np.concatenate([np.full(len(child.rows), child.id) for child in children])
    if len(rows) > _SAMPLE:
        chosen = np.sort(np.random.default_rng(seed).choice(len(rows), _SAMPLE, replace=False))
        rows, labels = rows[chosen], labels[chosen]
    ids = np.unique(labels)
    if not 2 <= len(ids) < len(rows):  # every block alone: a silhouette is 0 by definition
        return {int(i): 0.0 for i in ids}
    each = silhouette_samples(values[rows], labels)
    return {int(i): float(each[labels == i].mean()) for i in ids}
