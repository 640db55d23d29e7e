"""Similarity maps of isosurfaces and representative isovalues (Sect. 6.4.2; Bruckner and Möller, 2010)."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import FieldError, IdlatError

__all__ = ["SimilarityMap", "check_isovalues", "cosines", "representative_isovalues", "spread_isovalues"]

Float = NDArray[np.float64]

_PERCENTILES = (1.0, 99.0)


@dataclass(frozen=True)
class SimilarityMap:
    """How similar the isosurfaces of a range of isovalues are.

    Attributes
    ----------
    isovalues : float array (n,)
        Ascending, in the field's unit.
    similarity : float array (n, n)
        Symmetric, about 0 to 1; 0 where an isovalue has no surface.
    method : str
        How it was computed.
    seconds_representation, seconds_similarity : float
        What the two stages took.
    """

    isovalues: Float
    similarity: Float
    method: str
    seconds_representation: float
    seconds_similarity: float

    def representative(self, count: int = 4) -> list[float]:
        """Return `count` representative isovalues, the most representative first."""
        return [float(self.isovalues[i]) for i in representative_isovalues(self.similarity, count)]


def spread_isovalues(values: NDArray[np.floating], count: int) -> Float:
    """Spread isovalues evenly from the 1st to the 99th percentile of a field.

    Parameters
    ----------
    values : array
        NaN or infinite where missing.
    count : int
        How many, 2 or more.

    Raises
    ------
    FieldError
        No value is valid, or the percentiles are one value.

    Examples
    --------
    >>> spread_isovalues(np.linspace(0.0, 100.0, 101), 3)
    array([ 1., 50., 99.])
    """
    valid = values[np.isfinite(values)]
    if not valid.size:
        raise FieldError("the field has no valid value")
    low, high = np.percentile(valid.astype(np.float64), _PERCENTILES)
    levels = np.linspace(low, high, count)
    if not (np.diff(levels) > 0).all():
        raise FieldError(
            f"the 1st and 99th percentile are both {low:.6g}: there are no isosurfaces to compare"
        )
    return levels


def check_isovalues(field: NDArray[Any], isovalues: Float) -> Float:
    """Return isovalues as floats, after a check of them and of the field.

    Raises
    ------
    IdlatError
        The field is not (z, y, x) of real numbers, or the isovalues do not ascend.
    """
    if field.ndim != 3 or field.dtype.kind not in "iuf" or min(field.shape, default=0) < 1:
        raise IdlatError(f"a field (z, y, x) of real numbers is expected, got {field.dtype} of {field.shape}")
    values = np.asarray(isovalues, np.float64)
    if values.ndim != 1 or values.size < 2 or not np.isfinite(values).all() or (np.diff(values) <= 0).any():
        raise IdlatError("two or more finite isovalues in ascending order are expected")
    return values


def cosines(product: NDArray[Any]) -> Float:
    """Return the cosines of vectors from their scalar products (n, n); 0 with a vector of length zero."""
    exact = np.asarray(product, np.float64)
    scale = np.sqrt(np.outer(exact.diagonal(), exact.diagonal()))
    found: Float = np.divide(exact, scale, out=np.zeros_like(exact), where=scale > 0)
    return found


def representative_isovalues(similarity: Float, count: int) -> list[int]:
    """Choose representative isovalues from a similarity map (Bruckner and Möller, Sect. 4.3).

    Within a range of isovalues the one with the largest mean similarity to the range goes into a queue, with
    that mean times the length of the range as priority; then the ranges below and above it. Then the queue is
    emptied, each choice making what is similar to it less wanted.

    Parameters
    ----------
    similarity : float array (n, n)
        Symmetric.
    count : int
        How many.

    Returns
    -------
    list of int
        Indices, the most representative first; at most n.

    Raises
    ------
    IdlatError
        `count` is below 1 or the map is not square.

    Examples
    --------
    >>> blocks = np.kron(np.eye(2), np.ones((3, 3)))  # two groups of three
    >>> representative_isovalues(blocks, 2)
    [0, 3]
    """
    if similarity.ndim != 2 or similarity.shape[0] != similarity.shape[1] or not similarity.size:
        raise IdlatError(f"a similarity map (n, n) is expected, got shape {similarity.shape}")
    if count < 1:
        raise IdlatError(f"one or more isovalues must be selected, got {count}")
    priority: dict[int, float] = {}
    ranges = [(0, len(similarity))]
    while ranges:
        low, high = ranges.pop()
        if low >= high:
            continue
        means = similarity[low:high, low:high].mean(axis=1)
        best = low + int(np.argmax(means))
        priority[best] = (high - low) * float(means[best - low])
        ranges += [(low, best), (best + 1, high)]
    return _drain(priority, similarity, count)


def _drain(priority: dict[int, float], similarity: Float, count: int) -> list[int]:
    """Pop the largest priority again and again; divide the others by 1 + their similarity to it."""
    chosen: list[int] = []
    queue = [(-value, index) for index, value in priority.items()]
    while queue and len(chosen) < count:
        heapq.heapify(queue)
        _, index = heapq.heappop(queue)
        chosen.append(index)
        queue = [(value / (1 + similarity[index, other]), other) for value, other in queue]
    return chosen
