"""The importance maps of the suite, and templates of expressions that a field's own values fill."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import xarray as xr

import idlat
from idlat.errors import ImportanceError
from suite.fields import SuiteField

Real = npt.NDArray[np.float32]

# what the suite's tables call a map: its template
MAPS = {
    "uniform": "1",
    "isosurface": "isosurface({m1}, decay=0.2)",
    "top10": "value > {p90}",
    "top5": "value > {p95}",
    "top1": "value > {p99}",
    "box": "box({half})",
}
REGIONS = ("top10", "top5", "top1", "box")


@dataclass(frozen=True, eq=False)
class SuiteMap:
    """A map on a field's grid.

    Parameters
    ----------
    name, text
        One of `MAPS`, and its expression for the field.
    importance
        `(z, y, x)` in [0, 1]; 0 where values are missing.
    """

    name: str
    text: str
    importance: Real

    @property
    def kind(self) -> str:
        """Whether it is uniform, an isosurface's or a region's."""
        return "region" if self.name in REGIONS else self.name

    @cached_property
    def sha256(self) -> str:
        """Of shape and values."""
        return hashlib.sha256(str(self.importance.shape).encode() + self.importance.tobytes()).hexdigest()


def expression(template: str, values: Real) -> str:
    """Fill a field's percentiles, standard deviations and middle half into a map's template.

    `{p95}` is a percentile, `{m0.5}` the mean plus so many standard deviations, `{half}` a box round the
    middle, half of each axis; missing values do not count.
    """

    def number(match: re.Match[str]) -> str:
        kind, amount = match[1], float(match[2])
        if kind == "p":
            return f"{np.nanpercentile(values, amount):.6g}"
        return f"{np.nanmean(values, dtype=np.float64) + amount * np.nanstd(values, dtype=np.float64):.6g}"

    sides = zip("zyx", values.shape[-3:], strict=True)
    half = ", ".join(f"{axis}={size // 4}:{max(size - size // 4, size // 4 + 1)}" for axis, size in sides)
    return re.sub(r"\{([pm])(-?[0-9.]+)\}", number, template).replace("{half}", half)


def map_of(field: SuiteField, name: str) -> SuiteMap | None:
    """Evaluate a map; None where the field has no such region, or the map marks nothing or everything."""
    if field.is_series and name != "uniform":
        return None
    text = expression(MAPS[name], field.values)
    if name == "uniform":
        return SuiteMap(name, text, np.asarray(field.valid, np.float32))
    given = xr.DataArray(field.values, dims=("z", "y", "x"), name="field")
    try:
        importance = np.asarray(idlat.importance.parse(text).evaluate(given).values, np.float32)
    except ImportanceError:  # no such isosurface
        return None
    importance = np.where(field.valid, importance, 0).astype(np.float32)
    return SuiteMap(name, text, importance) if np.ptp(importance[field.valid]) > 0 else None
