"""The labels of a field (its coordinates, and the companions that they name) as an archive holds them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.cf.encode_cf import encoded
from idlat.fields.metadata.coordinate_values import is_dates, plain_labels
from idlat.fields.metadata.omission_remarks import leave_out, remarks_on
from idlat.fields.metadata.related_variables import labels_of

__all__ = ["EncodedLabel", "labels"]


@dataclass(frozen=True)
class EncodedLabel:
    """A coordinate or a companion of a field.

    Attributes
    ----------
    name
        Its name.
    variable
        Numbers, times or texts.
    """

    name: str
    variable: xr.Variable

    @property
    def texts(self) -> list[Any] | str | None:
        """The texts, nested as the axes are; None of what are no texts."""
        if self.variable.dtype.kind != "U":
            return None
        texts: list[Any] | str = np.asarray(self.variable.values).tolist()
        return texts

    @property
    def kind(self) -> str:
        """NumPy's letter of what the values are; dates of any calendar are ``M``."""
        return "M" if is_dates(self.variable) else str(self.variable.dtype.kind)

    @cached_property
    def repeated(self) -> bool:
        """Whether all time steps have the same values, which are then kept once."""
        variable = self.variable
        if "time" not in variable.dims or variable.ndim < 2 or variable.sizes["time"] < 2:
            return False
        first = variable.isel(time=0).to_base_variable()
        steps = (variable.isel(time=step).to_base_variable() for step in range(1, variable.sizes["time"]))
        return all(step.equals(first) for step in steps)

    @cached_property
    def encoded(self) -> tuple[NDArray[Any], list[str], dict[str, Any]]:
        """Values, axes and attributes, as CF has them."""
        variable = self.variable.isel(time=0) if self.repeated else self.variable
        found = encoded({self.name: variable})[self.name]
        values = np.asarray(found.values)
        values = values.astype(values.dtype.newbyteorder("="))
        return values, [str(dim) for dim in found.dims], _plain(found.attrs)


def labels(field: xr.DataArray) -> dict[str, EncodedLabel]:
    """Give the labels of a field, by name; what is neither number nor text is left out with a remark."""
    found: dict[str, EncodedLabel] = {}
    with remarks_on(repr(str(field.name)), "an archive cannot hold it"):
        for name, variable in labels_of(field).items():
            plain = plain_labels(variable)
            if plain is None or 0 in plain.shape or (plain.dtype.kind != "U" and not encoded({name: plain})):
                leave_out(f"coordinate {name!r}")
            else:
                found[name] = EncodedLabel(name, plain)
    return found


def _plain(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Return CF attributes as plain JSON numbers and texts, as every xarray reads them."""
    plain = {}
    for key, value in sorted(attributes.items(), key=lambda item: str(item[0])):
        value = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        if isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
            plain[str(key)] = value
    return plain
