"""The walk through a box, compiled: the same as :mod:`idlat.coding.subband_walk`, number by number.

Importing it loads numba. Callers see to it that arrays fit each other, as
:func:`idlat.coding.subband_arrays.box_arrays` does; whatever words and bits say, kernels stay within them.
"""

from __future__ import annotations

from idlat.coding.kernels.count import band_bits, count
from idlat.coding.kernels.decode import NO_END, TOO_SHORT, decode
from idlat.coding.kernels.encode import encode
from idlat.coding.kernels.hint import hint
from idlat.coding.kernels.quantise import last_beyond, quantise

__all__ = ["NO_END", "TOO_SHORT", "band_bits", "count", "decode", "encode", "hint", "last_beyond", "quantise"]
