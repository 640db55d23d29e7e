"""The first bytes of a chunk's stream; see :mod:`idlat.coding.learned.chunk_stream`."""

from __future__ import annotations

from dataclasses import dataclass

from idlat.errors import CorruptStreamError

__all__ = ["Header"]


@dataclass(frozen=True)
class Header:
    """What a stream's first bytes say."""

    extent: tuple[int, int, int]
    channels: int
    escapes: bool
    activity: int

    def to_bytes(self) -> bytes:
        """Three bytes."""
        bits = 1 | self.escapes << 1 | self.channels << 11 | self.activity << 20
        for axis, size in enumerate(self.extent):
            bits |= (size - 1) << (2 + 3 * axis)
        return bits.to_bytes(3, "little")

    @classmethod
    def from_bytes(cls, data: bytes) -> Header:
        """Read :meth:`to_bytes`'s result from the start of `data`.

        Raises
        ------
        CorruptStreamError
            If it is none.
        """
        bits = int.from_bytes(data[:3], "little")
        if len(data) < 3 or not bits & 1:
            raise CorruptStreamError("a coded chunk is damaged: its header is not one")
        z, y, x = (((bits >> (2 + 3 * axis)) & 7) + 1 for axis in range(3))
        return cls((z, y, x), (bits >> 11) & 511, bool(bits & 2), bits >> 20)
