"""What a chunk adds to the errors of its variable and step: sums that add up without rounding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.jit import compiles

__all__ = ["ErrorSums", "exact_sum", "measure", "merge"]

_LEAST_ERROR, _MOST_ERROR = 1e-140, 1e140  # between them squares and their sums lie well inside float64
_BLOCK = 1 << 18  # elements converted to float64 at a time
_COMPILED = (np.dtype(np.float32), np.dtype(np.float64))  # in the machine's byte order
_COLUMNS = 1 << 10  # sums that are taken side by side


@dataclass(frozen=True)
class ErrorSums:
    """What one chunk adds to the errors of its variable and step.

    Attributes
    ----------
    weighted
        Σ I·e², in units of 4^exponent of the field's.
    squared
        Σ e², in the same unit.
    weight
        Σ I over the valid voxels.
    count
        Number of valid voxels.
    low, high
        Extremes of the valid original values; +inf and −inf where there is none.
    max_error
        Largest |e|; 0 where there is no valid voxel.
    changed
        Number of valid voxels that are not what they were.
    exponent
        0 but where squares of the errors would leave float64.
    """

    weighted: float = 0.0
    squared: float = 0.0
    weight: float = 0.0
    count: int = 0
    low: float = math.inf
    high: float = -math.inf
    max_error: float = 0.0
    changed: int = 0
    exponent: int = 0


def measure(
    original: NDArray[Any],
    reconstruction: NDArray[Any],
    importance: NDArray[Any] | None = None,
    valid: NDArray[np.bool_] | None = None,
) -> ErrorSums:
    """Sum up the errors of one chunk.

    Parameters
    ----------
    original, reconstruction
        Array, any one shape.
        In the units of the field; computed in float64.
    importance
        Array of that shape, or None.
        Importance I in [0, 1]; None means 1.
    valid
        Bool array of that shape, or None.
        Voxels that count; None means those where the original is finite. A reconstruction that is not finite
        at a valid voxel counts as an infinite error.

    Raises
    ------
    IdlatError
        If the shapes differ.

    Examples
    --------
    >>> measure(np.array([1.0, np.nan, 3.0]), np.array([1.5, 0.0, 3.0])).count
    2
    """
    original, reconstruction = np.asarray(original), np.asarray(reconstruction)
    arrays = {"reconstruction": reconstruction, "importance": importance, "valid": valid}
    for name, array in arrays.items():
        if array is not None and np.shape(array) != original.shape:
            raise IdlatError(
                f"{name} has shape {np.shape(array)}, expected that of the original, {original.shape}"
            )
    flat = [None if a is None else np.asarray(a).reshape(-1) for a in (original, *arrays.values())]
    blocks = (slice(start, start + _BLOCK) for start in range(0, original.size, _BLOCK))
    return merge([_measure_block(*(None if a is None else a[block] for a in flat)) for block in blocks])


def _measure_block(
    original: NDArray[Any] | None,
    reconstruction: NDArray[Any] | None,
    importance: NDArray[Any] | None,
    valid: NDArray[np.bool_] | None,
) -> ErrorSums:
    """Measure up to ``_BLOCK`` elements at once, in float64."""
    assert original is not None
    assert reconstruction is not None
    if (valid is None or valid.all()) and (usual := _measure_usual(original, reconstruction, importance)):
        return usual
    keep = np.isfinite(original) if valid is None else valid.astype(bool)
    if not keep.all():
        original, reconstruction = original[keep], reconstruction[keep]
        importance = None if importance is None else importance[keep]
    if original.size == 0:
        return ErrorSums()
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        error = _distance(original, reconstruction)
        largest, changed = float(error.max()), int(np.count_nonzero(error))
        exponent = _exponent(largest)
        squares = np.square(np.ldexp(error, -exponent) if exponent else error)
        squared = _total(squares)
        if importance is None:
            weighted, weight = squared, float(original.size)
        else:
            weights = importance.astype(np.float64)
            weighted = _total(np.where(weights == 0.0, 0.0, weights * squares))
            weight = _total(weights)
    low, high = original.min().item(), original.max().item()
    return ErrorSums(weighted, squared, weight, original.size, low, high, largest, changed, exponent)


def _measure_usual(
    original: NDArray[Any], reconstruction: NDArray[Any], importance: NDArray[Any] | None
) -> ErrorSums | None:
    """Measure floats that are all valid by a kernel; None where some are not, or errors are extreme."""
    alike = original.dtype == reconstruction.dtype and original.dtype in _COMPILED
    if not original.size or not alike or not compiles():
        return None
    from idlat.metrics.error_kernels import add_errors

    weights = _ones() if importance is None else np.ascontiguousarray(importance)
    if weights.dtype not in _COMPILED:
        return None
    sums = np.zeros((4, _COLUMNS))
    add_errors(
        np.ascontiguousarray(original), np.ascontiguousarray(reconstruction), weights[: original.size], sums
    )
    weighted, squared, weight = (float(row.sum()) for row in sums[:3])
    largest = float(sums[3].max())
    if not math.isfinite(squared) or _exponent(largest):
        return None
    changed = int(np.count_nonzero(original != reconstruction))
    low, high = original.min().item(), original.max().item()
    return ErrorSums(weighted, squared, weight, original.size, low, high, largest, changed)


def _total(values: NDArray[np.float64]) -> float:
    """Sum of values (n,), in the order in which the kernel takes them."""
    whole = len(values) // _COLUMNS * _COLUMNS
    columns = values[:whole].reshape(-1, _COLUMNS).sum(0)
    columns[: len(values) - whole] += values[whole:]
    return float(columns.sum())


@lru_cache(maxsize=1)
def _ones() -> NDArray[np.float32]:
    return np.ones(_BLOCK, np.float32)


def _distance(original: NDArray[Any], reconstruction: NDArray[Any]) -> NDArray[np.float64]:
    """Return |e|, of integers as they are, which float64 holds up to 2⁵³ alone; infinite for NaN."""
    if original.dtype.kind in "iu" and reconstruction.dtype.kind in "iu":
        a, b = original.astype(np.uint64), reconstruction.astype(np.uint64)  # differences modulo 2⁶⁴
        exact = np.where(original > reconstruction, a - b, b - a)
        return exact.astype(np.float64)
    error = np.abs(reconstruction.astype(np.float64) - original.astype(np.float64))
    error[np.isnan(error)] = np.inf
    return np.asarray(error, np.float64)


def _exponent(largest: float) -> int:
    """Return the power of two by which errors are divided so that their squares stay in float64."""
    if largest == 0.0 or not math.isfinite(largest) or _LEAST_ERROR <= largest <= _MOST_ERROR:
        return 0
    return math.frexp(largest)[1]


def exact_sum(values: Iterable[float]) -> float:
    """Sum without rounding, so the same in any order; infinite where it leaves float64."""
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


def merge(chunks: Sequence[ErrorSums]) -> ErrorSums:
    """Add up chunks of one variable and step."""
    exponent = max((c.exponent for c in chunks if c.max_error > 0.0), default=0)

    def scaled(value: float, chunk: ErrorSums) -> float:
        return value if chunk.exponent == exponent else math.ldexp(value, 2 * (chunk.exponent - exponent))

    return ErrorSums(
        weighted=exact_sum(scaled(c.weighted, c) for c in chunks),
        squared=exact_sum(scaled(c.squared, c) for c in chunks),
        weight=exact_sum(c.weight for c in chunks),
        count=sum(c.count for c in chunks),
        low=min((c.low for c in chunks), default=math.inf),
        high=max((c.high for c in chunks), default=-math.inf),
        max_error=max((c.max_error for c in chunks), default=0.0),
        changed=sum(c.changed for c in chunks),
        exponent=exponent,
    )
