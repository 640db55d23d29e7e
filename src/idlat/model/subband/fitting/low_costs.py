"""What low subbands cost that are coded in chunks: looked up of those of which it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.subband_walk import Symbols, span
from idlat.coding.symbol_counts import band_bits
from idlat.model.subband.cell_map import CellMap, Key
from idlat.model.subband.fitting.window_coefficients import WindowChunk
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR
from idlat.transform.subbands import SubbandLayout

__all__ = ["Alone", "LowCosts"]

Real = NDArray[np.float64]


@dataclass(frozen=True)
class Alone:
    """A subband that is coded in chunks: bits, and error in bits; and the bits of those it foretells."""

    cost: float
    foretells: float


class _Chunk(NamedTuple):
    """The low end of a chunk: weighed squared errors (n,); bits of each subband, and of what it foretells."""

    indices: dict[Key, int]
    layout: SubbandLayout
    errors: Real
    bits: Real
    foretells: Real


class LowCosts:
    """Costs of low subbands, chunk by chunk.

    Parameters
    ----------
    keys : collection of keys
        The subbands that may be asked of.
    contexts : ContextModel
        What the chunks are coded under.
    """

    def __init__(self, keys: frozenset[Key], contexts: ContextModel) -> None:
        self._keys, self._contexts = keys, contexts
        self._chunks: list[_Chunk] = []

    def add(self, chunk: WindowChunk, real: Real, symbols: Symbols, where: CellMap) -> None:
        """Take a chunk's coefficients (n,) in steps and what they became."""
        layout = where.layout
        indices = {band.key: index for index, band in enumerate(layout.bands) if band.key in self._keys}
        if not indices:
            return
        low = slice(0, span(layout, max(indices.values())).stop)
        worth = np.exp2(2 * (chunk.levels - chunk.wanted)).ravel()[where.cell[low]]
        errors = worth * np.square(real[low] - symbols.coefficients[low])
        bits = band_bits(symbols, self._contexts)
        self._chunks.append(_Chunk(indices, layout, errors, bits, _foretold_bits(layout, bits)))

    def of(self, key: Key) -> Alone | None:
        """What a subband costs alone; None where no chunk has it."""
        cost, foretells, found = 0.0, 0.0, False
        for chunk in self._chunks:
            if key in chunk.indices:
                index, found = chunk.indices[key], True
                error = float(chunk.errors[span(chunk.layout, index)].sum())
                cost += BITS_OF_ERROR * error + float(chunk.bits[index])
                foretells += float(chunk.foretells[index])
        return Alone(cost, foretells) if found else None


def _foretold_bits(layout: SubbandLayout, bits: Real) -> Real:
    """Of each subband, the bits of those whose parent it is, shared by all parents of each."""
    found, arrays = np.zeros(len(bits)), layout.arrays
    counts = np.diff(arrays.parent_starts)
    np.add.at(found, arrays.parents, np.repeat(bits / np.maximum(counts, 1), counts))
    return found
