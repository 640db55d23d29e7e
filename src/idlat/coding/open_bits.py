"""Signs and low bits, which no table foretells, packed as they are: of each coefficient its sign first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.coding.magnitudes import RAW_BITS, join_sizes
from idlat.errors import CorruptStreamError

__all__ = ["OpenBits", "pack"]

Array = NDArray[np.int64]


def pack(values: Array, symbols: Array, rest: Array) -> bytes:
    """Return what symbols (n,) leave open of coefficients (n,), eight bits a byte, lowest first."""
    counts = RAW_BITS[symbols] + (symbols > 0)
    which = np.flatnonzero(counts)
    counts, raw = counts[which], (rest[which] << 1) | (values[which] < 0)
    position = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    bits = (np.repeat(raw, counts) >> position) & 1
    return np.packbits(bits.astype(np.uint8), bitorder="little").tobytes()


class OpenBits:
    """Undoes :func:`pack`, some coefficients after the others."""

    def __init__(self, packed: NDArray[np.uint8]) -> None:
        self._bits = np.unpackbits(packed, bitorder="little")
        self._taken = 0

    def coefficients(self, symbols: Array) -> Array:
        """Return the coefficients of the next symbols (n,).

        Raises
        ------
        CorruptStreamError
            If there are too few bits.
        """
        counts = RAW_BITS[symbols] + (symbols > 0)
        ends = np.cumsum(counts)
        total = int(ends[-1])
        part = self._bits[self._taken : self._taken + total]
        if len(part) < total:
            raise CorruptStreamError("a coded chunk is damaged: it is cut short")
        self._taken += total
        which = np.flatnonzero(counts)
        counts, starts = counts[which], (ends - counts)[which]
        rest = np.zeros(len(which), dtype=np.int64)
        for bit in range(1, int(counts.max(initial=0))):
            longer = np.flatnonzero(counts > bit)
            rest[longer] |= part[starts[longer] + bit].astype(np.int64) << (bit - 1)
        values = np.zeros(len(symbols), dtype=np.int64)
        values[which] = join_sizes(symbols[which], rest) * (1 - 2 * part[starts].astype(np.int64))
        return values
