"""How much a chunk holds, in 16 classes: what the tables of ẑ and the entropy networks are told first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CLASSES = 16


def activity(coefficients: NDArray[np.int64]) -> int:
    """Return the class of a chunk: octaves of the number of coefficients that are not zero.

    Parameters
    ----------
    coefficients : ndarray of int64
        (K − 1, d, h, w), the mean left out.

    Examples
    --------
    >>> activity(np.zeros((511, 8, 8, 8), np.int64)), activity(np.ones((511, 8, 8, 8), np.int64))
    (0, 15)
    """
    count = int(np.count_nonzero(coefficients))
    return min(max(count.bit_length() - 2, 0), CLASSES - 1)
