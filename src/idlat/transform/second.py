"""The second transform: 9/7 octaves over the positions of a low subband, to the coarsest.

What a slowly varying field still shares between neighbouring cells is gathered in few coefficients. The
compiled form and the one in NumPy give the same numbers.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.jit import compiles
from idlat.transform.octaves import SCALE, STEPS, merge_halves, split_halves
from idlat.transform.subbands import Shape, octave_subbands

__all__ = ["from_octaves", "octave_axes", "to_octaves"]

Array = NDArray[np.floating[Any]]
Axes = tuple[int, ...]


def to_octaves(band: Array, axes: Axes) -> Array:
    """Return the octaves of a subband (z, y, x) along `axes`, flat, in the order of :func:`octave_subbands`.

    Examples
    --------
    >>> band = np.random.default_rng(0).normal(size=(5, 9, 12))
    >>> bool(np.allclose(from_octaves(to_octaves(band, (0, 1, 2)), band.shape, (0, 1, 2)), band))
    True
    """
    z, y, x = band.shape
    if compiles():
        from idlat.transform import second_kernels

        flat, plan = np.array(band, order="C").reshape(-1), _plan((z, y, x), axes)
        if len(plan.sizes):
            second_kernels.split_nested(flat, plan.sizes, plan.taken, *_numbers(flat.dtype, inverse=False))
        return flat[plan.order]
    nested, low = band.copy(), band.shape
    for taking in octave_axes(band.shape, axes):
        box = tuple(slice(n) for n in low)
        part = nested[box]
        for axis in taking:
            halves = split_halves(np.moveaxis(part, axis, 0))
            part = np.moveaxis(np.concatenate(halves), 0, axis)
        nested[box] = part
        low = tuple((n + 1) // 2 if a in taking else n for a, n in enumerate(low))
    return np.concatenate([nested[place].ravel() for place in _places((z, y, x), axes)])


def from_octaves(flat: Array, shape: Shape, axes: Axes) -> Array:
    """Undo :func:`to_octaves`: return the subband of `shape`."""
    if compiles():
        from idlat.transform import second_kernels

        plan, found = _plan(shape, axes), np.empty_like(flat)
        found[plan.order] = flat
        if len(plan.sizes):
            second_kernels.merge_nested(found, plan.sizes, plan.taken, *_numbers(flat.dtype, inverse=True))
        return found.reshape(shape)
    nested, layout = np.empty(shape, flat.dtype), octave_subbands(shape, axes)
    for begin, band, place in zip(layout.offsets, layout.bands, _places(shape, axes), strict=True):
        nested[place] = flat[begin : begin + band.size].reshape(band.shape)
    sizes, boxes = shape, []
    for taking in octave_axes(shape, axes):
        boxes.append((taking, sizes))
        z, y, x = ((n + 1) // 2 if a in taking else n for a, n in enumerate(sizes))
        sizes = (z, y, x)
    for taking, size in reversed(boxes):
        box = tuple(slice(n) for n in size)
        part = nested[box]
        for axis in reversed(taking):
            along, half = np.moveaxis(part, axis, 0), (size[axis] + 1) // 2
            part = np.moveaxis(merge_halves(along[:half], along[half:]), 0, axis)
        nested[box] = part
    return nested


class _Plan(NamedTuple):
    """Octaves of an array, fine to coarse.

    Attributes
    ----------
    sizes : ndarray of int64
        (octaves, 3): what is still whole before each.
    taken : ndarray of bool
        (octaves, 3): the axes along which each goes.
    order : ndarray of int32
        Where each coefficient, in the order of the subbands, stands in the flat array while they are nested.
    """

    sizes: NDArray[np.int64]
    taken: NDArray[np.bool_]
    order: NDArray[np.int32]


@lru_cache(maxsize=64)
def _plan(shape: Shape, axes: Axes) -> _Plan:
    taking, sizes = octave_axes(shape, axes), [shape]
    for taken in taking:
        z, y, x = ((n + 1) // 2 if a in taken else n for a, n in enumerate(sizes[-1]))
        sizes.append((z, y, x))
    at = np.arange(math.prod(shape), dtype=np.int32).reshape(shape)
    return _Plan(
        np.array(sizes[:-1], np.int64).reshape(-1, 3),
        np.array([[a in taken for a in range(3)] for taken in taking], np.bool_).reshape(-1, 3),
        np.concatenate([at[place].ravel() for place in _places(shape, axes)]),
    )


@lru_cache(maxsize=8)
def _numbers(dtype: np.dtype[Any], *, inverse: bool) -> tuple[Array, Array]:
    """Lifting steps, and the scales of the low and the high half."""
    steps, scales = np.array(STEPS), np.array([SCALE, 1 / SCALE])
    if inverse:
        steps, scales = -steps[::-1], scales[::-1]
    return np.ascontiguousarray(steps, dtype), np.ascontiguousarray(scales, dtype)


@lru_cache(maxsize=256)
def _places(shape: Shape, axes: Axes) -> tuple[tuple[slice, ...], ...]:
    """Where each subband of the octaves stands while they are nested: low halves first along each axis."""
    taking, sizes = octave_axes(shape, axes), [shape]
    for taken in taking:
        z, y, x = ((n + 1) // 2 if a in taken else n for a, n in enumerate(sizes[-1]))
        sizes.append((z, y, x))
    bands = octave_subbands(shape, axes).bands
    places, at = [tuple(slice(n) for n in sizes[-1])], 1
    for k in range(len(taking) - 1, -1, -1):
        for band in bands[at : at + 2 ** len(taking[k]) - 1]:
            places.append(
                tuple(
                    slice(low, whole) if high else slice(low if a in taking[k] else whole)
                    for a, (high, low, whole) in enumerate(zip(band.key, sizes[k + 1], sizes[k], strict=True))
                )
            )
        at += 2 ** len(taking[k]) - 1
    return tuple(places)


def octave_axes(shape: tuple[int, ...], axes: Axes, shortest: int = 4) -> list[Axes]:
    """Return the axes that take part in each octave, fine to coarse."""
    found = []
    while taking := tuple(a for a in axes if shape[a] >= shortest):
        found.append(taking)
        shape = tuple((n + 1) // 2 if a in taking else n for a, n in enumerate(shape))
    return found
