"""What a chunk's stream says before its coefficients: which axes are short, levels, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.level_stream import COARSEST, decode_levels, encode_levels
from idlat.errors import CorruptStreamError
from idlat.model.subband.cell_map import cells_along
from idlat.transform.subbands import CELL, Shape

__all__ = ["CHUNK_CELLS", "ChunkHeader", "LevelTables", "needs_before", "read_header", "write_header"]

CHUNK_CELLS = 8
_WHOLE = CHUNK_CELLS * CELL

# Bits of the first byte: along which axes a chunk is shorter than most, and what follows.
_SHORT = (1, 2, 4)
_HAS_LEVELS, _ONE_LEVEL, _HAS_BOX, _AFTER, _FINER = 8, 16, 32, 64, 128


@dataclass(frozen=True)
class LevelTables:
    """How levels are coded: `cumulative` and `bits` of the classes of :mod:`idlat.coding.level_stream`."""

    cumulative: NDArray[np.int64]
    bits: NDArray[np.float64]


class ChunkHeader(NamedTuple):
    """The beginning of a chunk's stream.

    Attributes
    ----------
    shape : Shape
        Voxels.
    levels : ndarray of int64
        Of the cells (z, y, x), at least -24.
    has_box : bool
        Whether any coefficient is coded.
    after : bool
        Whether it was coded under the time step before.
    """

    shape: Shape
    levels: NDArray[np.int64]
    has_box: bool
    after: bool


def write_header(header: ChunkHeader, tables: LevelTables) -> bytes:
    """Return the bytes of a header; of a chunk of nothing but zeros, however many, it is one byte."""
    levels, flags, parts = header.levels, 0, []
    for n, short in zip(header.shape, _SHORT, strict=True):
        if n != _WHOLE:
            flags |= short
            parts.append(bytes([n]))
    if (least := int(levels.min())) < 0:  # where cuts or companding make steps coarser
        flags |= _FINER
        parts.append(bytes([-least]))
        levels = levels - least
    if levels.min() != levels.max():
        flags |= _HAS_LEVELS
        parts.append(encode_levels(levels, tables.cumulative))
    elif levels.any():
        flags |= _ONE_LEVEL
        parts.append(bytes([levels.flat[0]]))
    flags |= _HAS_BOX * header.has_box | _AFTER * header.after
    return b"\0" if not flags & ~sum(_SHORT) else b"".join([bytes([flags]), *parts])


def needs_before(data: bytes) -> bool:
    """Whether the bytes of a chunk were coded under the step before."""
    return bool(data) and bool(data[0] & _AFTER)


def read_header(data: bytes, tables: LevelTables) -> tuple[ChunkHeader, int]:
    """Undo :func:`write_header`: return the header, and where what follows begins.

    Raises
    ------
    CorruptStreamError
        If the bytes begin as no chunk does.
    """
    if not data or data[0] & (_HAS_LEVELS | _ONE_LEVEL) == _HAS_LEVELS | _ONE_LEVEL:
        raise CorruptStreamError("a coded chunk is damaged: it begins with no known byte")
    flags = data[0]
    shape, at = _read_shape(data, flags)
    levels, least = np.zeros(cells_along(shape), np.int64), 0
    if flags & _FINER:
        if at >= len(data) or not 1 <= data[at] <= COARSEST:
            raise CorruptStreamError("a coded chunk is damaged: its level is none")
        least, at = -data[at], at + 1
    if flags & _HAS_LEVELS:
        levels, at = decode_levels(data, at, cells_along(shape), tables.cumulative)
    elif flags & _ONE_LEVEL:
        if at >= len(data) or data[at] > COARSEST:
            raise CorruptStreamError("a coded chunk is damaged: its level is none")
        levels[:], at = data[at], at + 1
    return ChunkHeader(shape, levels + least, bool(flags & _HAS_BOX), bool(flags & _AFTER)), at


def _read_shape(data: bytes, flags: int) -> tuple[Shape, int]:
    """Return a chunk's voxels, and where what follows them begins."""
    at, shape = 1, [_WHOLE] * 3
    for axis, short in enumerate(_SHORT):
        if flags & short:
            if at >= len(data) or not 1 <= data[at] < _WHOLE:
                raise CorruptStreamError("a coded chunk is damaged: it has an impossible size")
            shape[axis], at = data[at], at + 1
    return (shape[0], shape[1], shape[2]), at
