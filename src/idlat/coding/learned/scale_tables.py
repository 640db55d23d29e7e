"""Frozen integer tables of the symbols' distribution.

A symbol is ŷ − ⌊μ⌋; its table is chosen by the fraction of μ (eighths) and one of 105 scales, log-spaced from
0.036, where a zero costs 2e-5 bits, to 13,000, for the means of strong fields at high quality. Above a scale
of 4 the fraction no longer matters and μ is rounded instead; above 64 the lowest bits of a symbol are coded
as they are. A table's weights are integers that sum to 2²⁴; its last entry is the escape.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idlat.coding.rans import TOTAL

SCALE_COUNT = 105
SCALE_RATIO = math.log(256 / 0.11) / 63  # of neighbouring scales, natural logarithm
SCALE_MIN = 0.11 * math.exp(-9 * SCALE_RATIO)
FRACTIONS = 8
TAIL_SHARE, TAIL_FACTOR = 0.1, 1.5  # a share of Laplace tails, as wide as this many σ
_REACH = 14.0  # half-width of a table in σ: scales are foretold, and sometimes by far too small


def scale(index: int) -> float:
    """σ of a scale index.

    Examples
    --------
    >>> round(scale(0), 3), round(scale(9), 2), round(scale(72), 2)
    (0.036, 0.11, 256.0)
    """
    return SCALE_MIN * math.exp(SCALE_RATIO * index)


FIRST_COARSE = next(i for i in range(SCALE_COUNT) if scale(i) > 4)
_WIDE = 64


def raw_bits(index: int) -> int:
    """Lowest bits of a symbol that carry no information at this scale index.

    Examples
    --------
    >>> raw_bits(0), raw_bits(72), raw_bits(104)
    (0, 2, 8)
    """
    return max(0, math.ceil(math.log2(scale(index) / _WIDE) - 1e-9))  # the same on every machine


RAW_BITS = np.array(
    [raw_bits(i) for i in range(FIRST_COARSE) for _ in range(FRACTIONS)]
    + [raw_bits(i) for i in range(FIRST_COARSE, SCALE_COUNT)]
)  # of each table


def cumulative(x: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Distribution function of the symbols: a normal with a share of Laplace tails."""
    normal: NDArray[np.float64] = np.array([0.5 * math.erfc(-v / (sigma * math.sqrt(2))) for v in x])
    t = x / (TAIL_FACTOR * sigma)
    laplace: NDArray[np.float64] = np.where(x < 0, 0.5 * np.exp(-np.abs(t)), 1 - 0.5 * np.exp(-np.abs(t)))
    return (1 - TAIL_SHARE) * normal + TAIL_SHARE * laplace


def integer_weights(p: NDArray[np.float64]) -> NDArray[np.int64]:
    """Scale probabilities to positive integers that sum to 2²⁴."""
    weights = np.maximum(np.floor(p / p.sum() * TOTAL), 1).astype(np.int64)
    weights[np.argmax(weights)] += TOTAL - weights.sum()
    return np.asarray(weights)


@dataclass(frozen=True)
class Tables:
    """Weights of all tables, one after the other, each table's size, and the symbol of its first entry."""

    weights: NDArray[np.int32]
    sizes: NDArray[np.int32]
    lowest: NDArray[np.int32]


def symbol_tables() -> Tables:
    """Build the tables of every (scale, fraction), in the order of :func:`table_index`."""
    rows, lowest = [], []
    for index in range(SCALE_COUNT):
        sigma = scale(index) / 2 ** raw_bits(index)
        reach = max(2, math.ceil(_REACH * sigma))
        for fraction in range(FRACTIONS if index < FIRST_COARSE else 1):
            edges = np.arange(-reach, reach + 2) - 0.5 - fraction / FRACTIONS
            p = np.diff(cumulative(edges, sigma))
            rows.append(integer_weights(np.append(p, max(1 - p.sum(), 2.0**-22))))
            lowest.append(-reach)
    return join(rows, lowest)


def join(rows: list[NDArray[np.int64]], lowest: list[int]) -> Tables:
    """Put rows of weights into one set of tables."""
    sizes = np.array([len(row) for row in rows], dtype=np.int32)
    return Tables(np.concatenate(rows).astype(np.int32), sizes, np.array(lowest, dtype=np.int32))


def table_index(
    scales: NDArray[np.int64], eighths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each symbol's table and the integer that is taken off it.

    Parameters
    ----------
    scales : ndarray of int64
        Scale indices, 0 to 104.
    eighths : ndarray of int64
        Means in eighths, the same shape.
    """
    fine = scales < FIRST_COARSE
    base = np.where(fine, eighths >> 3, (eighths + 4) >> 3)
    table = np.where(fine, scales * FRACTIONS + (eighths & 7), scales + FIRST_COARSE * (FRACTIONS - 1))
    return table, base
