"""How often each symbol comes in each class in a box, and how many bits that takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.context_tables import count_symbols
from idlat.coding.magnitudes import LARGEST, SYMBOLS, split_sizes
from idlat.coding.size_contexts import CLASSES
from idlat.coding.subband_walk import NOT_CODED, Symbols
from idlat.jit import compiles

__all__ = ["band_bits", "bits_of", "coefficient_bits", "counts_of"]


def counts_of(symbols: Symbols) -> NDArray[np.int64]:
    """Return how often each symbol comes in each class, (classes, symbols): what tables are fitted to.

    Raises
    ------
    ValueError
        If a coefficient is larger than 2³⁰ − 1.
    """
    values, classes = symbols.coefficients, symbols.classes
    if np.abs(values).max(initial=0) > LARGEST or values.shape != classes.shape:
        raise ValueError(f"expected as many classes as coefficients, and these at most {LARGEST}")
    if compiles():
        from idlat.coding import kernels

        counts = np.zeros((CLASSES, SYMBOLS), dtype=np.int64)
        kernels.count(values, classes, counts)
        return counts
    sizes = np.abs(values.astype(np.int64))
    return count_symbols(classes.astype(np.int64), split_sizes(sizes)[0], NOT_CODED + 1)[:CLASSES]


def bits_of(symbols: Symbols, model: ContextModel) -> float:
    """Return the bits of a box's symbols under a model, signs and low bits included."""
    return float((counts_of(symbols) * model.bits).sum())


def band_bits(symbols: Symbols, model: ContextModel) -> NDArray[np.float64]:
    """Return the bits of each band (bands,) of a box under a model."""
    layout = symbols.layout
    if not compiles():
        return np.add.reduceat(coefficient_bits(symbols, model), layout.offsets)
    from idlat.coding import kernels

    found = np.zeros(len(layout.bands))
    kernels.band_bits(symbols.coefficients, symbols.classes, layout.arrays.offsets, model.arrays.bits, found)
    return found


def coefficient_bits(symbols: Symbols, model: ContextModel) -> NDArray[np.float64]:
    """Return the bits (n,) of coefficients of a box under a model, 0 where one is not coded."""
    classes, coefficients = symbols.classes, symbols.coefficients
    coded = classes != NOT_CODED
    bits = np.zeros(len(coded))
    sizes = split_sizes(np.abs(coefficients[coded]).astype(np.int64))[0]
    bits[coded] = model.bits[classes[coded], sizes]
    return bits
