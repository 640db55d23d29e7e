"""The shape that begins a payload under an error bound: such chunks end where the field ends."""

from __future__ import annotations

from idlat.errors import CorruptStreamError
from idlat.tiling import Triple

__all__ = ["RESIDUAL_SIDE", "read_shape", "shape_bytes"]

RESIDUAL_SIDE = 64
"""Voxels of a chunk along an axis."""


def shape_bytes(shape: tuple[int, ...]) -> bytes:
    """Return three bytes, one an axis."""
    return bytes(n - 1 for n in shape)


def read_shape(payload: bytes, expected: Triple | None) -> Triple:
    """Return the shape that a payload begins with.

    Raises
    ------
    CorruptStreamError
        It is cut short, or of another chunk than expected; None expects any.
    """
    if len(payload) < 4:
        raise CorruptStreamError("its residual is damaged: it is cut short")
    z, y, x = (n + 1 for n in payload[:3])
    if max(z, y, x) > RESIDUAL_SIDE or (expected is not None and (z, y, x) != expected):
        raise CorruptStreamError(f"it holds {(z, y, x)} values, expected {expected}")
    return z, y, x
