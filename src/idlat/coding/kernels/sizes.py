"""What decoded coefficients foretell of the next ones' sizes, compiled: :mod:`idlat.coding.size_contexts`.

Expected sizes are integers below 2⁵³, so that float64 holds them exactly in any order of sums.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.size_contexts import CLASSES, FIRST_CLASS, MANTISSA, PER_OCTAVE
from idlat.coding.subband_arrays import BoxArrays, Room
from idlat.jit import kernel

__all__ = ["class_of", "expect", "expect_more", "remember", "symbol_of"]

Array: TypeAlias = NDArray[Any]


@kernel
def _pool(b: int, members: Array, box: BoxArrays, room: Room) -> bool:
    """Sum up the sizes of `members` at each position of band `b`; False where they are all zero."""
    nz, ny, nx = box.shapes[b]
    n = nz * ny * nx
    total, largest, around = room.pooled[0, :n], room.pooled[1, :n], room.pooled[2, :n]
    found = False
    for m in members:
        if not room.live[m]:
            continue
        if not found:
            found = True
            for i in range(n):
                total[i], largest[i], around[i] = 0, 0, 0
        own = room.own[box.offsets[m] : box.offsets[m + 1]]
        near = room.near[box.offsets[m] : box.offsets[m + 1]]
        mz, my, mx = box.shapes[m]
        if mz == nz and my == ny and mx == nx:
            for i in range(n):
                total[i] += own[i]
                largest[i] = max(largest[i], own[i])
                around[i] += near[i]
            continue
        i = 0
        for z in range(nz):
            at_z = z if mz >= nz else min(z >> 1, mz - 1)
            for y in range(ny):
                row = (at_z * my + (y if my >= ny else min(y >> 1, my - 1))) * mx
                for x in range(nx):
                    j = row + (x if mx >= nx else min(x >> 1, mx - 1))
                    total[i] += own[j]
                    largest[i] = max(largest[i], own[j])
                    around[i] += near[j]
                    i += 1
    return found


@kernel
def expect(b: int, box: BoxArrays, weights: Array, room: Room) -> None:
    """Write into `room` what sizes band `b` is expected to have before any of it is known."""
    n = box.offsets[b + 1] - box.offsets[b]
    first, second = room.expected[0, :n], room.expected[1, :n]
    total, largest, around = room.pooled[0], room.pooled[1], room.pooled[2]
    units = box.units[box.places[b] : box.places[b] + n]
    weight = weights[box.groups[b]]
    for i in range(n):
        first[i] = weight[0, 7] * units[i]
        second[i] = weight[1, 7] * units[i]
    parents = box.parents[box.parent_starts[b] : box.parent_starts[b + 1]]
    if len(parents) == 0:
        return
    # Means are rounded down; half a twelfth more than a multiple of 1/count lies between its neighbours.
    if _pool(b, parents, box, room):
        share = 1.0 / len(parents)
        for i in range(n):
            mean, most = np.floor((12.0 * total[i] + 0.5) * share), 12.0 * largest[i]
            near = np.floor((2.0 * around[i] + 0.5) * share)
            first[i] += mean * weight[0, 0] + most * weight[0, 1] + near * weight[0, 2]
            second[i] += mean * weight[1, 0] + most * weight[1, 1] + near * weight[1, 2]
    grandparents = box.grandparents[box.grandparent_starts[b] : box.grandparent_starts[b + 1]]
    if len(grandparents) > 0 and _pool(b, grandparents, box, room):
        share = 1.0 / len(grandparents)
        for i in range(n):
            mean = np.floor((12.0 * total[i] + 0.5) * share)
            near = np.floor((2.0 * around[i] + 0.5) * share)
            first[i] += mean * weight[0, 3] + near * weight[0, 4]
            second[i] += mean * weight[1, 3] + near * weight[1, 4]


@kernel
def expect_more(b: int, box: BoxArrays, weights: Array, room: Room) -> None:
    """Add what the first half of band `b` says of its second half."""
    nz, ny, nx = box.shapes[b]
    dy = nx + 2
    dz = dy * (ny + 2)
    _sum_lines(room.padded, room.sums, dz * (nz + 2))
    _sum_squares(room.sums, room.squares, dy, dz * (nz + 2))  # of lines alone
    _sum_faces(room.padded, room.sums, dy, dz, dz * nz)
    weight = weights[box.groups[b], 1]
    _weigh_neighbours(room, dz, dz * nz, 2.0 * weight[5], weight[6])
    share, expected = room.share, room.expected[1]
    for z in range(nz):
        for y in range(ny):
            row, at = (z * ny + y) * nx, (z + 1) * dz + (y + 1) * dy + 1
            for x in range((z + y + 1) & 1, nx, 2):
                expected[row + x] += share[at + x]


# Loops that are long, without gaps, over few arrays, and count from 0, become vector instructions.


@kernel
def _sum_lines(values: Array, sums: Array, n: int) -> None:
    """Write sums of the two neighbours along x of `values` (n,)."""
    before, after, out = values[: n - 2], values[2:n], sums[1 : n - 1]
    for i in range(n - 2):
        out[i] = before[i] + after[i]


@kernel
def _sum_squares(lines: Array, squares: Array, dy: int, n: int) -> None:
    """Write sums of the four neighbours across, in a plane, given those of lines (n,)."""
    before, after, out = lines[: n - 2 * dy], lines[2 * dy : n], squares[dy : n - dy]
    for i in range(n - 2 * dy):
        out[i] = before[i] + after[i]


@kernel
def _sum_faces(values: Array, sums: Array, dy: int, dz: int, n: int) -> None:
    """Add the neighbours along y and z of `values` to sums of lines, of n places from the second plane on."""
    out = sums[dz : dz + n]
    low, high = values[:n], values[2 * dz : 2 * dz + n]
    before, after = values[dz - dy : dz - dy + n], values[dz + dy : dz + dy + n]
    for i in range(n):
        out[i] += (low[i] + high[i]) + (before[i] + after[i])


@kernel
def _weigh_neighbours(room: Room, dz: int, n: int, faces_weight: float, corners_weight: float) -> None:
    """Write what sums of neighbours say of n places from the second plane on."""
    low, high = room.squares[:n], room.squares[2 * dz : 2 * dz + n]
    faces, out = room.sums[dz : dz + n], room.share[dz : dz + n]
    for i in range(n):
        out[i] = faces[i] * faces_weight + np.floor(1.5 * (low[i] + high[i])) * corners_weight


@kernel
def remember(b: int, box: BoxArrays, room: Room) -> None:
    """Keep the sizes of band `b`, which are in `room.padded` and not all zero, and clear that."""
    nz, ny, nx = box.shapes[b]
    p, sums = room.padded, room.sums
    dy = nx + 2
    dz = dy * (ny + 2)
    end = dz * (nz + 2)
    # A value stands for a neighbour that is missing.
    _copy(p[dz : 2 * dz], p[:dz])
    _copy(p[end - 2 * dz : end - dz], p[end - dz : end])
    for begin in range(dz, end - dz, dz):
        plane = p[begin : begin + dz]
        _copy(plane[dy : 2 * dy], plane[:dy])
        _copy(plane[dz - 2 * dy : dz - dy], plane[dz - dy :])
        for y in range(1, ny + 1):
            line = plane[y * dy : (y + 1) * dy]
            line[0], line[nx + 1] = line[1], line[nx]
    _sum_lines(p, sums, end)
    _sum_faces(p, sums, dy, dz, dz * nz)
    row = box.offsets[b]
    for z in range(nz):
        for y in range(ny):
            at = (z + 1) * dz + (y + 1) * dy + 1
            own, near = room.own[row : row + nx], room.near[row : row + nx]
            sizes, around = p[at : at + nx], sums[at : at + nx]
            for x in range(nx):
                own[x], near[x] = sizes[x], around[x]
            row += nx
    for i in range(end):
        p[i] = 0
    room.live[b] = True


@kernel
def _copy(values: Array, out: Array) -> None:
    """Copy values (n,); numba takes seconds to compile the assignment of a slice."""
    for i in range(len(values)):
        out[i] = values[i]


@kernel
def class_of(bits: int, coarseness: int) -> int:
    """Class of an expected size, given the bits of its float64."""
    return max(0, min(CLASSES - 1, (bits >> MANTISSA) - FIRST_CLASS - PER_OCTAVE * coarseness))


@kernel
def symbol_of(size: int) -> int:
    """Symbol of a size, 0 to 2³⁰ − 1."""
    if size < 16:
        return size
    # Exponent and the next two bits of a float64 are what follows the first 16 symbols.
    return int(np.float64(size).view(np.int64) >> 50) - 4 * (1023 + 4) + 16
