"""Importance that is measured: of steps, of windows, of histograms (time, statistical; paper Sect. 5.1.1).

As in :mod:`idlat.importance.maps`, a field goes in and a map on its grid comes out. What compares several
fields takes them one after the other; the first gives the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import xarray as xr
from numpy.typing import NDArray

from idlat.fields import as_field
from idlat.importance.expression_tree import Expression
from idlat.importance.families import (
    ConditionalEntropy,
    Correlation,
    Entropy,
    Gradient,
    Rarity,
    StepInformation,
    Steps,
    Weights,
)
from idlat.importance.quantities import VALUE, Variable

__all__ = [
    "conditional_entropy",
    "correlation",
    "entropy",
    "gradient",
    "rarity",
    "step_information",
    "steps",
    "weights",
]

Field = xr.DataArray | NDArray[Any]


def steps(field: Field, *ranges: slice) -> xr.DataArray:
    """Give 1 in half-open ranges of steps, else 0 (time).

    Raises
    ------
    ImportanceError
        If there is no range, or one leaves the series.

    Examples
    --------
    >>> import numpy as np
    >>> steps(np.zeros((4, 1, 1, 1)), slice(0, 1), slice(3, None)).values.ravel().tolist()
    [1.0, 0.0, 0.0, 1.0]
    """
    return Steps(tuple((part.start, part.stop) for part in ranges)).evaluate(field)


def weights(field: Field, importance: Sequence[float]) -> xr.DataArray:
    """Give every step an importance of its own (time).

    Raises
    ------
    ImportanceError
        If there is not one number from 0 to 1 for each step.

    Examples
    --------
    >>> import numpy as np
    >>> weights(np.zeros((3, 1, 1, 1)), [0.25, 1, 0.5]).values.ravel().tolist()
    [0.25, 1.0, 0.5]
    """
    return Weights(tuple(importance)).evaluate(field)


def step_information(field: Field) -> xr.DataArray:
    """Weigh steps by what they tell beyond their neighbours, H(Fₜ|Fₜ₋₁) and H(Fₜ|Fₜ₊₁) on average (time).

    Divided by the maximum of all steps; from joint histograms of 64² cells.

    Examples
    --------
    >>> import numpy as np
    >>> still = np.zeros((1, 1, 4))
    >>> step_information(np.stack([still, still, still + [0, 1, 2, 3]])).values[:, 0, 0, 0].tolist()
    [0.0, 0.0, 1.0]
    """
    return StepInformation().evaluate(field)


def gradient(field: Field) -> xr.DataArray:
    """Take the gradient magnitude by central differences, divided by its maximum of all steps (statistical).

    Examples
    --------
    >>> import numpy as np
    >>> gradient(np.array([[[0.0, 1.0, 4.0, 4.0]]])).values.round(2).tolist()
    [[[0.5, 1.0, 0.75, 0.0]]]
    """
    return Gradient().evaluate(field)


def entropy(field: Field) -> xr.DataArray:
    """Take the entropy of the values in a window of 7³ voxels, divided by its maximum (statistical).

    The histogram has 16 bins; their range and the maximum are those of all steps.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.repeat([0.0, 0.0, 1.0], [8, 1, 1]).reshape(1, 1, 10)
    >>> entropy(ramp).values[0, 0].round(1).tolist()[::5]
    [0.0, 0.0]
    """
    return Entropy().evaluate(field)


def conditional_entropy(field: Field, other: Field | None = None) -> xr.DataArray:
    """Take what a window of 7³ voxels holds that another field does not tell, H(X|Y) = H(X, Y) − H(Y).

    Divided by its maximum. Without another field Y is the step before, at the first step the one after.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(27.0).reshape(3, 3, 3)
    >>> [float(conditional_entropy(x, y).max()) for y in (x, 0 * x)]
    [0.0, 1.0]
    """
    sources, variables = _beside([] if other is None else [other])
    return ConditionalEntropy(sources).evaluate(field, variables)


def correlation(field: Field, other: Field | None = None) -> xr.DataArray:
    """Take |r|, Pearson's correlation with another field in a window of 7³ voxels (statistical).

    Without another field it is that with the step before, at the first step with the one after.

    Raises
    ------
    ImportanceError
        If there is neither another field nor another step.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(27.0).reshape(3, 3, 3)
    >>> float(correlation(x, 5 - 2 * x).values.round(3).min())
    1.0
    """
    sources, variables = _beside([] if other is None else [other])
    return Correlation(sources).evaluate(field, variables)


def rarity(field: Field, *others: Field) -> xr.DataArray:
    """Take the surprise of a voxel's cell in the histogram, −log2 p over its maximum (multivariate).

    Parameters
    ----------
    field : DataArray or array (z, y, x) or (time, z, y, x)
    *others : up to two more, on the same grid
        Then the histogram is the joint one: 256 bins for one field, 64² cells for two, 16³ for three.

    Examples
    --------
    >>> import numpy as np
    >>> rarity(np.array([[[0.0, 0.0, 0.0, 1.0]]])).values.round(2).tolist()
    [[[0.20999999344348907, 0.20999999344348907, 0.20999999344348907, 1.0]]]
    """
    sources, variables = _beside(others)
    return Rarity(sources).evaluate(field, variables)


def _beside(others: Sequence[Field]) -> tuple[tuple[Expression, ...], dict[str, xr.DataArray]]:
    """Name further fields, so that an expression can."""
    variables = {f"field {i}": as_field(other) for i, other in enumerate(others, 2)}
    return (VALUE, *map(Variable, variables)), variables
