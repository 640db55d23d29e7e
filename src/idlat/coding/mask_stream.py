"""A box of categories, such as valid and missing, to bytes and back.

::

    categories ─ which occur ─ is it the first? ─ if not, the second? ─ … ─▶ bits ─▶ bytes

Each question is asked of the positions that the ones before left open, and is coded under the answers at
neighbours (:mod:`idlat.coding.binary_walk`). One category takes no bits; where it is predictable, few.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.coding.binary_walk import CONTEXTS, HALF, NEIGHBOURS, RATES, code_bits, last_bytes
from idlat.coding.escapes import read_varint, varint
from idlat.errors import CorruptStreamError
from idlat.jit import compiles

__all__ = ["decode_mask", "encode_mask"]

Shape: TypeAlias = tuple[int, int, int]
Bytes: TypeAlias = NDArray[np.uint8]

_BEFORE, _AFTER = (1, 2, 2), (0, 1, 1)  # margins within the reach of neighbours
_OFFSETS = np.array(NEIGHBOURS)


def encode_mask(categories: Bytes) -> bytes:
    """Return the bytes of categories (z, y, x), none of whose lengths is 0.

    Examples
    --------
    >>> mask = np.zeros((64, 128, 128), np.uint8)
    >>> len(encode_mask(mask))
    7
    >>> mask[:, :, 40:] = 1
    >>> len(encode_mask(mask)) < 30
    True
    """
    z, y, x = categories.shape
    present = np.flatnonzero(np.bincount(categories.reshape(-1), minlength=256)).tolist()
    parts = [varint(z), varint(y), varint(x), bytes([len(present) - 1, *present])]
    open_ = np.ones(categories.shape, np.bool_)
    for category in present[:-1]:
        answers = categories == category
        stream = _encode_answers(answers, open_)
        parts += [varint(len(stream)), stream]
        open_ &= ~answers
    return b"".join(parts)


def decode_mask(data: bytes, most: Shape) -> Bytes:
    """Undo :func:`encode_mask`.

    Parameters
    ----------
    data : bytes
    most : (int, int, int)
        Lengths that the box may have at most; nothing larger is allocated.

    Raises
    ------
    CorruptStreamError
        The bytes are none of such a box.
    """
    lengths, at = [], 0
    for _ in range(3):
        length, at = read_varint(data, at)
        lengths.append(length)
    z, y, x = lengths
    if not all(1 <= n <= m for n, m in zip(lengths, most, strict=True)):
        raise CorruptStreamError(f"it is a mask of {z}×{y}×{x} voxels, expected {most} at most")
    present = data[at + 1 : at + 2 + data[at]] if at < len(data) else b""
    if len(present) != (data[at] + 1 if at < len(data) else -1) or sorted({*present}) != [*present]:
        raise CorruptStreamError("its list of categories is damaged")
    at += 1 + len(present)
    categories, open_ = np.full((z, y, x), present[-1], np.uint8), np.ones((z, y, x), np.bool_)
    for category in present[:-1]:
        size, at = read_varint(data, at)
        if at + size > len(data):
            raise CorruptStreamError("it is cut short")
        answers = _decode_answers(data[at : at + size], open_)
        at += size
        categories[answers] = category
        open_ &= ~answers
    if at != len(data):
        raise CorruptStreamError("bytes are left over")
    return categories


def _encode_answers(answers: NDArray[np.bool_], open_: NDArray[np.bool_]) -> bytes:
    plane, positions, offsets = _padded(answers, open_)
    data = np.zeros(2 * len(positions) + 8, np.uint8)
    if compiles():
        from idlat.coding.kernels.mask_bits import code_bits as compiled

        taken, low, high = compiled(False, positions, plane, offsets, *_fresh(), data)
        return data[:taken].tobytes() + last_bytes(low, high)
    room = [0] * len(data)
    rates, chances, seen = (numbers.tolist() for numbers in _fresh())
    taken, low, high = code_bits(
        False, positions.tolist(), plane.tolist(), offsets.tolist(), rates, chances, seen, room
    )
    return bytes(room[:taken]) + last_bytes(low, high)


def _decode_answers(data: bytes, open_: NDArray[np.bool_]) -> NDArray[np.bool_]:
    plane, positions, offsets = _padded(np.zeros(open_.shape, np.bool_), open_)
    if compiles():
        from idlat.coding.kernels.mask_bits import code_bits as compiled

        given = np.frombuffer(data, np.uint8).copy()  # of one kind for the compiler
        taken, low, high = compiled(True, positions, plane, offsets, *_fresh(), given)
    else:
        bits = plane.tolist()
        rates, chances, seen = (numbers.tolist() for numbers in _fresh())
        taken, low, high = code_bits(
            True, positions.tolist(), bits, offsets.tolist(), rates, chances, seen, list(data)
        )
        plane = np.array(bits, np.uint8)
    if data[taken:] != last_bytes(low, high) or taken > len(data):
        raise CorruptStreamError("it does not end where its bits do")
    answers = np.zeros(open_.shape, np.bool_)
    answers[open_] = plane[positions] != 0
    return answers


def _fresh() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rates, chances and counts as the coder begins with them."""
    return np.array(RATES), np.full(CONTEXTS, HALF), np.zeros(CONTEXTS, np.int64)


def _padded(
    answers: NDArray[np.bool_], open_: NDArray[np.bool_]
) -> tuple[Bytes, NDArray[np.int64], NDArray[np.int64]]:
    """Answers, flat and with margins; where in them the open positions are; neighbours' offsets."""
    shape = tuple(a + n + b for a, n, b in zip(_BEFORE, answers.shape, _AFTER, strict=True))
    inside = tuple(slice(a, a + n) for a, n in zip(_BEFORE, answers.shape, strict=True))
    plane, asked = np.zeros(shape, np.uint8), np.zeros(shape, np.bool_)
    plane[inside], asked[inside] = answers, open_
    strides = np.array([math.prod(shape[1:]), shape[2], 1])
    return plane.reshape(-1), np.flatnonzero(asked), _OFFSETS @ strides
