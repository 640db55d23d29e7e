"""How often each symbol comes in each class in a box, and how many bits that takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.context_tables import count_symbols
from idlat.coding.magnitudes import split_sizes
from idlat.coding.size_contexts import CLASSES
from idlat.coding.subband_walk import NOT_CODED, Symbols

__all__ = ["bits_of", "counts_of"]


def counts_of(symbols: Symbols) -> NDArray[np.int64]:
    """Return how often each symbol comes in each class, (classes, symbols): what tables are fitted to."""
    sizes = np.abs(symbols.coefficients).astype(np.int64)
    every = count_symbols(symbols.classes.astype(np.int64), split_sizes(sizes)[0], NOT_CODED + 1)
    return every[:CLASSES]


def bits_of(symbols: Symbols, model: ContextModel) -> float:
    """Return the bits of a box's symbols under a model, signs and low bits included."""
    return float((counts_of(symbols) * model.bits).sum())
