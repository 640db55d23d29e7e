"""A coast with hills in the west of a hurricane's domain: heights below which there is no air."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from idlat.datasets.random_fields import RandomFieldOptions, random_field

Array = npt.NDArray[np.float64]

_SHORE, _HIGHEST = 40.0, 2200.0
_SLOPE = 350e3


def terrain_height(x: Array, y: Array, seed: int) -> Array:
    """Height of the ground above the sea, 0 on the sea.

    Parameters
    ----------
    x, y
        Coordinates of the columns and rows in metres, `(n,)` and `(m,)`, evenly spaced.
    seed
        Another seed, another coast.

    Returns
    -------
    ndarray
        `(m, n)`, in metres. Land is at least 40 m high.

    Examples
    --------
    >>> axis = np.linspace(0, 2000e3, 20)
    >>> height = terrain_height(axis, axis, seed=0)
    >>> float(height[:, 0].min()) >= 40, float(height[:, -1].max())
    (True, 0.0)
    """
    shape = (1, len(y), len(x))
    hills, bays = (
        random_field(shape, seed + part, RandomFieldOptions(slope=3.0)).values[0] for part in (0, 1)
    )
    inland = 250e3 + 0.3 * y[:, None] - x + 50e3 * np.clip(bays, -2, 2)
    rise = (1 - np.exp(-np.clip(inland, 0, None) / _SLOPE)) * (0.5 + 0.5 * np.tanh(hills))
    return np.where(inland > 0, _SHORE + _HIGHEST * rise, 0.0)
