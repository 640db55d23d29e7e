"""Powers and hyperbolic sines that are the same bits on every machine.

Sums, products and quotients of float64 are, by IEEE 754; the functions of mathematical libraries are not. So
these are made of sums and products alone, element by element in a fixed order, and are right to some ulps.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["exact_exp", "exact_exp2", "exact_exp10", "exact_sinh", "on_grid"]

Array = NDArray[np.float64]

_LN2 = 0.6931471805599453
_LOG2_E = 1.4426950408889634
_LOG2_10 = 3.321928094887362
_EXP_TERMS = tuple(1 / math.factorial(k) for k in range(14))
_SINH_TERMS = tuple(1 / math.factorial(k) for k in range(1, 20, 2))
_GRID = 2.0**34


def exact_exp2(x: ArrayLike) -> Array:
    """Return 2 to the power of numbers.

    Examples
    --------
    >>> exact_exp2([0.0, 3.0, -1.0]).tolist(), bool(abs(exact_exp2(0.5) - math.sqrt(2)) < 1e-15)
    ([1.0, 8.0, 0.5], True)
    """
    x = np.clip(np.asarray(x, np.float64), -2000, 2000)
    whole = np.rint(x)
    part = (x - whole) * _LN2
    total = np.full_like(part, _EXP_TERMS[-1])
    for term in _EXP_TERMS[-2::-1]:
        total = total * part + term
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(total, whole.astype(np.int32)))


def exact_exp(x: ArrayLike) -> Array:
    """Return e to the power of numbers."""
    return exact_exp2(np.asarray(x, np.float64) * _LOG2_E)


def exact_exp10(x: ArrayLike) -> Array:
    """Return 10 to the power of numbers.

    Examples
    --------
    >>> bool(np.allclose(exact_exp10([-3.0, 2.0, 30.5]), [1e-3, 100.0, 10**30.5], rtol=1e-13))
    True
    """
    return exact_exp2(np.asarray(x, np.float64) * _LOG2_10)


def exact_sinh(x: ArrayLike) -> Array:
    """Return the hyperbolic sines of numbers.

    Examples
    --------
    >>> x = np.array([-5.0, 1e-9, 0.7, 300.0])
    >>> bool(np.allclose(exact_sinh(x), np.sinh(x), rtol=1e-13))
    True
    """
    x = np.asarray(x, np.float64)
    squared = np.minimum(x * x, 1.0)
    small = np.full_like(x, _SINH_TERMS[-1])
    for term in _SINH_TERMS[-2::-1]:
        small = small * squared + term
    size = np.abs(x)
    half = exact_exp2(size * _LOG2_E - 1)  # e^|x| / 2, which overflows no sooner than the sine
    with np.errstate(over="ignore", invalid="ignore"):
        large = np.copysign(half - 0.25 / half, x)
    return np.asarray(np.where(size < 1, small * x, large))


def on_grid(values: Any) -> Array:
    """Round numbers that a mathematical library gave, right to some ulps, to multiples of 2⁻³⁴.

    Examples
    --------
    >>> bool(on_grid(1 / 3) * 2**34 % 1 == 0)
    True
    """
    return np.asarray(np.rint(np.asarray(values, np.float64) * _GRID) / _GRID)
