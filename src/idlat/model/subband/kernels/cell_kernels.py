"""Coefficients of cells in coding order, compiled; see :meth:`idlat.model.subband.chunk_coder.ChunkCoder`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.jit import kernel

__all__ = ["count_significant", "find_largest", "gather_in_steps"]

Array: TypeAlias = NDArray[Any]


@kernel
def gather_in_steps(c: Array, places: Array, cell: Array, scale: Array, largest: float, real: Array) -> None:
    """Write into `real` (n,) the coefficients at `places` of `c`, in steps: times `scale` of their cells."""
    for i in range(len(places)):
        value = np.float64(c[places[i]]) * scale[cell[i]]
        if value > largest:
            value = largest
        elif value < -largest:
            value = -largest
        real[i] = value


@kernel
def count_significant(c: Array, limit: Array, counts: Array) -> None:
    """Write into `counts` (cells,) how many coefficients of each cell, `c` (n, cells), exceed its `limit`."""
    for row in c:
        for i in range(len(counts)):
            if abs(np.float64(row[i])) > limit[i]:
                counts[i] += 1


@kernel
def find_largest(c: Array, found: Array) -> None:
    """Raise `found` (cells,) to the sizes of the coefficients of each cell, `c` (n, cells)."""
    for row in c:
        for i in range(len(found)):
            found[i] = max(found[i], abs(np.float64(row[i])))
