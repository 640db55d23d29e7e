"""Histograms in a window around each voxel, compiled; see :mod:`idlat.importance.measures.local_statistics`.

The histogram of a column of the window, along z and y, is kept for every x: a row of voxels enters it and one
leaves it with each step along y. A window's histogram is a sum of columns, of which one enters and one leaves
with each step along x.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.jit import kernels_of

__all__ = ["sum_windows"]


def _count_row(
    bins: NDArray[np.integer[Any]], z: int, y: int, radius: int, sign: int, columns: NDArray[np.int32]
) -> None:
    """Let row y of the layers around z enter the columns (X, bins), or leave them where `sign` is −1."""
    count = columns.shape[1]
    for layer in range(max(z - radius, 0), min(z + radius + 1, bins.shape[0])):
        row = bins[layer, y]
        for x in range(len(row)):
            if row[x] < count:
                columns[x, row[x]] += sign


def _sum_row(
    columns: NDArray[np.int32],
    table: NDArray[np.int64],
    radius: int,
    total: NDArray[np.int64],
    number: NDArray[np.int64],
) -> None:
    """Write what the windows along one row (X) come to."""
    size, count = columns.shape
    histogram, nothing = np.zeros(count, np.int32), np.zeros(count, np.int32)
    summed, known = np.int64(0), 0
    for x in range(-radius, size):
        enters = columns[x + radius] if x + radius < size else nothing
        leaves = columns[x - radius - 1] if x > radius else nothing
        for one in range(count):
            change = enters[one] - leaves[one]
            if change != 0:
                before = histogram[one]
                histogram[one] = before + change
                known += change
                summed += table[np.uint32(before + change)] - table[np.uint32(before)]
        if x >= 0:
            total[x], number[x] = summed, known


def _sum_windows(
    bins: NDArray[np.integer[Any]],
    count: int,
    radius: int,
    table: NDArray[np.int64],
    total: NDArray[np.int64],
    number: NDArray[np.int64],
) -> None:
    """Write the sum of ``table[c]`` over the counts c of a window's bins, and their sum, at each voxel.

    Parameters
    ----------
    bins
        (Z, Y, X), from 0; `count` where the voxel does not count.
    count
        Number of bins.
    radius
        Half the window's width; beyond the edge there is nothing.
    table
        By count.
    total, number
        (Z, Y, X), written.
    """
    columns = np.zeros((bins.shape[2], count), np.int32)
    for z in range(bins.shape[0]):
        columns[:] = 0
        for y in range(-radius, bins.shape[1]):
            if y + radius < bins.shape[1]:
                _count_row(bins, z, y + radius, radius, 1, columns)
            if y > radius:
                _count_row(bins, z, y - radius - 1, radius, -1, columns)
            if y >= 0:
                _sum_row(columns, table, radius, total[z, y], number[z, y])


sum_windows = kernels_of((_count_row, _sum_row, _sum_windows))
