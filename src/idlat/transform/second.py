"""The second transform: 9/7 octaves over the positions of a low subband, to the coarsest.

What a slowly varying field still shares between neighbouring cells is gathered in few coefficients.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.transform.octaves import merge_halves, split_halves
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
