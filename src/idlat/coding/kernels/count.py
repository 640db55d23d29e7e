"""How often each symbol comes in each class, compiled: see :mod:`idlat.coding.symbol_counts`."""

from __future__ import annotations

from typing import Any, TypeAlias

from numpy.typing import NDArray

from idlat.coding.kernels.sizes import symbol_of
from idlat.jit import kernel

__all__ = ["count"]

Array: TypeAlias = NDArray[Any]


@kernel
def count(values: Array, classes: Array, counts: Array) -> None:
    """Add the symbols of `values` (n,) to `counts` (classes, symbols); classes beyond are not counted."""
    for i in range(len(values)):
        if classes[i] < len(counts):
            counts[classes[i], symbol_of(abs(int(values[i])))] += 1
