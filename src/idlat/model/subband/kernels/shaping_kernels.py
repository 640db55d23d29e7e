"""Compiled: coordinate descent within cells; see :mod:`idlat.model.subband.noise_shaping`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.jit import kernel

Integers = NDArray[np.int64]
Real = NDArray[np.float64]

_SHARE = 0.85  # of the bits that a move saves or costs, which neighbours' classes will change
_ALIVE = 24  # class from which a zero may become a one
_CELL = 8


@kernel
def _symbol(size: int) -> int:
    """Symbol of a size; see :func:`idlat.coding.magnitudes.split_sizes`."""
    if size < 16:
        return size
    exponent = 4
    while size >> (exponent + 1):
        exponent += 1
    return 16 + 4 * (exponent - 4) + ((size >> (exponent - 2)) & 3)


@kernel
def descend(
    cells: Integers,
    order: NDArray[np.int32],
    starts: NDArray[np.int32],
    places: NDArray[np.int32],
    shape: tuple[int, int, int],
    real: Real,
    values: NDArray[np.int32],
    classes: NDArray[np.uint8],
    weight: NDArray[np.float32],
    functions: Real,
    bits: Real,
    largest: int,
) -> None:
    """Move the coefficients `values` (N,) of some cells, each at most once, from high to low frequencies."""
    count = shape[0] * shape[1] * shape[2]
    error, phi, cube = np.empty(_CELL**3), np.empty(_CELL**3), np.empty(_CELL**3)
    for cell in cells:
        z, rest = cell // (shape[1] * shape[2]), cell % (shape[1] * shape[2])
        fz = functions[0, 1 if z == shape[0] - 1 else 0]
        fy = functions[1, 1 if rest // shape[2] == shape[1] - 1 else 0]
        fx = functions[2, 1 if rest % shape[2] == shape[2] - 1 else 0]
        w = weight[cell]
        alive = False
        for at in range(starts[cell], starts[cell + 1]):
            i = order[at]
            alive = alive or values[i] != 0 or (classes[i] != 255 and classes[i] >= _ALIVE)
        if not alive:
            continue
        cube[:] = 0
        for at in range(starts[cell], starts[cell + 1]):
            i = order[at]
            cube[places[i] // count] = real[i] - values[i]
        _values(cube, fz, fy, fx, phi, error)
        for at in range(starts[cell + 1] - 1, starts[cell] - 1, -1):
            i = order[at]
            kind = classes[i]
            if kind == 255 or (values[i] == 0 and kind < _ALIVE) or abs(values[i]) >= largest:
                continue
            k = places[i] // count
            along_z, along_y, along_x = fz[k >> 6], fy[(k >> 3) & 7], fx[k & 7]
            slope, bend = _against(w, error, along_z, along_y, along_x)
            stay = bits[kind, _symbol(abs(values[i]))]
            up = bend - 2 * slope + _SHARE * (bits[kind, _symbol(abs(values[i] + 1))] - stay)
            down = bend + 2 * slope + _SHARE * (bits[kind, _symbol(abs(values[i] - 1))] - stay)
            move = 0
            if up < 0 and up <= down:
                move = 1
            elif down < 0:
                move = -1
            if move:
                values[i] += move
                _move(error, move, along_z, along_y, along_x)


@kernel
def _against(
    weight: NDArray[np.float32], error: Real, along_z: Real, along_y: Real, along_x: Real
) -> tuple[float, float]:
    """Weighted products, over a cell's voxels, of a coefficient's function with the error and with itself."""
    slope, bend, line = 0.0, 0.0, 0
    for z in range(_CELL):
        slope_z, bend_z = 0.0, 0.0
        for y in range(_CELL):
            slope_y, bend_y = 0.0, 0.0
            for x in range(_CELL):
                part = weight[line + x] * along_x[x]
                slope_y += part * error[line + x]
                bend_y += part * along_x[x]
            slope_z += along_y[y] * slope_y
            bend_z += along_y[y] * along_y[y] * bend_y
            line += _CELL
        slope += along_z[z] * slope_z
        bend += along_z[z] * along_z[z] * bend_z
    return slope, bend


@kernel
def _move(error: Real, move: int, along_z: Real, along_y: Real, along_x: Real) -> None:
    """Take what a coefficient adds to a cell's voxels when it moves off their error."""
    v = 0
    for z in range(_CELL):
        for y in range(_CELL):
            both = move * along_z[z] * along_y[y]
            for x in range(_CELL):
                error[v] -= both * along_x[x]
                v += 1


@kernel
def _values(cube: Real, along_z: Real, along_y: Real, along_x: Real, room: Real, result: Real) -> None:
    """The voxels (512,) of a cell's coefficients (512,)."""
    room[:], result[:] = 0, 0
    for line in range(0, _CELL**3, _CELL):
        for k in range(_CELL):
            for x in range(_CELL):
                room[line + x] += cube[line + k] * along_x[k, x]
    cube[:] = 0
    for z in range(_CELL):
        for k in range(_CELL):
            for y in range(_CELL):
                for x in range(_CELL):
                    cube[(z * _CELL + y) * _CELL + x] += room[(z * _CELL + k) * _CELL + x] * along_y[k, y]
    for k in range(_CELL):
        for z in range(_CELL):
            for rest in range(_CELL * _CELL):
                result[z * _CELL * _CELL + rest] += cube[k * _CELL * _CELL + rest] * along_z[k, z]
