"""Normalisation: physical values to the model's range and back (design section 3).

One rule for archives and for training: what a model learns on is what it is given to encode.

::

    value ──transform──▶ t(value) ──(− offset) / scale──▶ model's input, about mean 0 and variance 1
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idlat.errors import FieldError, IdlatError
from idlat.exact_math import exact_exp10, exact_sinh

__all__ = ["TRANSFORMS", "Normalisation", "fit_normalisation", "transformed"]

TRANSFORMS = ("none", "log10", "asinh")
_TAILS = (0.1, 99.9)  # percentiles
_SMALLEST_SCALE = 1e-4  # of the range: a spike must not push everything else into a single level
_SUBNORMAL = 1e-300
_ENOUGH = 2**18  # values that say what is usual, to a thousandth
_LARGE = 1e36  # beyond it float32 may overflow
_SMALL_DTYPES = ("float16", "float32", "int8", "uint8", "int16", "uint16")


@dataclass(frozen=True)
class Normalisation:
    """Offset and scale of one variable, after a transform.

    Parameters
    ----------
    transform
        ``none``, ``log10`` or ``asinh``.
    offset, scale
        In the transformed unit.
    minimum, maximum
        Of the valid values, outliers left out, in the physical unit: a decoded value never leaves them.

    Examples
    --------
    >>> import numpy as np
    >>> n = Normalisation("log10", offset=2.0, scale=2.0, minimum=1.0, maximum=1e4)
    >>> n.forward(np.array([1.0, 100.0, 1e4]))
    array([-1.,  0.,  1.], dtype=float32)
    >>> n.backward(np.array([-1.0, 0.0, 1.5], "float32"), np.dtype("float32"))
    array([1.e+00, 1.e+02, 1.e+04], dtype=float32)
    """

    transform: str
    offset: float
    scale: float
    minimum: float
    maximum: float

    def forward(self, values: NDArray[np.generic]) -> NDArray[np.float32]:
        """Return the model's input, a new array.

        Values must be finite and, under ``log10``, above 0; those that a float32 cannot hold exactly enough
        are computed in float64.
        """
        work = transformed(values, self.transform, self._work_dtype(values.dtype))
        work -= work.dtype.type(self.offset)
        if self.scale < _SUBNORMAL:
            work /= work.dtype.type(self.scale)  # whose reciprocal would be infinite
        else:
            work *= work.dtype.type(1.0 / self.scale)
        return work.astype(np.float32, copy=False)

    def backward(self, values: NDArray[np.float32], dtype: np.dtype[np.generic]) -> NDArray[np.floating]:
        """Return physical values from the model's output, which is overwritten where that saves a copy.

        They lie in [`minimum`, `maximum`], in a float type that is precise enough to be cast to `dtype`.
        """
        work: NDArray[np.floating] = values.astype(self._work_dtype(dtype), copy=False)
        kind = work.dtype.type
        work *= kind(self.scale)
        work += kind(self.offset)
        if self.transform == "log10":
            np.power(kind(10), work, out=work)
        elif self.transform == "asinh":
            np.sinh(work, out=work)
        return np.clip(work, kind(self.minimum), kind(self.maximum), out=work)

    def backward_exactly(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what :meth:`backward` does, in float64 and the same bits on every machine.

        Examples
        --------
        >>> n = Normalisation("log10", offset=2.0, scale=2.0, minimum=1.0, maximum=1e4)
        >>> n.backward_exactly(np.array([0.0, 1.5])).round(9).tolist()
        [100.0, 10000.0]
        """
        with np.errstate(over="ignore"):
            work = values * self.scale + self.offset
        if self.transform == "log10":
            work = exact_exp10(work)
        elif self.transform == "asinh":
            work = exact_sinh(work)
        return np.clip(work, self.minimum, self.maximum)

    def _work_dtype(self, dtype: np.dtype[np.generic]) -> np.dtype[np.floating]:
        """Return float32 where it holds `dtype`'s values and cannot overflow on the way, else float64."""
        # offset and scale exceed the extremes in a damaged archive alone
        largest = max(abs(self.minimum), abs(self.maximum), abs(self.offset), self.scale)
        small = dtype.name in _SMALL_DTYPES and largest < _LARGE and self.scale > 1 / _LARGE
        return np.dtype(np.float32 if small else np.float64)


def transformed(
    values: NDArray[np.generic], transform: str, dtype: np.dtype[np.floating]
) -> NDArray[np.floating]:
    """Return values after a transform, a new array of a dtype."""
    work: NDArray[np.floating] = values.astype(dtype)
    if transform == "log10":
        np.log10(work, out=work)
    elif transform == "asinh":
        np.arcsinh(work, out=work)
    return work


def fit_normalisation(
    sample: NDArray[np.generic], minimum: float, maximum: float, transform: str = "none"
) -> Normalisation:
    """Choose offset and scale from a sample of valid values.

    They are the mean and the standard deviation of the sample clipped to its 0.1 and 99.9 percentiles, so
    that a few spikes do not move them; the scale is at least 1e-4 of the range, and 1 for a constant field.

    Parameters
    ----------
    sample
        Valid values, any shape; empty where no value is valid. Of many, an even share is looked at.
    minimum, maximum
        Of all valid values.
    transform
        ``none``, ``log10`` or ``asinh``.

    Raises
    ------
    IdlatError
        The transform is unknown.
    FieldError
        ``log10`` of values that are not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> fit_normalisation(np.full(10, 3.0), 3.0, 3.0)
    Normalisation(transform='none', offset=3.0, scale=1.0, minimum=3.0, maximum=3.0)
    """
    if transform not in TRANSFORMS:
        raise IdlatError(f"transform {transform!r} is unknown: choose one of {', '.join(TRANSFORMS)}")
    if sample.size == 0:
        return Normalisation(transform, 0.0, 1.0, 0.0, 0.0)
    if transform == "log10" and minimum <= 0:
        raise FieldError(
            f"--transform log10 needs values above 0, the smallest is {minimum:g}: use asinh, or declare "
            "such values missing"
        )
    double = np.dtype(np.float64)
    low, high = (float(end) for end in transformed(np.array([minimum, maximum]), transform, double))
    extent = high - low
    if not math.isfinite(extent):
        raise FieldError(f"values from {minimum:g} to {maximum:g} are too far apart: use --transform asinh")
    if extent == 0:
        return Normalisation(transform, low, 1.0, minimum, maximum)
    stride = max(1, sample.size // _ENOUGH) | 1  # odd, as sides of fields often are powers of two
    parts = transformed(sample.reshape(-1)[::stride], transform, double)
    parts -= low
    parts /= extent
    np.clip(parts, *np.percentile(parts, _TAILS), out=parts)
    offset = low + extent * float(parts.mean())
    scale = extent * max(float(parts.std()), _SMALLEST_SCALE) or extent  # of subnormal numbers
    if sample.dtype.name in _SMALL_DTYPES:
        # values that a float32 holds: the arithmetic of such fields then knows exactly what is stored
        offset, scale = float(np.float32(offset)), float(np.float32(scale)) or scale
    return Normalisation(transform, offset, scale, minimum, maximum)
