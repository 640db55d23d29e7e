"""The times of a field's steps as plain numbers, which collections and viewers know alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from idlat.fields.cf.encode_cf import encoded
from idlat.fields.metadata.omission_remarks import leave_out

__all__ = ["StepTimes", "step_of"]


@dataclass(frozen=True)
class StepTimes:
    """One number a step, in ascending order.

    Attributes
    ----------
    values
    attrs
        Their unit and calendar, where they are dates or state one.

    Examples
    --------
    >>> StepTimes.of(xr.DataArray(np.zeros(3), {"time": [0.5, 1.0, 4.0]}, "time")).values
    (0.5, 1.0, 4.0)
    """

    values: tuple[float, ...]
    attrs: Mapping[str, str]

    @classmethod
    def of(cls, field: xr.DataArray) -> StepTimes:
        """Read the times of a field; dates become numbers in the unit of its file.

        Steps without times have their indices. So have, with a remark, those whose times are no numbers, or
        not in ascending order, as of the members of an ensemble.
        """
        count = field.sizes.get("time", 1)
        if "time" not in field.coords:
            return cls(tuple(map(float, range(count))), {})
        time = encoded({"time": field["time"].variable}).get("time")
        if time is not None and time.dtype.kind in "iuf":
            values = np.asarray(time.values, np.float64).ravel()
            if np.isfinite(values).all() and (np.diff(values) > 0).all():
                keys = ("units", "calendar")
                attrs = {key: time.attrs[key] for key in keys if isinstance(time.attrs.get(key), str)}
                return cls(tuple(values.tolist()), attrs)
        leave_out("coordinate 'time', which is not ascending numbers: steps have their indices")
        return cls(tuple(map(float, range(count))), {})


def step_of(field: xr.DataArray, step: int) -> xr.DataArray:
    """Give one step of a field, or the field itself where it has none."""
    return field.isel(time=step) if "time" in field.dims else field
