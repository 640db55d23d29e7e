"""Whether a field, which is read several times, has the same values each time, whatever holds them.

The sum of the bits of all values of a box, modulo 2⁶⁴, is taken in the first pass and compared in the others.
It costs next to nothing, and the sums of any tiling of a frame add up to the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.tiling import Box

__all__ = ["Sums", "bit_sum"]

_MODULUS = 2**64


def bit_sum(values: NDArray[Any]) -> int:
    """Return the sum of the bits of values, read as unsigned integers, modulo 2⁶⁴.

    Examples
    --------
    >>> bit_sum(np.array([1.0, -0.0], np.float32)) == (0x3F800000 + 0x80000000)
    True
    """
    bits = np.ascontiguousarray(values).view(f"u{values.dtype.itemsize}")
    return int(bits.sum(dtype=np.uint64))


@dataclass
class Sums:
    """The sums of the boxes of a field's frames.

    Attributes
    ----------
    name
        The field's, for errors.
    known
        By frame and box; empty until the field was read once.
    """

    name: str
    known: dict[tuple[int, Box], int] = field(default_factory=dict)

    def note(self, sums: Mapping[tuple[int, Box], int]) -> None:
        """Keep the sums of a pass; raise where an earlier one has found others."""
        for place, value in sums.items():
            self._compare(self.known.setdefault(place, value), value)

    def check(self, frame: int, box: Box, values: NDArray[Any]) -> None:
        """Compare a box with what was read first.

        Raises
        ------
        FieldError
            It has other values now.
        """
        if (expected := self.known.get((frame, box))) is not None:
            self._compare(expected, bit_sum(values))

    def check_frame(self, frame: int, total: int) -> None:
        """Compare the sum of a whole frame, of whatever boxes, with what was read first.

        Raises
        ------
        FieldError
            It has other values now.
        """
        expected = [value for (of, _), value in self.known.items() if of == frame]
        if expected:
            self._compare(sum(expected) % _MODULUS, total % _MODULUS)

    def _compare(self, first: int, now: int) -> None:
        if first != now:
            raise FieldError(
                f"the values of field {self.name!r} were changed while it was read: run the command again "
                "once nothing writes to its file"
            )
