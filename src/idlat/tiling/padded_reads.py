"""Reading pieces of a source along its last three axes, and replicating its edge."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.tiling.boxes import Span, Triple

__all__ = ["last_axes", "pad_edge", "read_pieces", "segments"]


def pad_edge(data: NDArray[Any], shape: Triple) -> NDArray[Any]:
    """Replicate the last voxel of the last three axes up to `shape`.

    >>> pad_edge(np.array([[[1, 2]]]), (1, 2, 3))[0].tolist()
    [[1, 2, 2], [1, 2, 2]]
    """
    missing = [(0, want - have) for want, have in zip(shape, data.shape[-3:], strict=True)]
    if not any(after for _, after in missing):
        return data
    return np.pad(data, [(0, 0)] * (data.ndim - 3) + missing, mode="edge")


def segments(span: Span, size: int, wraps: bool) -> list[Span]:
    """Contiguous pieces of an axis that a span covers, in order."""
    start, stop = span
    if not wraps:
        if not 0 <= start < stop <= size:
            raise IdlatError(f"window {start}:{stop} is empty or leaves an axis of {size} that does not wrap")
        return [span]
    pieces = []
    while start < stop:
        at = start % size
        length = min(size - at, stop - start)
        pieces.append((at, at + length))
        start += length
    return pieces


def read_pieces(source: Any, axes: Sequence[Sequence[Span]]) -> NDArray[Any]:
    """Read the product of pieces along the last three axes into one new array."""
    if all(len(pieces) == 1 for pieces in axes):
        return np.array(source[last_axes([slice(*pieces[0]) for pieces in axes])])
    sizes = [sum(b - a for a, b in pieces) for pieces in axes]
    out = np.empty((*source.shape[:-3], *sizes), dtype=source.dtype)
    placed = []
    for pieces in axes:
        ends = itertools.accumulate(b - a for a, b in pieces)
        placed.append(
            [(slice(end - b + a, end), slice(a, b)) for end, (a, b) in zip(ends, pieces, strict=True)]
        )
    for parts in itertools.product(*placed):
        out[last_axes([to for to, _ in parts])] = np.asarray(source[last_axes([at for _, at in parts])])
    return out


def last_axes(slices: Sequence[slice]) -> tuple[Any, ...]:
    """Index of the last three axes."""
    return (..., *slices)
