"""How good and how small: weighted MSE and PSNR (Eq. 13, 14), latent size ratio (Eq. 12), largest error.

Errors are accumulated chunk by chunk, so that neither the field nor its reconstruction need fit in memory.
Chunks are summed without rounding (`math.fsum`): their order and the number of workers change no bit::

    original, reconstruction, importance, valid   chunks of one variable and step, any shape
        │ measure
        ▼
    ErrorSums(Σ I e², Σ e², Σ I, count, min, max, max |e|)
        │ ErrorAccumulator.add, in any order
        ▼
    ErrorSummary(wpsnr, psnr, wmse, mse, max_error, count)
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError

__all__ = [
    "ErrorAccumulator",
    "ErrorSummary",
    "ErrorSums",
    "latent_size_ratio",
    "max_error",
    "measure",
    "weighted_mse",
    "weighted_psnr",
]

_BLOCK = 1 << 18  # elements converted to float64 at a time


@dataclass(frozen=True)
class ErrorSums:
    """What one chunk adds to the errors of its variable and step.

    Attributes
    ----------
    weighted : float
        Σ I·e², in squared units of the field.
    squared : float
        Σ e².
    weight : float
        Σ I over the valid voxels.
    count : int
        Number of valid voxels.
    low, high : float
        Extremes of the valid original values; +inf and −inf where there is none.
    max_error : float
        Largest |e|; 0 where there is no valid voxel.
    """

    weighted: float = 0.0
    squared: float = 0.0
    weight: float = 0.0
    count: int = 0
    low: float = math.inf
    high: float = -math.inf
    max_error: float = 0.0


@dataclass(frozen=True)
class ErrorSummary:
    """Errors pooled over the valid voxels of any number of chunks, steps and variables.

    Attributes
    ----------
    wpsnr : float
        −10·log10(Σ I·(e/v)² / Σ I) in dB, v the value range of the variable and step (Eq. 13, 14). Infinite
        for a lossless reconstruction, −inf for an error in a constant step, NaN where every importance is 0.
    psnr : float
        The same with I = 1.
    wmse, mse : float
        Σ I·e² / Σ I (Eq. 13), and with I = 1, in squared units of the field.
    max_error : float
        Largest |e|, in units of the field.
    count : int
        Number of valid voxels.
    weight : float
        Σ I over them.
    """

    wpsnr: float
    psnr: float
    wmse: float
    mse: float
    max_error: float
    count: int
    weight: float


class ErrorAccumulator:
    """Collects errors chunk by chunk, per variable and step; safe to call from several threads.

    Examples
    --------
    >>> import numpy as np
    >>> errors = ErrorAccumulator()
    >>> errors.add(np.array([0.0, 10.0]), np.array([1.0, 10.0]), variable="p", step=0)
    >>> errors.add(np.array([5.0, 5.0]), np.array([5.0, 4.0]), variable="p", step=0)
    >>> errors.total().mse, round(errors.total().psnr, 2), errors.variables
    (0.5, 23.01, ('p',))
    """

    def __init__(self) -> None:
        self._chunks: dict[tuple[str, int], list[ErrorSums]] = {}
        self._lock = threading.Lock()

    def add(
        self,
        original: NDArray[Any],
        reconstruction: NDArray[Any],
        importance: NDArray[Any] | None = None,
        valid: NDArray[np.bool_] | None = None,
        *,
        variable: str = "",
        step: int = 0,
    ) -> None:
        """Add one chunk to its variable and step; the arrays are those of :func:`measure`."""
        self.add_sums(measure(original, reconstruction, importance, valid), variable=variable, step=step)

    def add_sums(self, sums: ErrorSums, *, variable: str = "", step: int = 0) -> None:
        """Add what :func:`measure` found, perhaps in another process, to a variable and step."""
        with self._lock:
            self._chunks.setdefault((variable, step), []).append(sums)

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables seen so far, sorted."""
        with self._lock:
            return tuple(sorted({variable for variable, _ in self._chunks}))

    def of(self, variable: str, step: int | None = None) -> ErrorSummary:
        """Errors of one variable, over all of its steps or at one.

        Raises
        ------
        IdlatError
            If nothing was added for it.
        """
        with self._lock:
            chosen = [c for (name, at), c in self._chunks.items() if name == variable and step in (None, at)]
            if chosen:
                return _summarise([_merge(chunks) for chunks in chosen])
        where = "" if step is None else f" at step {step}"
        raise IdlatError(f"no errors were measured for variable {variable!r}{where}")

    def total(self) -> ErrorSummary:
        """Errors over all variables and steps, relative ones in units of each one's own range."""
        with self._lock:
            return _summarise([_merge(chunks) for chunks in self._chunks.values()])


def measure(
    original: NDArray[Any],
    reconstruction: NDArray[Any],
    importance: NDArray[Any] | None = None,
    valid: NDArray[np.bool_] | None = None,
) -> ErrorSums:
    """Sum up the errors of one chunk.

    Parameters
    ----------
    original, reconstruction : array, any one shape
        In the units of the field; computed in float64.
    importance : array of that shape, or None
        Importance I in [0, 1]; None means 1.
    valid : bool array of that shape, or None
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
    return _merge([_measure_block(*(None if a is None else a[block] for a in flat)) for block in blocks])


def _measure_block(
    original: NDArray[Any] | None,
    reconstruction: NDArray[Any] | None,
    importance: NDArray[Any] | None,
    valid: NDArray[np.bool_] | None,
) -> ErrorSums:
    """Measure up to ``_BLOCK`` elements at once, in float64."""
    assert original is not None
    assert reconstruction is not None
    x = original.astype(np.float64)
    keep = np.isfinite(x) if valid is None else valid.astype(bool)
    if not keep.all():
        x, reconstruction = x[keep], reconstruction[keep]
        importance = None if importance is None else importance[keep]
    if x.size == 0:
        return ErrorSums()
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(reconstruction.astype(np.float64) - x)
        error[np.isnan(error)] = np.inf
        squares = error * error
        squared = float(squares.sum())
        if importance is None:
            weighted, weight = squared, float(x.size)
        else:
            weights = importance.astype(np.float64)
            weighted = float(np.where(weights == 0.0, 0.0, weights * squares).sum())
            weight = float(weights.sum())
    return ErrorSums(weighted, squared, weight, x.size, float(x.min()), float(x.max()), float(error.max()))


def _sum(values: Iterable[float]) -> float:
    """Sum without rounding, so the same in any order; infinite where it leaves float64."""
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


def _merge(chunks: Sequence[ErrorSums]) -> ErrorSums:
    """Add up chunks of one variable and step."""
    return ErrorSums(
        weighted=_sum(c.weighted for c in chunks),
        squared=_sum(c.squared for c in chunks),
        weight=_sum(c.weight for c in chunks),
        count=sum(c.count for c in chunks),
        low=min((c.low for c in chunks), default=math.inf),
        high=max((c.high for c in chunks), default=-math.inf),
        max_error=max((c.max_error for c in chunks), default=0.0),
    )


def _summarise(steps: Sequence[ErrorSums]) -> ErrorSummary:
    """Pool steps and variables: Σ I·(e/v)² over Σ I, each with its own range v."""
    weight, count = _sum(s.weight for s in steps), sum(s.count for s in steps)
    return ErrorSummary(
        wpsnr=_decibels(_sum(_relative(s, s.weighted) for s in steps), weight),
        psnr=_decibels(_sum(_relative(s, s.squared) for s in steps), count),
        wmse=_mean(_sum(s.weighted for s in steps), weight),
        mse=_mean(_sum(s.squared for s in steps), count),
        max_error=max((s.max_error for s in steps), default=0.0),
        count=count,
        weight=weight,
    )


def _relative(step: ErrorSums, squares: float) -> float:
    """Divide squared errors by the squared value range; no error is 0 whatever the range."""
    span = step.high - step.low
    if squares == 0.0:
        return 0.0
    return squares / span / span if span > 0.0 else math.inf


def _mean(total: float, weight: float) -> float:
    """Mean of a sum; NaN where nothing has weight."""
    return total / weight if weight > 0 else math.nan


def _decibels(total: float, weight: float) -> float:
    """−10·log10 of a mean squared relative error; infinite for no error at all."""
    mean = _mean(total, weight)
    return math.inf if mean == 0.0 else -10.0 * math.log10(mean)


def weighted_mse(
    original: NDArray[Any],
    reconstruction: NDArray[Any],
    importance: NDArray[Any] | None = None,
    valid: NDArray[np.bool_] | None = None,
) -> float:
    """Weighted mean squared error, Σ I·e² / Σ I (paper Eq. 13), of one volume; see :func:`measure`.

    Examples
    --------
    >>> weighted_mse(np.array([0.0, 0.0]), np.array([1.0, 3.0]), np.array([1.0, 0.5]))
    3.6666666666666665
    """
    return _summary(original, reconstruction, importance, valid).wmse


def weighted_psnr(
    original: NDArray[Any],
    reconstruction: NDArray[Any],
    importance: NDArray[Any] | None = None,
    valid: NDArray[np.bool_] | None = None,
) -> float:
    """PSNR in dB from the weighted MSE and the original's value range (paper Eq. 14); see :func:`measure`.

    Examples
    --------
    >>> weighted_psnr(np.array([0.0, 10.0]), np.array([1.0, 11.0]))
    20.0
    """
    return _summary(original, reconstruction, importance, valid).wpsnr


def max_error(
    original: NDArray[Any], reconstruction: NDArray[Any], valid: NDArray[np.bool_] | None = None
) -> float:
    """Largest absolute error over the valid voxels, in units of the field; see :func:`measure`.

    Examples
    --------
    >>> max_error(np.array([0.0, 2.0]), np.array([0.5, 1.0]))
    1.0
    """
    return measure(original, reconstruction, None, valid).max_error


def latent_size_ratio(bytes_original: int, bytes_stored: int) -> float:
    """Latent size ratio: original bytes over stored bytes (paper Eq. 12).

    Raises
    ------
    IdlatError
        If a number of bytes is negative, or the stored one is 0.

    Examples
    --------
    >>> latent_size_ratio(4096, 560)
    7.314285714285714
    """
    if bytes_original < 0 or bytes_stored <= 0:
        raise IdlatError(
            f"a latent size ratio needs sizes above 0, got {bytes_original} original and "
            f"{bytes_stored} stored bytes"
        )
    return bytes_original / bytes_stored


def _summary(
    original: NDArray[Any],
    reconstruction: NDArray[Any],
    importance: NDArray[Any] | None,
    valid: NDArray[np.bool_] | None,
) -> ErrorSummary:
    """Errors of one volume."""
    errors = ErrorAccumulator()
    errors.add(original, reconstruction, importance, valid)
    return errors.total()
