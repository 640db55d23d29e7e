"""Isosurface similarity maps by others, to compare with: distance fields, a fast form, overlap of cells.

- ``distance-field``: Bruckner and Möller (2010). Each isosurface is its exact distance field, at full
  resolution; two are as alike as the mutual information of their joint histogram over all voxels,
  2·I(X, Y) / (H(X) + H(Y)).
- ``fast``: the same, with distances and histograms on every second to fourth voxel.
- ``cell-overlap``: Ma and Entezari (2018). Each isosurface is the set of cells that it passes through; two
  are as alike as they share cells: the cosine of indicators, one sparse matrix product.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from idlat.analysis.similarity import SimilarityMap, check_isovalues, cosines
from idlat.progress import Progress, tell

__all__ = ["PEERS", "Peer", "cell_overlap_map", "distance_field_map", "peer_map"]

Float = NDArray[np.float64]
Peer = Literal["distance-field", "fast", "cell-overlap"]
PEERS: tuple[Peer, ...] = ("distance-field", "fast", "cell-overlap")

BINS = 128
_FAST_BINS = 64
_FAST_VOXELS = 32  # an axis that are to be left, if a stride of 2 to 4 allows


def peer_map(
    method: Peer, field: NDArray[Any], isovalues: Float, progress: Progress | None = None
) -> SimilarityMap:
    """Compute a similarity map by one of the peers' methods."""
    if method == "cell-overlap":
        return cell_overlap_map(field, isovalues, progress)
    if method == "fast":
        stride = int(np.clip(min(field.shape, default=1) // _FAST_VOXELS, 2, 4))
        return distance_field_map(field, isovalues, stride=stride, bins=_FAST_BINS, progress=progress)
    return distance_field_map(field, isovalues, progress=progress)


def distance_field_map(
    field: NDArray[Any],
    isovalues: Float,
    *,
    stride: int = 1,
    bins: int = BINS,
    progress: Progress | None = None,
) -> SimilarityMap:
    """Compute Bruckner and Möller's map.

    Parameters
    ----------
    field : array (Z, Y, X)
        NaN where missing.
    isovalues : float array (n,)
        Ascending.
    stride : int
        1 for the exact form; else every so many voxels along each axis, the distances measured between them.
    bins : int
        Of a distance, over the range that all distance fields share.
    progress
        Called as ``progress("represent" or "compare", done, total)``.

    Returns
    -------
    SimilarityMap
        Of values in [0, 1]; 0 where an isosurface does not exist.
    """
    isovalues = check_isovalues(field, isovalues)
    values = np.asarray(field[::stride, ::stride, ::stride], np.float32)
    start = perf_counter()
    fields = []
    for done, isovalue in enumerate(isovalues, start=1):
        fields.append(_distances(values, float(isovalue)))
        tell(progress, "represent", done, len(isovalues))
    represented = perf_counter()
    codes = _binned(fields, bins)
    similarity = _mutual_information_map(codes, bins, progress)
    seconds = perf_counter() - represented
    method = "distance-field" if stride == 1 else "fast"
    return SimilarityMap(isovalues, similarity, method, represented - start, seconds)


def _distances(values: NDArray[np.float32], isovalue: float) -> NDArray[np.float32] | None:
    """Return the exact Euclidean distance of each voxel to the voxels next to the surface."""
    import edt

    near = _crossed(values, isovalue)
    return edt.edt(~near, parallel=0) if near.any() else None  # 0: a thread for each processor


def _crossed(values: NDArray[np.float32], isovalue: float) -> NDArray[np.bool_]:
    """Mark voxels with a neighbour on the other side of an isovalue; NaN is on no side."""
    above, below = values >= isovalue, values < isovalue
    near = np.zeros(values.shape, bool)
    for axis in range(3):
        a = tuple(slice(None, -1) if k == axis else slice(None) for k in range(3))
        b = tuple(slice(1, None) if k == axis else slice(None) for k in range(3))
        cross = (above[a] & below[b]) | (below[a] & above[b])
        near[a] |= cross
        near[b] |= cross
    return near


def _binned(fields: list[NDArray[np.float32] | None], bins: int) -> list[NDArray[np.int32] | None]:
    """Return each distance's bin, over the range from 0 to the largest of all."""
    largest = max((float(f.max()) for f in fields if f is not None), default=0.0)
    factor = np.float32(bins / largest if largest > 0 else 0)
    return [
        None if f is None else np.minimum((f * factor).astype(np.int32).ravel(), bins - 1) for f in fields
    ]


def _mutual_information_map(
    codes: list[NDArray[np.int32] | None], bins: int, progress: Progress | None
) -> Float:
    """Compare every pair: 2·I(X, Y) / (H(X) + H(Y)), 0 where that is not a number."""
    n = len(codes)
    entropy = np.array([0.0 if c is None else _entropy(np.bincount(c, minlength=bins)) for c in codes])
    similarity = np.zeros((n, n))
    for i, first in enumerate(codes):
        if first is not None:
            scaled = first * bins
            for j in range(i, n):
                second = codes[j]
                total = entropy[i] + entropy[j]
                if second is not None and total > 0:
                    joint = _entropy(np.bincount(scaled + second, minlength=bins * bins))
                    similarity[i, j] = similarity[j, i] = 2 * (total - joint) / total
        tell(progress, "compare", i + 1, n)
    return np.clip(similarity, 0, 1)


def _entropy(counts: NDArray[np.integer]) -> float:
    """Shannon entropy of counts, in bits."""
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


def cell_overlap_map(
    field: NDArray[Any], isovalues: Float, progress: Progress | None = None
) -> SimilarityMap:
    """Compute the map of shared cells: FᵀF of indicators of the cells that each isosurface passes through.

    Parameters
    ----------
    field : array (Z, Y, X)
        NaN where missing: its cells count for no isosurface. A cell lies between 2³ voxels.
    isovalues : float array (n,)
        Ascending.
    progress
        Called as ``progress("represent", done, total)``.
    """
    isovalues = check_isovalues(field, isovalues)
    start = perf_counter()
    low, high = _extremes(np.asarray(field, np.float64))
    rows = []
    for done, isovalue in enumerate(isovalues, start=1):
        cells = np.flatnonzero((low <= isovalue) & (isovalue < high))
        rows.append(cells)
        tell(progress, "represent", done, len(isovalues))
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate(rows)
    indicators = sp.csr_array((np.ones(len(columns)), columns, ends), shape=(len(rows), max(low.size, 1)))
    represented = perf_counter()
    similarity = cosines((indicators @ indicators.T).toarray())
    seconds = perf_counter() - represented
    return SimilarityMap(isovalues, similarity, "cell-overlap", represented - start, seconds)


def _extremes(values: Float) -> tuple[Float, Float]:
    """Smallest and largest value of each cell between 2³ voxels (fewer along an axis of one voxel)."""
    low, high = values, values
    for axis, length in enumerate(values.shape):
        if length > 1:
            a = tuple(slice(None, -1) if k == axis else slice(None) for k in range(3))
            b = tuple(slice(1, None) if k == axis else slice(None) for k in range(3))
            low, high = np.minimum(low[a], low[b]), np.maximum(high[a], high[b])
    return low, high
