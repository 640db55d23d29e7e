"""Invertible transforms of a field into subbands of coefficients, for boxes of any size (design section 3a).

    x (Z, Y, X) ── each axis: lapped cells of 8, or 9/7 octaves ──▶ bands ── low bands: 9/7 octaves ──▶ bands

Every transform inverts to rounding, holds as many coefficients as values, and is scaled so that an error of
one unit in any coefficient is an error of about one unit in the field.
"""

from __future__ import annotations

from idlat.transform.second import from_octaves, to_octaves
from idlat.transform.separable import to_subbands
from idlat.transform.subbands import Kinds, Shape, Subband, SubbandLayout, cell_subbands, octave_subbands

__all__ = [
    "Kinds",
    "Shape",
    "Subband",
    "SubbandLayout",
    "cell_subbands",
    "from_octaves",
    "octave_subbands",
    "to_octaves",
    "to_subbands",
]
