"""Spectral clustering of a sparse graph (paper, Sect. 5.4): nothing dense of size n² beyond 512 rows.

::

    weights W (n, n), sparse ─▶ I − D^−½ W D^−½ ─ LOBPCG, preconditioned by algebraic multigrid ─▶ (n, k)
      ─ rows to D^−½ ─ k-means, seeded ─▶ labels; the gaps between the eigenvalues suggest k
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["Spectrum", "spectral_labels", "spectrum", "suggested_count"]

_DENSE_ROWS = 512  # below, a dense solver is quicker and exact
_SHIFT = 1e-6  # makes the Laplacian definite for the preconditioner
_TOLERANCE = 1e-4
_ITERATIONS = 60


@dataclass(frozen=True)
class Spectrum:
    """The smallest eigenvalues of the normalised Laplacian and their vectors.

    Attributes
    ----------
    values : float array (k,)
        Ascending, in [0, 2]; the first is 0 for a graph in one piece.
    vectors : float array (n, k)
        Of D^−½ L D^−½, divided by the square roots of the degrees: constant in the first column.
    """

    values: NDArray[np.float64]
    vectors: NDArray[np.float64]


def spectrum(graph: sp.csr_array[Any], count: int, seed: int = 0) -> Spectrum:
    """Solve for the smallest eigenpairs of a graph's normalised Laplacian.

    Parameters
    ----------
    graph : csr_array (n, n)
        Symmetric weights, in one piece.
    count : int
        Pairs; at most n.
    seed : int
        Of the solver's start.
    """
    n = graph.shape[0]
    count = min(count, n)
    degrees = np.asarray(graph.sum(axis=1), np.float64).ravel()
    root = np.sqrt(np.maximum(degrees, 1e-300))
    scale = sp.diags_array(1 / root)
    laplacian = (sp.eye_array(n) - scale @ graph @ scale).tocsr()
    if n <= max(_DENSE_ROWS, 5 * count):
        values, vectors = np.linalg.eigh(laplacian.toarray())
        values, vectors = values[:count], vectors[:, :count]
    else:
        values, vectors = _iterate(laplacian, root, count, seed)
    return Spectrum(np.clip(values, 0, 2), vectors / root[:, None])


def _iterate(
    laplacian: sp.csr_array[Any], root: NDArray[np.float64], count: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """LOBPCG under an algebraic-multigrid preconditioner; a few more vectors than wanted speed it up."""
    from pyamg import smoothed_aggregation_solver
    from scipy.sparse.linalg import lobpcg

    n = len(root)
    shifted = sp.csr_matrix(laplacian + _SHIFT * sp.eye_array(n))  # pyamg knows matrices, not arrays
    # local weighting: the default estimates a spectral radius from NumPy's global random state
    multigrid = smoothed_aggregation_solver(
        shifted, B=root[:, None], smooth=("jacobi", {"omega": 4.0 / 3.0, "weighting": "local"})
    )
    start = np.random.default_rng(seed).standard_normal((n, count + 4))
    start[:, 0] = root
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # what has not converged after _ITERATIONS is good enough
        values, vectors = lobpcg(
            shifted,
            start,
            M=multigrid.aspreconditioner(),
            tol=_TOLERANCE,
            maxiter=_ITERATIONS,
            largest=False,
        )
    order = np.argsort(values)[:count]
    return values[order] - _SHIFT, vectors[:, order]


def suggested_count(values: NDArray[np.float64], most: int) -> int:
    """Suggest a number of clusters, 2 to `most`: where the next eigenvalue is furthest away (eigengap).

    Parameters
    ----------
    values : float array (k,)
        The smallest eigenvalues, ascending.
    most : int
        Upper limit; below k.

    Examples
    --------
    >>> suggested_count(np.array([0.0, 0.01, 0.02, 0.3, 0.35]), 4)
    3
    """
    gaps = np.diff(values)[1:most]  # after the second, third … eigenvalue
    return 2 + int(np.argmax(gaps)) if gaps.size else 2


def spectral_labels(found: Spectrum, count: int, seed: int = 0) -> NDArray[np.intp]:
    """Cluster the rows of the first `count` eigenvectors by k-means.

    Returns
    -------
    int array (n,)
        0 for the largest cluster, and so on; ties go to the cluster whose first row comes first.
    """
    from sklearn.cluster import KMeans

    embedding = found.vectors[:, 1:count]
    spread = embedding.std(axis=0)
    embedding = embedding / np.where(spread > 0, spread, 1)
    rough = KMeans(count, n_init=10, random_state=seed).fit_predict(embedding)
    sizes = np.bincount(rough, minlength=count)
    first = np.array([np.argmax(rough == label) for label in range(count)])
    order = np.lexsort((first, -sizes))
    rank = np.empty(count, np.intp)
    rank[order] = np.arange(count)
    labels: NDArray[np.intp] = rank[rough]
    return labels
