"""Weights of contexts and tables of classes: what a stream of subbands is coded under."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.magnitudes import RAW_BITS, SYMBOLS
from idlat.coding.rans import TOTAL
from idlat.coding.size_contexts import CLASSES, FEATURES

__all__ = ["GUIDE_SHIFT", "ContextModel", "ModelArrays"]

Array = NDArray[np.int64]

#: Quantiles, from 0 to 2²⁴ − 1, that share an entry of the guide: 2 to this power.
GUIDE_SHIFT = 14


class ModelArrays(NamedTuple):
    """A model as compiled kernels take it.

    Attributes
    ----------
    weights : ndarray of float64
        (groups, 2, 8).
    cumulative : ndarray of uint32
        (classes, symbols + 1): where each symbol's quantiles begin; the last ends at 2²⁴.
    guide : ndarray of uint8
        (classes, 1024): the symbol of the first quantile of each 2¹⁴.
    bits : ndarray of float64
        (classes, symbols): see :attr:`ContextModel.bits`.
    """

    weights: NDArray[np.float64]
    cumulative: NDArray[np.uint32]
    guide: NDArray[np.uint8]
    bits: NDArray[np.float64]


@dataclass(frozen=True)
class ContextModel:
    """Weights of contexts and tables of classes.

    Attributes
    ----------
    weights : ndarray of int64
        (groups, 2, 8): of each group of bands and half of the checkerboard.
    tables : ndarray of int64
        (classes, symbols): positive, each row sums to 2²⁴.

    Raises
    ------
    ValueError
        If arrays are not such.
    """

    weights: Array
    tables: Array

    def __post_init__(self) -> None:
        if self.weights.ndim != 3 or self.weights.shape[1:] != (2, FEATURES):
            raise ValueError(f"weights have shape (groups, 2, {FEATURES}), not {self.weights.shape}")
        if self.tables.shape != (CLASSES, SYMBOLS):
            raise ValueError(f"tables have shape ({CLASSES}, {SYMBOLS}), not {self.tables.shape}")
        if self.tables.min() < 1 or (self.tables.sum(axis=1) != TOTAL).any():
            raise ValueError(f"each of the tables has positive numbers that sum to {TOTAL}")

    @cached_property
    def cumulative(self) -> Array:
        """Where the quantiles of each symbol begin, and where the last end: (classes, symbols + 1)."""
        return np.asarray(np.pad(np.cumsum(self.tables, axis=1), ((0, 0), (1, 0))))

    @cached_property
    def bits(self) -> NDArray[np.float64]:
        """Bits of a symbol with its sign and low bits, (classes, symbols): for an encoder's choices alone."""
        open_bits = RAW_BITS + (np.arange(SYMBOLS) > 0)
        return np.asarray(-np.log2(self.tables / TOTAL) + open_bits)

    @cached_property
    def arrays(self) -> ModelArrays:
        """The model as compiled kernels take it."""
        return ModelArrays(
            self.weights.astype(np.float64), self.cumulative.astype(np.uint32), self._guide(), self.bits
        )

    @cached_property
    def largest_sum(self) -> int:
        """The largest sum of the sizes of one context's weights."""
        return int(np.abs(self.weights).sum(axis=2).max())

    def _guide(self) -> NDArray[np.uint8]:
        """The symbol of the first quantile of each 2¹⁴, (classes, 1024)."""
        first = -(-self.cumulative >> GUIDE_SHIFT)  # of each symbol's entries
        symbols = np.tile(np.arange(SYMBOLS, dtype=np.uint8), CLASSES)
        return np.repeat(symbols, np.diff(first, axis=1).ravel()).reshape(CLASSES, -1)
