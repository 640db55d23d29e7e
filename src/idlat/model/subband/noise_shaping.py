"""Noise shaping: the encoder puts a cell's error where its voxels matter least.

A cell has one quantisation step, but importance varies from voxel to voxel within it. Coefficients move one
step down or up where that lowers bits + Σ ρ·e² over the cell's 512 voxels, ρ a voxel's weight beside the mean
of its cell: coordinate descent towards the lattice point that is nearest under a weighted norm. What reaches
over into neighbouring cells is left out. The decoder needs to know nothing of it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from idlat.coding.magnitudes import LARGEST
from idlat.model.subband.cell_map import CellMap
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR
from idlat.transform.cells import octave_values
from idlat.transform.lapped import dct_matrix
from idlat.transform.subbands import CELL, Kind, Kinds, Shape

__all__ = ["shape_noise"]

Real = NDArray[np.float64]

# ρ ∝ w^0.5: Eq. 13 judges an error by I, not by e^{aI}, and the whole ratio would overdo it.
_EMPHASIS = 0.5
_EVEN = 1.2  # ratio of the largest to the smallest ρ in a cell up to which it is left alone


def shape_noise(
    real: Real,
    coefficients: NDArray[np.int32],
    classes: NDArray[np.uint8],
    where: CellMap,
    kinds: Kinds,
    exponent: NDArray[np.float32],
    worth: Real,
    bits: Real,
) -> NDArray[np.int32]:
    """Return the coefficients (N,) of a chunk, each as it was or one off.

    Parameters
    ----------
    real : ndarray of float64
        (N,), in their own steps, unrounded.
    coefficients, classes : ndarray
        (N,): as chosen so far.
    where : CellMap
    kinds : Kinds
    exponent : ndarray of float32
        (Z, Y, X): a·I of the chunk's voxels.
    worth : ndarray of float64
        (cells,): how much an error counts beside what the levels say.
    bits : ndarray of float64
        (classes, symbols): what symbols cost.
    """
    rho = _emphasis(exponent)
    uneven = np.flatnonzero(rho.max(1) > _EVEN * rho.min(1, where=rho > 0, initial=np.inf))
    if not uneven.size:
        return coefficients
    from idlat.model.subband.kernels import shaping_kernels

    shaped = coefficients.copy()
    rho *= (worth * BITS_OF_ERROR)[:, None].astype(np.float32)
    shaping_kernels.descend(
        uneven, where.order, where.starts, where.places, where.cells, real, shaped, classes,
        rho, _functions(kinds, exponent.shape), bits, LARGEST,
    )  # fmt: skip
    return shaped


def _emphasis(exponent: NDArray[np.float32]) -> NDArray[np.float32]:
    """ρ (cells, 512), of mean 1 in each cell, from a·I (Z, Y, X); 0 beyond the field's edge."""
    pad = [(0, -n % CELL) for n in exponent.shape]
    whole = np.pad(exponent, pad, constant_values=-np.inf)
    z, y, x = (n // CELL for n in whole.shape)
    cells = whole.reshape(z, CELL, y, CELL, x, CELL).transpose(0, 2, 4, 1, 3, 5).reshape(-1, CELL**3)
    rho = np.exp(_EMPHASIS * (cells - cells.max(1, keepdims=True)))
    inside = (cells > -np.inf).sum(1, keepdims=True)
    return np.asarray(rho * (inside / rho.sum(1, keepdims=True)), dtype=np.float32)


@lru_cache(maxsize=64)
def _functions(kinds: Kinds, shape: Shape) -> Real:
    """What a coefficient adds to its cell's voxels along each axis: (3, 2, 8, 8), the last cell's second."""
    result = np.zeros((3, 2, CELL, CELL))
    for axis, (kind, n) in enumerate(zip(kinds, shape, strict=True)):
        last = (n - 1) % CELL + 1
        result[axis, 0] = _axis_functions(kind, CELL)
        result[axis, 1, :, :last] = _axis_functions(kind, last)[:, :last]
    return result


@lru_cache(maxsize=16)
def _axis_functions(kind: Kind, n: int) -> Real:
    """Functions (8, 8), of unit norm, of a cell of n voxels."""
    functions = np.zeros((CELL, CELL))
    if kind == "lapped":
        functions[:n, :n] = dct_matrix(n)
        return functions
    impulses = np.zeros((3, CELL, CELL))
    impulses[1] = np.eye(CELL)
    along = octave_values(impulses, 3 * CELL)[CELL : 2 * CELL].T
    return np.asarray(along / np.linalg.norm(along, axis=1, keepdims=True))
