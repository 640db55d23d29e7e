"""Adaptive coding of bits under their neighbours, in integers: one walk for encoder and decoder.

::

    bits of 11 neighbours coded before ─ context ─ its chance so far ─ arithmetic coder ─▶ bytes
                                                       ▲ bit ┘

A context of 11 bits that comes for the first time begins with the chance of its first six. The same text is
compiled (:mod:`idlat.coding.kernels.mask_bits`) and runs in plain Python, on arrays and on lists: the same
bytes.
"""

from __future__ import annotations

from typing import Any

__all__ = ["CONTEXTS", "HALF", "NEIGHBOURS", "RATES", "code_bits", "last_bytes"]

#: Neighbours (dz, dy, dx), all earlier in the order of positions; the first six are the smaller context.
NEIGHBOURS = (
    (0, 0, -1), (0, -1, 0), (-1, 0, 0), (0, -1, -1), (0, -1, 1), (-1, 0, 1),
    (0, 0, -2), (0, -2, 0), (-1, 1, 0), (-1, 0, -1), (-1, -1, 0),
)  # fmt: skip

_COARSE = 6
_REST = len(NEIGHBOURS) - _COARSE
_FINE = 1 << _COARSE  # where the chances of whole contexts begin

#: Number of contexts, small ones first.
CONTEXTS = _FINE + (1 << len(NEIGHBOURS))

#: A chance of one half, as chances are kept: in 2⁻²².
HALF = 1 << 21

_MOST_SEEN = 80  # later bits count as much as the last so many

#: By how much, in 2⁻¹⁶, a chance follows the n-th bit of its context.
RATES = tuple((65536 * 5 + 5 * n + 3) // (5 * n + 6) for n in range(_MOST_SEEN + 1))


def code_bits(
    decoding: bool, positions: Any, plane: Any, offsets: Any, rates: Any, chances: Any, seen: Any, data: Any
) -> tuple[int, int, int]:
    """Encode or decode the bits at some positions.

    Parameters
    ----------
    decoding : bool
        Whether bits are written, from `data`, or read, and `data` written.
    positions : ndarray of int64, or list
        (n,), rising: where the bits are in `plane`.
    plane : ndarray of uint8, or list
        Bits, flat, with margins of 0; each neighbour of a position is in it.
    offsets : ndarray of int64, or list
        Of :data:`NEIGHBOURS`, in the flat plane.
    rates : ndarray of int64, or list
        :data:`RATES`.
    chances, seen : ndarray of int64, or list
        (CONTEXTS,): :data:`HALF` and 0 at first.
    data : ndarray of uint8, or list
        The bytes; where they are written, room for 2 n + 8.

    Returns
    -------
    taken, low, high : int
        How many bytes are written or done with; which numbers the following ones may be.
    """
    low, high, code, taken = 0, 0xFFFFFFFF, 0, 0
    if decoding:
        for i in range(4):
            code = code << 8 | (data[i] if i < len(data) else 0)
    for at in positions:
        context = 0
        for offset in offsets:
            context = context << 1 | plane[at + offset]
        coarse, fine = context >> _REST, _FINE + context
        if seen[fine] == 0:
            chances[fine] = chances[coarse]
        middle = low + ((high - low) * min(max(chances[fine] >> 6, 1), 65535) >> 16)
        if decoding:
            plane[at] = 1 if code <= middle else 0
        bit = plane[at]
        if bit:
            high = middle
        else:
            low = middle + 1
        for k in (coarse, fine):
            seen[k] = min(seen[k] + 1, _MOST_SEEN)
            chances[k] += (((1 << 22) if bit else 0) - chances[k]) * rates[seen[k]] >> 16
        while (low ^ high) < 1 << 24:
            if decoding:
                following = taken + 4
                code = (code << 8 & 0xFFFFFFFF) | (data[following] if following < len(data) else 0)
            else:
                data[taken] = high >> 24
            taken += 1
            low, high = low << 8 & 0xFFFFFFFF, (high << 8 & 0xFFFFFFFF) | 255
    return taken, low, high


def last_bytes(low: int, high: int) -> bytes:
    r"""Return the fewest bytes that, followed by zeros, are a number from `low` to `high`, of 32 bits.

    >>> last_bytes(0, 5), last_bytes(0x12345678, 0x12FFFFFF)
    (b'', b'\x125')
    """
    count, rest = 0, 0xFFFFFFFF
    while (low + rest) & ~rest > high:
        count, rest = count + 1, rest >> 8
    return ((low + rest) & ~rest).to_bytes(4)[:count]
