"""Bits under their neighbours, compiled: the walk of :mod:`idlat.coding.binary_walk` itself."""

from __future__ import annotations

from idlat.coding import binary_walk
from idlat.jit import kernel

__all__ = ["code_bits"]

code_bits = kernel(binary_walk.code_bits)
