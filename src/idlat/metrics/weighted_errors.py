"""Weighted MSE and PSNR (Eq. 13, 14) and the largest error, of one volume or pooled over many."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.metrics.error_sums import ErrorSums, exact_sum, measure, merge

__all__ = ["ErrorAccumulator", "ErrorSummary", "max_error", "weighted_mse", "weighted_psnr"]


@dataclass(frozen=True)
class ErrorSummary:
    """Errors pooled over the valid voxels of any number of chunks, steps and variables.

    Attributes
    ----------
    wpsnr
        −10·log10(Σ I·(e/v)² / Σ I) in dB, v the value range of the variable and step (Eq. 13, 14). Infinite
        for a lossless reconstruction, −inf for an error in a constant step, NaN where every importance is 0.
    psnr
        The same with I = 1.
    wmse, mse
        Σ I·e² / Σ I (Eq. 13), and with I = 1, in squared units of the field.
    max_error
        Largest |e|, in units of the field.
    count
        Number of valid voxels.
    weight
        Σ I over them.
    changed
        How many of them are not what they were.
    """

    wpsnr: float
    psnr: float
    wmse: float
    mse: float
    max_error: float
    count: int
    weight: float
    changed: int


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

    def steps_of(self, variable: str) -> tuple[int, ...]:
        """Return the steps of a variable seen so far, rising."""
        with self._lock:
            return tuple(sorted(step for name, step in self._chunks if name == variable))

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
                return _summarise([merge(chunks) for chunks in chosen])
        where = "" if step is None else f" at step {step}"
        raise IdlatError(f"no errors were measured for variable {variable!r}{where}")

    def total(self) -> ErrorSummary:
        """Errors over all variables and steps, relative ones in units of each one's own range."""
        with self._lock:
            return _summarise([merge(chunks) for chunks in self._chunks.values()])


def _summarise(steps: Sequence[ErrorSums]) -> ErrorSummary:
    """Pool steps and variables: Σ I·(e/v)² over Σ I, each with its own range v."""
    weight, count = exact_sum(s.weight for s in steps), sum(s.count for s in steps)
    return ErrorSummary(
        wpsnr=decibels(exact_sum(_relative(s, s.weighted) for s in steps), weight),
        psnr=decibels(exact_sum(_relative(s, s.squared) for s in steps), count),
        wmse=_mean(exact_sum(_squares(s, s.weighted) for s in steps), weight),
        mse=_mean(exact_sum(_squares(s, s.squared) for s in steps), count),
        max_error=max((s.max_error for s in steps), default=0.0),
        count=count,
        weight=weight,
        changed=sum(s.changed for s in steps),
    )


def _relative(step: ErrorSums, squares: float) -> float:
    """Divide squared errors by the squared value range; no error is 0 whatever the range."""
    if squares == 0.0:
        return 0.0
    span = math.ldexp(step.high, -step.exponent) - math.ldexp(step.low, -step.exponent)
    return squares / span / span if span > 0.0 else math.inf


def _squares(step: ErrorSums, squares: float) -> float:
    """Return squared errors in the field's unit; infinite where they leave float64."""
    try:
        return math.ldexp(squares, 2 * step.exponent)
    except OverflowError:
        return math.inf


def _mean(total: float, weight: float) -> float:
    """Mean of a sum; NaN where nothing has weight."""
    return total / weight if weight > 0 else math.nan


def decibels(squares: float, weight: float) -> float:
    """PSNR of a sum of weighted squared errors, relative to the value range (Eq. 14), and the sum of weights.

    Infinite for no error at all, NaN where nothing has weight.

    Examples
    --------
    >>> decibels(0.5, 50.0), decibels(0.0, 1.0), decibels(0.0, 0.0)
    (20.0, inf, nan)
    """
    mean = _mean(squares, weight)
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
