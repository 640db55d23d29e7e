"""The graph of blocks: each is joined to those nearest in features, and to such as hardly differ; sparse."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["alike_graph", "connected", "neighbour_graph"]

Real = NDArray[np.float32]

_ALIKE = 0.2  # of the spread: rows that are closer hardly differ
_ALL_PAIRS = 512  # rows up to which all pairs are looked at; of more, some drawn ones
_DRAWN = 20  # rows that each row is compared with
_PAIRS = 1 << 17  # compared at a time
_BRIDGE_SAMPLE = 256  # rows of a piece that look for its nearest neighbour outside


def neighbour_graph(values: Real, neighbours: int = 10) -> sp.csr_array[Any]:
    """Link each row to its nearest neighbours.

    The weight is 1 where both are among the other's nearest, 1/2 where one is: distances in between latents
    of different sizes do not compare, ranks do.

    Parameters
    ----------
    values : float32 array (n, d)
        Features.
    neighbours : int
        Of each row; fewer where there are fewer rows.

    Returns
    -------
    csr_array (n, n)
        Symmetric, nothing on the diagonal, weights 1/2 or 1; in one piece.

    Examples
    --------
    >>> graph = neighbour_graph(np.array([[0.0], [1.0], [3.0]], np.float32), 1)
    >>> graph.nonzero()[0].tolist(), graph.nonzero()[1].tolist()
    ([0, 1, 1, 2], [1, 0, 2, 1])
    """
    count = len(values)
    k = min(neighbours, count - 1)
    if k < 1:
        return sp.csr_array((count, count), dtype=np.float64)
    from sklearn.neighbors import NearestNeighbors

    index = NearestNeighbors(n_neighbors=k, algorithm=_algorithm(values)).fit(values).kneighbors()[1]
    rows = np.repeat(np.arange(count), k)
    graph = sp.csr_array((np.full(index.size, 0.5), (rows, index.ravel())), shape=(count, count))
    return connected((graph + graph.T).tocsr(), values)


def alike_graph(values: Real, seed: int = 0) -> sp.csr_array[Any]:
    """Link rows that hardly differ: those closer than a fifth of the spread of all.

    Where most blocks are quiet, the nearest neighbours of each tell apart what is as good as the same, and a
    cut through them costs as little as one that divides the quiet from the loud. These links make it dear.

    Parameters
    ----------
    values : float32 array (n, d)
        Features.
    seed : int
        Of the 20 rows that each is compared with, where there are more than 512; else with all.

    Returns
    -------
    csr_array (n, n)
        Symmetric, nothing on the diagonal, weights 1.

    Examples
    --------
    >>> graph = alike_graph(np.array([[0.0], [0.1], [0.2], [9.0]], np.float32))
    >>> graph.nonzero()[0].tolist(), graph.nonzero()[1].tolist()
    ([0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1])
    """
    count = len(values)
    centred = values - values.mean(axis=0)
    reach = _ALIKE * np.sqrt(np.einsum("ij,ij->", centred, centred, dtype=np.float64) / count)
    if count <= _ALL_PAIRS:
        a, b = np.triu_indices(count, 1)
    else:
        a = np.repeat(np.arange(count), _DRAWN)
        b = np.random.default_rng(seed).integers(0, count, a.size)
        a, b = a[a != b], b[a != b]
    parts = [
        np.linalg.norm(values[a[i : i + _PAIRS]] - values[b[i : i + _PAIRS]], axis=1) < reach
        for i in range(0, len(a), _PAIRS)
    ]
    close = np.concatenate(parts) if parts else np.empty(0, bool)
    a, b = a[close], b[close]
    links = sp.csr_array((np.ones(2 * len(a)), (np.r_[a, b], np.r_[b, a])), shape=(count, count))
    links.data[:] = 1  # a pair that was drawn twice is one
    return links


def _algorithm(values: Real) -> str:
    """Trees help in few dimensions only."""
    return "kd_tree" if values.shape[1] <= 8 else "brute"


def connected(graph: sp.csr_array[Any], values: Real) -> sp.csr_array[Any]:
    """Join the pieces of a graph (n, n), each by its shortest link to the rest, with the smallest weight.

    A cut through these links is the cheapest there is, so that pieces are split off first.
    """
    count, piece = sp.csgraph.connected_components(graph, directed=False)
    if count == 1:
        return graph
    weight = float(graph.data.min()) if graph.nnz else 1.0
    links: list[tuple[int, int]] = []
    sizes = np.bincount(piece)
    joined = piece == np.argmax(sizes)
    for own in np.argsort(-sizes, kind="stable")[1:]:  # large pieces first: each to what is joined already
        members = np.flatnonzero(piece == own)
        links.append(_shortest(values, members, np.flatnonzero(joined)))
        joined[members] = True
    a, b = np.asarray(links).T
    bridge = sp.csr_array((np.full(len(links), weight), (a, b)), shape=graph.shape)
    return graph.maximum(bridge.maximum(bridge.T)).tocsr()


def _shortest(values: Real, members: NDArray[np.intp], others: NDArray[np.intp]) -> tuple[int, int]:
    """Return a close pair, one row of each of two sets; of a large set, rows at even steps are tried."""
    from sklearn.metrics import pairwise_distances_argmin_min

    tried = members[:: -(-len(members) // _BRIDGE_SAMPLE)]
    nearest, distance = pairwise_distances_argmin_min(values[tried], values[others])
    best = int(np.argmin(distance))
    return int(tried[best]), int(others[nearest[best]])
