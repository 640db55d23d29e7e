"""What a symbol costs in bits under the frozen tables: for the encoder's decisions, never for the decoder."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.coding.learned.scale_tables import RAW_BITS, Tables
from idlat.coding.rans import TOTAL

_ESCAPED = 16.0  # bits that an escaped symbol takes beside its escape


class SymbolCosts:
    """Looks up −log2 p of symbols; see :func:`idlat.coding.learned.scale_tables.symbol_tables`."""

    def __init__(self, tables: Tables) -> None:
        self._bits = -np.log2(tables.weights / TOTAL)
        self._sizes = tables.sizes.astype(np.int64)
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._lowest = tables.lowest.astype(np.int64)

    def bits(self, table: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the bits of symbols less their base (n,) under tables (n,), the lowest raw bits left out."""
        index = (offsets >> RAW_BITS[table]) - self._lowest[table]
        escape = self._sizes[table] - 1
        outside = (index < 0) | (index >= escape)
        bits = self._bits[self._starts[table] + np.where(outside, escape, index)]
        return np.asarray(bits + _ESCAPED * outside)
