"""What windows would cost under a transform, estimated by the sizes of coefficients alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from idlat.model.subband.field_window import FieldWindow
from idlat.transform.subbands import Kinds

__all__ = ["estimated_bits"]


def estimated_bits(windows: Sequence[FieldWindow], kinds: Kinds) -> float:
    """Return the mean of ½·log₂(1 + (c/Δ)²) over the coefficients c, Δ the step that the map asks for.

    At high rates that is what a coefficient costs, less a constant; where few are significant it says little,
    for it knows nothing of contexts and of second transforms.
    """
    total, count = 0.0, 0
    for window in (each.under(kinds) for each in windows):
        c = window.coefficients(kinds)
        if window.wanted.any():
            c *= np.exp2(-window.wanted).astype(c.dtype)[:, None, :, None, :, None]
        np.square(c, out=c)
        total += float(np.log1p(c, out=c).sum(dtype=np.float64))
        count += window.x.size
    return float(total / (2 * np.log(2) * count))
