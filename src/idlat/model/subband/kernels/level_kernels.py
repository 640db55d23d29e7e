"""Levels of cells, compiled; see :mod:`idlat.model.subband.cell_levels`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.jit import kernel

__all__ = ["sum_patches"]

_PATCH = 4


@kernel
def sum_patches(weight: NDArray[np.float32], sums: NDArray[np.float64]) -> None:
    """Write the sums (Z/4, Y/4, X/4) of weights (Z, Y, X) over patches of 4³ voxels."""
    sums[:] = 0
    for z in range(weight.shape[0]):
        for y in range(weight.shape[1]):
            of, to = weight[z, y], sums[z // _PATCH, y // _PATCH]
            for x in range(len(to)):
                v = x * _PATCH
                a, b = np.float64(of[v]) + of[v + 1], np.float64(of[v + 2]) + of[v + 3]
                to[x] += a + b
