"""How often each symbol comes in each class, and what bands cost; see :mod:`idlat.coding.symbol_counts`."""

from __future__ import annotations

from typing import Any, TypeAlias

from numpy.typing import NDArray

from idlat.coding.kernels.sizes import symbol_of
from idlat.jit import kernel

__all__ = ["band_bits", "count"]

Array: TypeAlias = NDArray[Any]


@kernel
def count(values: Array, classes: Array, counts: Array) -> None:
    """Add the symbols of `values` (n,) to `counts` (classes, symbols); classes beyond are not counted."""
    for i in range(len(values)):
        if classes[i] < len(counts):
            counts[classes[i], symbol_of(abs(int(values[i])))] += 1


@kernel
def band_bits(values: Array, classes: Array, offsets: Array, bits: Array, found: Array) -> None:
    """Add up the `bits` (classes, symbols) of the symbols of each band; classes beyond cost nothing."""
    for b in range(len(found)):
        total = 0.0
        for i in range(offsets[b], offsets[b + 1]):
            if classes[i] < len(bits):
                total += bits[classes[i], symbol_of(abs(int(values[i])))]
        found[b] = total
