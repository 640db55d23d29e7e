"""Join the related variables of a series' steps (:mod:`idlat.fields.metadata.related_variables`)."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from idlat.fields.grid.align_grids import same_places
from idlat.fields.metadata.coordinate_values import lasting_encoding
from idlat.fields.metadata.omission_remarks import leave_out
from idlat.fields.metadata.related_variables import KEY, RelatedVariables

__all__ = ["join_related_variables"]


def join_related_variables(fields: Sequence[xr.DataArray]) -> RelatedVariables:
    """Join the related variables of fields that follow one another in time.

    What changes from one to the next gets the axis time; what only some of them have, or on other axes, is
    left out with a remark.

    Examples
    --------
    >>> import numpy as np
    >>> steps = [xr.DataArray(np.zeros((1, 2)), dims=("time", "x")) for _ in range(2)]
    >>> for start, step in enumerate(steps):
    ...     step.encoding[KEY] = {"bounds": xr.Variable(("time", "edge"), [[start, start + 1]])}
    >>> join_related_variables(steps)["bounds"].values.tolist()
    [[0, 1], [1, 2]]
    """
    counts = [int(field.sizes.get("time", 1)) for field in fields]
    given: list[RelatedVariables] = [field.encoding.get(KEY, {}) for field in fields]
    joined: RelatedVariables = {}
    for name in dict.fromkeys(name for one in given for name in one):
        parts = [one[name].to_base_variable() for one in given if name in one]
        whole = _joined(parts, counts) if len(parts) == len(fields) else None
        if whole is None:
            leave_out(f"variable {name!r}, which the steps of the series do not all have alike")
        else:
            joined[name] = whole
    return joined


def _joined(parts: Sequence[xr.Variable], counts: Sequence[int]) -> xr.Variable | None:
    """Join one related variable's parts; None where their axes differ."""
    first = parts[0]
    if "time" not in first.dims and all(_same(part, first) for part in parts):
        return first
    timed = [
        part if "time" in part.dims else part.set_dims({"time": count, **part.sizes})
        for part, count in zip(parts, counts, strict=True)
    ]
    shapes = [[(dim, size) for dim, size in part.sizes.items() if dim != "time"] for part in timed]
    if any(shape != shapes[0] for shape in shapes):
        return None
    order = timed[0].dims
    whole: xr.Variable = xr.Variable.concat([part.transpose(*order) for part in timed], "time")
    whole.encoding = lasting_encoding(first)  # the units of the first times may not express the others
    return whole


def _same(one: xr.Variable, two: xr.Variable) -> bool:
    return one.dims == two.dims and same_places(one.values, two.values)
