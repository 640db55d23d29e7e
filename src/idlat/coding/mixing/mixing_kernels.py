"""Octaves under mixed contexts, compiled: the text of :mod:`idlat.coding.mixing.mixing_walk` itself."""

from __future__ import annotations

from idlat.coding.mixing import mixing_walk
from idlat.jit import kernels_of

__all__ = ["code_octaves"]

code_octaves = kernels_of(mixing_walk.KERNELS)
