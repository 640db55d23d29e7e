"""Signed numbers in Exp-Golomb code of order 1, and plain ones, as texts of 0 and 1."""

from __future__ import annotations

from idlat.errors import CorruptStreamError

__all__ = ["golomb_bits", "read_bits", "read_golomb"]

_MOST_ZEROS = 8


def golomb_bits(value: int) -> str:
    """Return the code of a signed number.

    Examples
    --------
    >>> [golomb_bits(value) for value in (0, 1, -1, 2)]
    ['10', '11', '0100', '0101']
    """
    number = (2 * value - 1 if value > 0 else -2 * value) + 2
    length = int(number).bit_length()
    return "0" * (length - 2) + f"{number:b}"


def read_golomb(bits: str, at: int) -> tuple[int, int]:
    """Return the number whose code begins at a place, and where what follows begins.

    Raises
    ------
    CorruptStreamError
        The text ends before.
    """
    zeros = 0
    while bits[at + zeros : at + zeros + 1] == "0" and zeros < _MOST_ZEROS:
        zeros += 1
    length = zeros + 2
    number = read_bits(bits, at + zeros, length) - 2
    value = (number + 1) // 2 if number % 2 else -(number // 2)
    return value, at + zeros + length


def read_bits(bits: str, at: int, length: int) -> int:
    """Return the number that `length` bits from a place on say, the highest first.

    Raises
    ------
    CorruptStreamError
        The text ends before.
    """
    part = bits[at : at + length]
    if len(part) < length:
        raise CorruptStreamError("the tables are damaged: they are cut short")
    return int(part, 2)
