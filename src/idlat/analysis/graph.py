"""The neighbour graph of blocks: each is joined to those nearest in features; sparse and connected."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["connected", "neighbour_graph"]

Real = NDArray[np.float32]

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
