"""The second transform: 9/7 octaves over the positions of a low subband, to the coarsest.

What a slowly varying field still shares between neighbouring cells is gathered in few coefficients.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.transform.octaves import merge_halves, split_halves
from idlat.transform.subbands import Shape, octave_subbands

__all__ = ["from_octaves", "to_octaves"]

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
    octaves, low = [], band
    for taking in _taking(band.shape, axes):
        parts: dict[Axes, Array] = {(): low}
        for axis in range(3):
            parts = {
                (*kind, half): part
                for kind, whole in parts.items()
                for half, part in enumerate(_halves(whole, axis) if axis in taking else (whole,))
                if part.size
            }
        low = parts.pop((0, 0, 0))
        octaves.append([parts[kind] for kind in sorted(parts, key=lambda k: (sum(k), k))])
    flat = [low.ravel()] + [part.ravel() for parts_of in reversed(octaves) for part in parts_of]
    return np.concatenate(flat)


def from_octaves(flat: Array, shape: Shape, axes: Axes) -> Array:
    """Undo :func:`to_octaves`: return the subband of `shape`."""
    layout = octave_subbands(shape, axes)
    parts = [
        flat[begin : begin + band.size].reshape(band.shape)
        for begin, band in zip(layout.offsets, layout.bands, strict=True)
    ]
    low, at = parts[0], 1
    for taking in reversed(_taking(shape, axes)):
        end = at + 2 ** len(taking) - 1
        here = {band.key: part for band, part in zip(layout.bands[at:end], parts[at:end], strict=True)}
        here[0, 0, 0], at = low, end
        for axis in reversed(taking):
            here = _merged(here, axis)
        low = here[(0, 0, 0)]
    return np.ascontiguousarray(low)


def _taking(shape: tuple[int, ...], axes: Axes, shortest: int = 4) -> list[Axes]:
    """The axes that take part in each octave, fine to coarse."""
    found = []
    while taking := tuple(a for a in axes if shape[a] >= shortest):
        found.append(taking)
        shape = tuple((n + 1) // 2 if a in taking else n for a, n in enumerate(shape))
    return found


def _halves(x: Array, axis: int) -> tuple[Array, Array]:
    low, high = split_halves(np.moveaxis(x, axis, 0))
    return np.moveaxis(low, 0, axis), np.moveaxis(high, 0, axis)


def _merged(parts: dict[Axes, Array], axis: int) -> dict[Axes, Array]:
    """Join the halves along one axis; a low half without a high one stays."""
    joined = {}
    for kind, low in parts.items():
        if kind[axis]:
            continue
        high = parts.get((*kind[:axis], 1, *kind[axis + 1 :]))
        if high is not None:
            merged = merge_halves(np.moveaxis(low, axis, 0), np.moveaxis(high, axis, 0))
            low = np.moveaxis(merged, 0, axis)
        joined[kind] = low
    return joined
