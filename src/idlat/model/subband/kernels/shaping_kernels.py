"""Compiled: coordinate descent within cells; see :mod:`idlat.model.subband.noise_shaping`.

A cell's 512 voxels stand in one row, z slowest. Sums over them are written as loops over rows of eight values
and more that do not depend on one another, which compilers turn into vector instructions; copies are
loops, too, for numba takes seconds to compile the assignment of a slice.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.kernels.sizes import symbol_of
from idlat.jit import kernel

__all__ = ["descend", "gather_weights", "share_out", "uneven_cells"]

Array: TypeAlias = NDArray[Any]
Integers = NDArray[np.int64]
Single = NDArray[np.float32]
Shape: TypeAlias = tuple[int, int, int]
Mains: TypeAlias = tuple[Integers, Integers, Integers]

_SHARE = np.float32(0.85)  # of the bits that a move saves or costs, which neighbours' classes will change
_ALIVE = 24  # class from which a zero may become a one
_CELL = 8
_PLANE = _CELL * _CELL


@kernel
def uneven_cells(
    exponent: Single,
    cells: Shape,
    mains: Mains,
    least: float,
    values: NDArray[np.int32],
    classes: NDArray[np.uint8],
    cell: NDArray[np.int32],
) -> tuple[Integers, Single, Single]:
    """Return the cells whose `exponent` (Z, Y, X) spans more than `least` and that have something to move.

    Of a cell that is cut, the part that matters most is looked at: `mains` (cells, 2) are, along each axis,
    its first voxel and one beyond its last.

    Returns
    -------
    found : ndarray of int64
        Their numbers.
    largest, spans : ndarray of float32
        The largest exponent in each, and by how much it exceeds the least.
    """
    count = cells[0] * cells[1] * cells[2]
    alive = np.zeros(count, np.bool_)
    for i in range(len(values)):
        if values[i] != 0 or (classes[i] >= _ALIVE and classes[i] != 255):
            alive[cell[i]] = True
    found, n = np.empty(count, np.int64), 0
    largest, spans = np.empty(count, np.float32), np.empty(count, np.float32)
    for c in range(count):
        if not alive[c]:
            continue
        z, rest = c // (cells[1] * cells[2]), c % (cells[1] * cells[2])
        y, x = rest // cells[2], rest % cells[2]
        (z0, z1), (y0, y1), (x0, x1) = mains[0][z], mains[1][y], mains[2][x]
        own = exponent[z * _CELL :, y * _CELL :, x * _CELL :]
        part = own[z0:z1, y0:y1, x0:x1]
        low = high = part[0, 0, 0]
        for z in range(part.shape[0]):
            for y in range(part.shape[1]):
                for x in range(part.shape[2]):
                    low, high = min(low, part[z, y, x]), max(high, part[z, y, x])
        if high - low > least:
            found[n], largest[n], spans[n] = c, high, high - low
            n += 1
    return found[:n], largest[:n], spans[:n]


@kernel
def gather_weights(
    exponent: Single, cells: Shape, found: Integers, largest: Single, share: float, rows: Single
) -> None:
    """Write the exponents of cells less their largest, times `share`, into `rows` (n, 512)."""
    factor = np.float32(share)
    for i in range(len(found)):
        z0, rest = found[i] // (cells[1] * cells[2]) * _CELL, found[i] % (cells[1] * cells[2])
        y0, x0 = rest // cells[2] * _CELL, rest % cells[2] * _CELL
        part = exponent[z0 : z0 + _CELL, y0 : y0 + _CELL, x0 : x0 + _CELL]
        rows[i] = -np.inf  # beyond the field's edge
        for z in range(part.shape[0]):
            for y in range(part.shape[1]):
                for x in range(part.shape[2]):
                    rows[i, z * _PLANE + y * _CELL + x] = (part[z, y, x] - largest[i]) * factor


@kernel
def share_out(
    rows: Single,
    found: Integers,
    cells: Shape,
    mains: Mains,
    worth: NDArray[np.float64],
) -> None:
    """Scale weights (n, 512) of cells so that their mean over its part that matters most is `worth` of each.

    Its other voxels weigh nothing; `mains` are those of :func:`uneven_cells`.
    """
    for i in range(len(found)):
        z, rest = found[i] // (cells[1] * cells[2]), found[i] % (cells[1] * cells[2])
        (z0, z1), (y0, y1) = mains[0][z], mains[1][rest // cells[2]]
        x0, x1 = mains[2][rest % cells[2]]
        plane = np.zeros(_PLANE)
        for at in range(z0, z1):
            for v in range(_PLANE):
                plane[v] += rows[i, at * _PLANE + v]
        total = 0.0
        for y in range(y0, y1):
            for x in range(x0, x1):
                total += plane[y * _CELL + x]
        factor = np.float32(worth[found[i]] * ((z1 - z0) * (y1 - y0) * (x1 - x0)) / total)
        for at in range(_CELL):
            for y in range(_CELL):
                for x in range(_CELL):
                    inside = z0 <= at < z1 and y0 <= y < y1 and x0 <= x < x1
                    rows[i, at * _PLANE + y * _CELL + x] *= factor if inside else np.float32(0)


@kernel
def descend(
    cells: Integers,
    order: NDArray[np.int32],
    starts: NDArray[np.int32],
    numbers: NDArray[np.uint16],
    shape: Shape,
    real: NDArray[np.float64],
    values: NDArray[np.int32],
    classes: NDArray[np.uint8],
    weights: Single,
    sweeps: Integers,
    functions: Single,
    which: tuple[Integers, Integers, Integers],
    bits: Single,
    largest: int,
) -> None:
    """Move the coefficients `values` (N,) of some cells, each at most once a sweep.

    `numbers` (N,) says which of its cell's 512 each is, `weights` (cells, 512) are those of the cells'
    voxels, `sweeps` (cells,) how often at most all of a cell are looked at, `functions` (count, 8, 8) what a
    coefficient adds to voxels along an axis, `which` of them are those of each cell along each axis.
    """
    squares = functions * functions
    error, bend = np.empty(_CELL**3, np.float32), np.empty(_CELL**3, np.float32)
    room, plane = np.empty(_CELL**3, np.float32), np.empty(_PLANE, np.float32)
    early = np.empty(_CELL**3, np.float32)  # slopes before anything has moved in a sweep
    transposed = np.empty((len(functions), _CELL, _CELL), np.float32)  # from coefficients to voxels
    for k in range(len(functions)):
        transposed[k] = functions[k].T
    for n in range(len(cells)):
        cell = cells[n]
        z, rest = cell // (shape[1] * shape[2]), cell % (shape[1] * shape[2])
        kz, ky, kx = which[0][z], which[1][rest // shape[2]], which[2][rest % shape[2]]
        fz, fy, fx, w = functions[kz], functions[ky], functions[kx], weights[n]
        own = order[starts[cell] : starts[cell + 1]]
        for v in range(_CELL**3):
            error[v] = 0
        for i in own:
            error[numbers[i]] = real[i] - values[i]
        _through(error, transposed[kz], transposed[ky], transposed[kx], room)
        for v in range(_CELL**3):
            bend[v] = w[v]
        _through(bend, squares[kz], squares[ky], squares[kx], room)
        for v in range(_CELL**3):
            error[v] *= w[v]
        for _ in range(sweeps[n]):
            for v in range(_CELL**3):
                early[v] = error[v]
            _through(early, fz, fy, fx, room)
            if not _sweep(
                own, numbers, values, classes, w, fz, fy, fx, bits, largest, error, early, bend, plane
            ):
                break


@kernel
def _sweep(
    own: NDArray[np.int32],
    numbers: NDArray[np.uint16],
    values: NDArray[np.int32],
    classes: NDArray[np.uint8],
    weights: Single,
    along_z: Single,
    along_y: Single,
    along_x: Single,
    bits: Single,
    largest: int,
    error: Single,
    early: Single,
    bend: Single,
    plane: Single,
) -> bool:
    """Move the coefficients of one cell, from high to low frequencies; whether any moved.

    `error` (512,) is the weighted error at the cell's voxels, which moves change; `early` (512,) its products
    with the coefficients' functions as the sweep begins, `bend` (512,) what a move by one adds to the error
    besides; `plane` (64,) is room.
    """
    moved = False
    for at in range(len(own) - 1, -1, -1):
        i = own[at]
        kind, k = classes[i], numbers[i]
        if kind == 255 or (values[i] == 0 and kind < _ALIVE) or abs(values[i]) >= largest:
            continue
        if bend[k] <= 0:  # of a part that weighs nothing here
            continue
        size = abs(values[i])
        stay = bits[kind, symbol_of(size)]
        above = _SHARE * (bits[kind, symbol_of(size + 1)] - stay)
        below = _SHARE * (bits[kind, symbol_of(abs(size - 1))] - stay)
        up, down = (above, below) if values[i] >= 0 else (below, above)
        if min(up - 2 * early[k], down + 2 * early[k]) > -bend[k]:
            continue  # would not have paid before others moved: hardly ever pays now
        z, y, x = along_z[k >> 6], along_y[(k >> 3) & 7], along_x[k & 7]
        slope = 2 * _product(error, z, y, x, plane)
        up += bend[k] - slope
        down += bend[k] + slope
        if up < 0 and up <= down:
            values[i], moved = values[i] + 1, True
            _move(error, weights, np.float32(1), z, y, x)
        elif down < 0:
            values[i], moved = values[i] - 1, True
            _move(error, weights, np.float32(-1), z, y, x)
    return moved


@kernel
def _product(error: Single, along_z: Single, along_y: Single, along_x: Single, plane: Single) -> Any:
    """Sum of a cell's weighted errors (512,) times a coefficient's function; `plane` (64,) is room."""
    _combine(error, along_z, plane)
    y0, y1, y2, y3 = along_y[0], along_y[1], along_y[2], along_y[3]
    y4, y5, y6, y7 = along_y[4], along_y[5], along_y[6], along_y[7]
    for x in range(_CELL):
        plane[x] = along_x[x] * (
            ((y0 * plane[x] + y1 * plane[x + 8]) + (y2 * plane[x + 16] + y3 * plane[x + 24]))
            + ((y4 * plane[x + 32] + y5 * plane[x + 40]) + (y6 * plane[x + 48] + y7 * plane[x + 56]))
        )
    return ((plane[0] + plane[1]) + (plane[2] + plane[3])) + ((plane[4] + plane[5]) + (plane[6] + plane[7]))


@kernel
def _combine(cube: Single, factors: Single, plane: Single) -> None:
    """Write into `plane` (64,) the sum of the eight planes of a cube (512,), each times its factor."""
    f0, f1, f2, f3, f4, f5, f6, f7 = (
        factors[0], factors[1], factors[2], factors[3], factors[4], factors[5], factors[6], factors[7]
    )  # fmt: skip
    for v in range(_PLANE):
        plane[v] = ((f0 * cube[v] + f1 * cube[v + 64]) + (f2 * cube[v + 128] + f3 * cube[v + 192])) + (
            (f4 * cube[v + 256] + f5 * cube[v + 320]) + (f6 * cube[v + 384] + f7 * cube[v + 448])
        )


@kernel
def _move(
    error: Single, weight: Single, move: np.float32, along_z: Single, along_y: Single, along_x: Single
) -> None:
    """Take what a coefficient adds to a cell's voxels when it moves off their weighted error."""
    for z in range(_CELL):
        for y in range(_CELL):
            both, line = move * along_z[z] * along_y[y], (z * _CELL + y) * _CELL
            e, w = error[line : line + _CELL], weight[line : line + _CELL]
            for x in range(_CELL):
                e[x] -= both * along_x[x] * w[x]


@kernel
def _through(cube: Single, along_z: Single, along_y: Single, along_x: Single, room: Single) -> None:
    """Replace values (512,) by their products with matrices (8, 8) along each axis; `room` (512,) is room.

    Row n of a matrix says how much of each value becomes the n-th of the result. After each product the axes
    change places, the first becoming the last.
    """
    for matrix in (along_z, along_y, along_x):
        for n in range(_CELL):
            _combine(cube, matrix[n], room[n * _PLANE : (n + 1) * _PLANE])
        for v in range(_PLANE):
            for n in range(_CELL):
                cube[v * _CELL + n] = room[n * _PLANE + v]
