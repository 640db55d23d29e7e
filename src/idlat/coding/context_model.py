"""Weights of contexts and tables of classes: what a stream of subbands is coded under."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import constriction
import numpy as np
from numpy.typing import NDArray

from idlat.coding.magnitudes import RAW_BITS, SYMBOLS
from idlat.coding.tables import TOTAL

__all__ = ["ContextModel"]

Array = NDArray[np.int64]


@dataclass(frozen=True)
class ContextModel:
    """Weights of contexts and tables of classes.

    Attributes
    ----------
    weights : ndarray of int64
        (groups, 2, 8): of each group of bands and half of the checkerboard.
    tables : ndarray of int64
        (classes, symbols): positive, each row sums to 2²⁴.
    """

    weights: Array
    tables: Array

    @cached_property
    def coders(self) -> list[object]:
        """The tables as constriction's models."""
        rows = self.tables.astype(np.float64) / TOTAL  # exact: `perfect` would depend on rounding
        return [constriction.stream.model.Categorical(row, perfect=False) for row in rows]

    @cached_property
    def bits(self) -> NDArray[np.float64]:
        """Bits of a symbol with its sign and low bits, (classes, symbols): for an encoder's choices alone."""
        open_bits = RAW_BITS + (np.arange(SYMBOLS) > 0)
        return np.asarray(-np.log2(self.tables / TOTAL) + open_bits)
