"""How large the coefficients of a step before were around each place, compiled.

See :func:`idlat.coding.class_hints.hints_of`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.kernels.sizes import class_of
from idlat.coding.size_contexts import LARGEST_SIZE
from idlat.jit import kernel

__all__ = ["hint"]

Array: TypeAlias = NDArray[Any]


@kernel
def hint(before: Array, offsets: Array, shapes: Array, own: int, face: int, unit: int, hints: Array) -> None:
    """Write the class of `own` sizes at each place and `face` of each around it, times `unit`.

    Parameters
    ----------
    before : ndarray of int64
        (N,).
    offsets, shapes : ndarray
        Of the bands, see :class:`idlat.coding.subband_arrays.BoxArrays`.
    hints : ndarray of uint8
        (N,).
    """
    for b in range(len(shapes)):
        nz, ny, nx = shapes[b]
        begin, end = offsets[b], offsets[b + 1]
        live = False
        for i in range(begin, end):
            if before[i] != 0:
                live = True
                break
        if not live:
            hints[begin:end] = 0
            continue
        dz = ny * nx
        for z in range(nz):
            for y in range(ny):
                for x in range(nx):
                    i = begin + (z * ny + y) * nx + x
                    here = min(abs(before[i]), LARGEST_SIZE)
                    total = own * here
                    total += face * (min(abs(before[i - dz]), LARGEST_SIZE) if z > 0 else here)
                    total += face * (min(abs(before[i + dz]), LARGEST_SIZE) if z < nz - 1 else here)
                    total += face * (min(abs(before[i - nx]), LARGEST_SIZE) if y > 0 else here)
                    total += face * (min(abs(before[i + nx]), LARGEST_SIZE) if y < ny - 1 else here)
                    total += face * (min(abs(before[i - 1]), LARGEST_SIZE) if x > 0 else here)
                    total += face * (min(abs(before[i + 1]), LARGEST_SIZE) if x < nx - 1 else here)
                    hints[i] = class_of(int(np.float64(total * unit).view(np.int64)), 0)
