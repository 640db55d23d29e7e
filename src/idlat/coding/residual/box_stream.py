"""A box of integers as bytes, and back.

Pass by pass and slab by slab (:mod:`idlat.coding.residual.passes`): the known neighbours of a voxel choose
the table of its size; tables follow what has been counted. Where that pays, it is the differences from
interpolated neighbours that are coded. Integers that stand for something said elsewhere are escapes.

    byte 0                    all are 0
    byte 1 or 2 (predicted)   number of words │ words of sizes and signs │ low bits of large sizes

Compiled where kernels are (:mod:`idlat.jit`), else in NumPy and Python: the same bytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.coding.escapes import varint
from idlat.coding.magnitudes import LARGEST
from idlat.coding.rans import read_words
from idlat.coding.residual.adaptive_tables import SIGN_CONTEXTS, SIGN_START, first_counts
from idlat.coding.residual.passes import Shape, passes_of, slabs_of
from idlat.coding.residual.plain_walk import PlainDecoder, PlainEncoder
from idlat.errors import CorruptStreamError
from idlat.jit import compiles

__all__ = ["ESCAPED", "decode_integers", "encode_integers"]

#: What stands for an integer that is said elsewhere.
ESCAPED = -(2**31)
_EMPTY, _PLAIN, _PREDICTED = 0, 1, 2
#: Voxels an axis that share a unit.
UNIT_CELL = 4


def encode_integers(
    values: NDArray[np.int32],
    levels: NDArray[np.uint8] | None = None,
    sizes: NDArray[np.int64] | None = None,
    *,
    predict: bool = False,
) -> bytes:
    """Return the bytes of a box of integers.

    Parameters
    ----------
    values : ndarray of int32
        (z, y, x): below 2³⁰ in size, or :data:`ESCAPED`.
    levels : ndarray of uint8, optional
        (⌈z/4⌉, ⌈y/4⌉, ⌈x/4⌉): which unit the integers of a cell are in; the same everywhere unless given.
    sizes : ndarray of int64, optional
        (levels,): each unit in sixteenths of the finest.
    predict : bool
        Whether to code what differs from interpolated neighbours.

    Raises
    ------
    ValueError
        If an integer, or a difference, is too large.
    """
    if not values.any():
        return bytes([_EMPTY])
    levels, sizes = _units(_triple(values.shape), levels, sizes)
    values = np.ascontiguousarray(values, dtype=np.int32)
    if compiles():
        words, low_bits = _compiled_encode(values, levels, sizes, predict=predict)
    else:
        words, low_bits = PlainEncoder(values, levels, sizes, predict=predict).streams()
    mode = _PREDICTED if predict else _PLAIN
    return bytes([mode]) + varint(len(words)) + words.astype("<u4").tobytes() + low_bits


def decode_integers(
    data: bytes,
    shape: Shape,
    levels: NDArray[np.uint8] | None = None,
    sizes: NDArray[np.int64] | None = None,
) -> NDArray[np.int32]:
    """Undo :func:`encode_integers`: return the integers of a box of `shape`.

    Raises
    ------
    CorruptStreamError
        If the bytes are none of such a box.
    """
    if data == bytes([_EMPTY]):
        return np.zeros(shape, np.int32)
    if not data or data[0] not in (_PLAIN, _PREDICTED):
        raise CorruptStreamError("a coded box is damaged: it begins with no known byte")
    levels, sizes = _units(shape, levels, sizes)
    words, end = read_words(data, 1, "box")
    if compiles():
        return _compiled_decode(words, data[end:], shape, levels, sizes, predict=data[0] == _PREDICTED)
    return PlainDecoder(words, data[end:], shape, levels, sizes, predict=data[0] == _PREDICTED).values()


def _units(
    shape: Shape, levels: NDArray[np.uint8] | None, sizes: NDArray[np.int64] | None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    cells = tuple(-(-n // UNIT_CELL) for n in shape)
    if levels is None or sizes is None:
        return np.zeros(cells, np.uint8), np.array([16])
    if levels.shape != cells or levels.max() >= len(sizes):
        raise ValueError(f"levels have shape {levels.shape}, expected {cells} below {len(sizes)}")
    return np.ascontiguousarray(levels), sizes.astype(np.int64)


def _triple(shape: tuple[int, ...]) -> Shape:
    z, y, x = shape
    return z, y, x


def _pass_rows(shape: Shape) -> NDArray[np.int64]:
    """The passes of a box as kernels take them."""
    rows = []
    for one in passes_of(shape):
        planes = len(next(slabs_of(one, shape))[0])
        rows.append([one.axis, one.stride, *one.starts, *one.steps, *one.aside, planes])
    return np.array(rows, dtype=np.int64)


def _counts() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return first_counts().copy(), np.full((SIGN_CONTEXTS, 2), SIGN_START, np.int64)


def _compiled_encode(
    values: NDArray[np.int32],
    levels: NDArray[np.uint8],
    sizes: NDArray[np.int64],
    *,
    predict: bool,
) -> tuple[NDArray[np.uint32], bytes]:
    from idlat.coding.residual import kernels

    words, bits = np.zeros(2 * values.size + 2, np.uint32), np.zeros(values.size + 1, np.uint32)
    units, passes = kernels.Units(levels, sizes), _pass_rows(_triple(values.shape))
    used, taken = kernels.encode(values, units, passes, *_counts(), predict, words, bits)
    if used < 0:
        raise ValueError(f"integers, or their differences, are at most {LARGEST}")
    return words[:used], bits.astype("<u4").tobytes()[: -(-taken // 8)]


def _compiled_decode(
    words: NDArray[np.uint32],
    low_bits: bytes,
    shape: Shape,
    levels: NDArray[np.uint8],
    sizes: NDArray[np.int64],
    *,
    predict: bool,
) -> NDArray[np.int32]:
    from idlat.coding.residual import kernels

    bits = np.frombuffer(low_bits + bytes(-len(low_bits) % 4), "<u4").astype(np.uint32)
    values, units = np.zeros(shape, np.int32), kernels.Units(levels, sizes)
    taken = kernels.decode(values, units, _pass_rows(shape), *_counts(), predict, words, bits)
    if taken < 0 or -(-taken // 8) != len(low_bits):
        raise CorruptStreamError("a coded box is damaged: its words and bits do not end as they should")
    return values
