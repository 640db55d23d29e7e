"""Noise shaping: the encoder puts a cell's error where its voxels matter least.

A cell has one quantisation step, but importance varies from voxel to voxel within it. Coefficients move one
step down or up where that lowers bits + Σ ρ·e² over the cell's 512 voxels, ρ a voxel's weight beside the mean
of its cell: coordinate descent towards the lattice point that is nearest under a weighted norm. What reaches
over into neighbouring cells is left out, and so are coefficients whose move would not pay if it were the
only one: moves of others hardly ever change that, and looking takes most of the time. Cells that a region's
edge goes through are swept up to three times, as long as anything moves. The decoder needs to know nothing of
it.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from idlat.coding.magnitudes import LARGEST
from idlat.model.subband.cell_map import CellMap
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR
from idlat.transform.cells import octave_values
from idlat.transform.cuts import WHOLE, AxisCuts, CellParts, Cuts, axis_parts, lapped_cuts
from idlat.transform.subbands import CELL, Kind, Kinds, Shape

__all__ = ["shape_noise"]

Real = NDArray[np.float64]
Integers = NDArray[np.int64]

# ρ ∝ w^0.5: Eq. 13 judges an error by I, not by e^{aI}, and the whole ratio would overdo it.
_EMPHASIS = 0.5
_EVEN = 1.2  # ratio of the largest to the smallest ρ in a cell up to which it is left alone
_EDGE = 5.5  # by how much a·I changes in a cell that is swept more than once
_SWEEPS = 3


def shape_noise(
    real: Real,
    coefficients: NDArray[np.int32],
    classes: NDArray[np.uint8],
    where: CellMap,
    kinds: Kinds,
    cuts: Cuts,
    exponent: NDArray[np.float32],
    worth: Real,
    bits: Real,
) -> NDArray[np.int32]:
    """Return the coefficients (N,) of a chunk, each as it was or off by at most one a sweep.

    Parameters
    ----------
    real : ndarray of float64
        (N,), in their own steps, unrounded.
    coefficients, classes : ndarray
        (N,): as chosen so far.
    where : CellMap
    kinds : Kinds
    cuts : Cuts
        By voxels of the chunk.
    exponent : ndarray of float32
        (Z, Y, X): a·I of the chunk's voxels.
    worth : ndarray of float64
        (cells,): how much an error counts beside what the levels say.
    bits : ndarray of float64
        (classes, symbols): what symbols cost.
    """
    from idlat.model.subband.kernels import shaping_kernels

    z, y, x = map(_main_parts, exponent.shape, lapped_cuts(cuts, kinds))
    cells, rho, spans = _emphasis(exponent, coefficients, classes, where, (z, y, x), worth)
    if not len(cells):
        return coefficients
    shaped = coefficients.copy()
    functions, which = _functions(kinds, exponent.shape, cuts)
    shaping_kernels.descend(
        cells, where.order, where.starts, where.numbers, where.cells, real, shaped, classes, rho,
        np.where(spans > _EDGE, _SWEEPS, 1), functions, which, bits.astype(np.float32), LARGEST,
    )  # fmt: skip
    return shaped


def _emphasis(
    exponent: NDArray[np.float32],
    coefficients: NDArray[np.int32],
    classes: NDArray[np.uint8],
    where: CellMap,
    mains: tuple[Integers, Integers, Integers],
    worth: Real,
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Cells that are to be shaped; bits that a squared error costs at their voxels; spans of a·I in them.

    The bits (cells, 512) are ρ, of mean 1 in each cell, or its part that matters most, and 0 beyond the
    field's edge, times what the cell's errors are worth.
    """
    from idlat.model.subband.kernels import shaping_kernels

    exponent = np.ascontiguousarray(exponent)
    cells, largest, spans = shaping_kernels.uneven_cells(
        exponent, where.cells, mains, math.log(_EVEN) / _EMPHASIS, coefficients, classes, where.cell
    )
    rho = np.empty((len(cells), CELL**3), np.float32)
    shaping_kernels.gather_weights(exponent, where.cells, cells, largest, _EMPHASIS, rho)
    np.exp(rho, out=rho)
    shaping_kernels.share_out(rho, cells, where.cells, mains, worth * BITS_OF_ERROR)
    return cells, rho, spans


@lru_cache(maxsize=64)
def _main_parts(n: int, cuts: AxisCuts) -> NDArray[np.int64]:
    """First voxel of the part of each cell that matters most, and one beyond its last: (cells, 2)."""
    spans = [(0, min(CELL, n - begin)) for begin in range(0, n, CELL)]
    for cell in axis_parts(n, cuts).cells:
        spans[cell.cell] = cell.span(cell.first)
    return np.array(spans)


@lru_cache(maxsize=64)
def _functions(
    kinds: Kinds, shape: Shape, cuts: Cuts
) -> tuple[NDArray[np.float32], tuple[Integers, Integers, Integers]]:
    """What coefficients add to voxels along an axis, (count, 8, 8); which of these each cell has, by axis."""
    found: dict[tuple[Kind, CellParts], int] = {}

    def numbers(kind: Kind, n: int, along: AxisCuts) -> Integers:
        own = [WHOLE] * -(-n // CELL)
        for parts in axis_parts(n, along).cells:
            own[parts.cell] = parts._replace(cell=0)
        return np.array([found.setdefault((kind, one), len(found)) for one in own])

    z, y, x = map(numbers, kinds, shape, lapped_cuts(cuts, kinds))
    return np.array([_axis_functions(*one) for one in found], np.float32), (z, y, x)


def _axis_functions(kind: Kind, parts: CellParts) -> Real:
    """Functions (8, 8) of a cell, those of a whole one of unit norm."""
    functions, n = np.zeros((CELL, CELL)), sum(parts.lengths)
    if kind == "lapped":
        functions[:n, :n] = parts.matrix(inverse=True).T
        return functions
    impulses = np.zeros((3, CELL, CELL))
    impulses[1] = np.eye(CELL)
    along = octave_values(impulses, 3 * CELL)[CELL : 2 * CELL].T
    functions[:, :n] = (along / np.linalg.norm(along, axis=1, keepdims=True))[:, :n]
    return functions
