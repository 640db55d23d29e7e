"""Classes under what the time step before foretells (design section 3a).

A coefficient of a later time step has, besides the class that its box foretells, a *hint*: how large the
coefficients of the step before were at its place and around it, in quarters of an octave. Both together
choose the class whose table it is coded under, by *shifts* that were fitted to the variable: one for each
octave of the box's class and each octave that the hint lies above or below it.

    class of the box, hint ─ shifts ─▶ class ─▶ table
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.coding.exp_golomb import golomb_bits, read_bits, read_golomb
from idlat.coding.magnitudes import SYMBOLS
from idlat.coding.size_contexts import CLASSES, LARGEST_SIZE, PER_OCTAVE, UNIT, WEIGHT_ONE, around, classes_of
from idlat.errors import CorruptStreamError
from idlat.jit import compiles
from idlat.transform.subbands import SubbandLayout

__all__ = [
    "HINTS",
    "count_hinted",
    "fit_shifts",
    "hints_of",
    "no_shifts",
    "pack_shifts",
    "read_shifts",
    "shifted_classes",
]

Array = NDArray[np.int64]

_KINDS = 2  # of coefficients: coded as they are, or as differences
#: Number of hints: a class, for each kind of coefficient.
HINTS = _KINDS * CLASSES
_OCTAVES = CLASSES // PER_OCTAVE
_FARTHEST = 4  # octaves between a hint and a class that are told apart
_GAPS = 2 * _FARTHEST + 2  # the first is of hints that foretell nothing
_SHAPE = (_KINDS, _OCTAVES, _GAPS)
_MOST = 24  # quarters of an octave
_OWN, _FACES = 6, 1  # weights of a place and of each of its six neighbours
_OCTAVE_BITS = 5
_HINT_UNIT = WEIGHT_ONE * UNIT // (_OWN + 6 * _FACES)


def hints_of(before: Array, layout: SubbandLayout, differences: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the hints (N,) of a box.

    Parameters
    ----------
    before : ndarray of int64
        (N,): coefficients of the step before, in the steps of the box.
    layout : SubbandLayout
    differences : ndarray of bool
        (N,): which coefficients are coded as differences.
    """
    classes = np.empty(len(before), np.uint8)
    if compiles():
        from idlat.coding import kernels

        arrays = layout.arrays
        kernels.hint(before, arrays.offsets, arrays.shapes, _OWN, _FACES, _HINT_UNIT, classes)
    else:
        sizes = np.minimum(np.abs(before), LARGEST_SIZE)
        expected = sizes * _OWN
        for begin, band in zip(layout.offsets, layout.bands, strict=True):
            own = sizes[begin : begin + band.size].reshape(band.shape)
            expected[begin : begin + band.size] += around(own).ravel() * _FACES
        classes[:] = classes_of(expected * _HINT_UNIT, np.zeros(1, np.int64))
    classes[differences] += CLASSES
    return classes


def _gaps() -> Array:
    """How far a hint lies from a class, (classes of hints, classes)."""
    hint, own = np.ogrid[:CLASSES, :CLASSES]
    octaves = (hint - own + PER_OCTAVE // 2) // PER_OCTAVE
    return np.where(hint == 0, 0, np.clip(octaves, -_FARTHEST, _FARTHEST) + _FARTHEST + 1)


def no_shifts() -> Array:
    """Shifts (2, octaves, gaps) that leave every class what it is."""
    return np.zeros(_SHAPE, np.int64)


def shifted_classes(shifts: Array) -> NDArray[np.uint8]:
    """Return the class for each hint and class of a box: (hints, classes)."""
    own = np.arange(CLASSES)
    shift = shifts[:, own // PER_OCTAVE, _gaps()]
    return np.asarray(np.clip(own + shift, 0, CLASSES - 1).astype(np.uint8).reshape(HINTS, CLASSES))


def fit_shifts(counts: Array, bits: NDArray[np.float64]) -> Array:
    """Return the shifts that save most.

    Parameters
    ----------
    counts : ndarray of int64
        (hints, classes, symbols): how often each symbol came under a hint and a class of the box.
    bits : ndarray of float64
        (classes, symbols): of each symbol under the tables of a class.
    """
    tried = np.arange(-_MOST, _MOST + 1)
    own = np.arange(CLASSES)
    cost = np.zeros((*_SHAPE, len(tried)))
    hint, at = np.nonzero(counts.any(2))
    kind, gap = hint // CLASSES, _gaps()[hint % CLASSES, at]
    for k, shift in enumerate(tried):
        under = bits[np.clip(own + shift, 0, CLASSES - 1)]
        np.add.at(cost[..., k], (kind, at // PER_OCTAVE, gap), (counts[hint, at] * under[at]).sum(1))
    said = np.array([len(golomb_bits(value)) for value in range(-2 * _MOST, 2 * _MOST + 1)])
    shifts = no_shifts()
    for each, costs in zip(shifts, cost, strict=True):
        last = np.zeros(_GAPS, np.int64)
        for octave in range(_OCTAVES):
            total = costs[octave] + said[tried - last[:, None] + 2 * _MOST]
            last = np.where(costs[octave].any(1), tried[total.argmin(1)], last)
            each[octave] = last
    return shifts


def count_hinted(hints: NDArray[np.uint8], classes: NDArray[np.uint8], symbols: Array) -> Array:
    """Return how often each symbol came under a hint and a class, (hints, classes, symbols)."""
    flat = (hints.astype(np.int64) * CLASSES + classes) * SYMBOLS + symbols
    return np.bincount(flat, minlength=HINTS * CLASSES * SYMBOLS).reshape(HINTS, CLASSES, SYMBOLS)


def pack_shifts(shifts: Array) -> bytes:
    """Return shifts as bytes: of each kind how many octaves, then by what each differs from the one below."""
    text = ""
    for each in shifts:
        steps = np.diff(each, axis=0, prepend=0)
        octaves = int(np.flatnonzero(steps.any(1)).max(initial=-1)) + 1
        text += f"{octaves:0{_OCTAVE_BITS}b}" + "".join(map(golomb_bits, steps[:octaves].ravel().tolist()))
    return np.packbits(np.array([*text], dtype=np.uint8)).tobytes()


def read_shifts(data: bytes) -> Array:
    """Undo :func:`pack_shifts`.

    Raises
    ------
    CorruptStreamError
        The bytes are none of shifts.

    Examples
    --------
    >>> read_shifts(pack_shifts(no_shifts())).any()
    np.False_
    """
    text, at, shifts = "".join(f"{byte:08b}" for byte in data), 0, no_shifts()
    for each in shifts:
        octaves, at = read_bits(text, at, _OCTAVE_BITS), at + _OCTAVE_BITS
        if octaves > _OCTAVES:
            raise CorruptStreamError("the shifts are damaged: they have too many octaves")
        steps = np.zeros((_OCTAVES, _GAPS), np.int64)
        for octave in range(octaves):
            for gap in range(_GAPS):
                steps[octave, gap], at = read_golomb(text, at)
        each[:] = np.cumsum(steps, axis=0)
    if np.abs(shifts).max() > _MOST or len(text) - at >= 8 or "1" in text[at:]:
        raise CorruptStreamError("the shifts are damaged: they are out of range")
    return shifts
