"""Symbols outside their table, kept beside the coder's words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.errors import CorruptStreamError

_MOST_BYTES = 7  # a symbol has at most 47 bits: a mean less its prediction


def varint(value: int) -> bytes:
    r"""LEB128.

    Examples
    --------
    >>> varint(300), read_varint(varint(300), 0)
    (b'\xac\x02', (300, 2))
    """
    parts = bytearray()
    while value >= 128:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Return the value at `position` and the position after it.

    Raises
    ------
    CorruptStreamError
        If it does not end within seven bytes.
    """
    value = 0
    for count in range(_MOST_BYTES):
        if position + count >= len(data):
            break
        byte = data[position + count]
        value |= (byte & 127) << (7 * count)
        if byte < 128:
            return value, position + count + 1
    raise CorruptStreamError("a coded chunk is damaged: an escaped value does not end")


class Escapes:
    """Escaped symbols of a stream, in decoding order."""

    def __init__(self, values: list[int] | None = None) -> None:
        self.values = values if values is not None else []
        self._next = 0

    def replace(self, symbols: NDArray[np.int64], escape: NDArray[np.int64]) -> NDArray[np.int64]:
        """Replace symbols (n,) outside [0, escape) by their table's escape, remembering them."""
        outside = (symbols < 0) | (symbols >= escape)
        self.values.extend(int(v) for v in symbols[outside])
        return np.where(outside, escape, symbols)

    def restore(self, symbols: NDArray[np.int64], escape: NDArray[np.int64]) -> NDArray[np.int64]:
        """Undo :meth:`replace`.

        Raises
        ------
        CorruptStreamError
            If too few symbols were remembered.
        """
        where = np.flatnonzero(symbols == escape)
        if self._next + len(where) > len(self.values):
            raise CorruptStreamError("a coded chunk is damaged: escaped values are missing")
        symbols[where] = self.values[self._next : self._next + len(where)]
        self._next += len(where)
        return symbols

    @property
    def exhausted(self) -> bool:
        """Whether every remembered symbol was restored."""
        return self._next == len(self.values)

    def to_bytes(self) -> bytes:
        """Zigzag LEB128 of each."""
        return b"".join(varint(2 * v if v >= 0 else -2 * v - 1) for v in self.values)

    @classmethod
    def from_bytes(cls, data: bytes) -> Escapes:
        """Read :meth:`to_bytes`'s result."""
        values, position = [], 0
        while position < len(data):
            value, position = read_varint(data, position)
            values.append(value >> 1 if value % 2 == 0 else -(value + 1) >> 1)
        return cls(values)
