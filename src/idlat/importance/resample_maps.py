"""Maps and variables on another grid, interpolated to a field's grid box by box (paper Sect. 7).

Along each axis a voxel's centre falls somewhere between the source's: at the same coordinate where both have
increasing or decreasing ones, else at the same fraction of the axis. Values are interpolated linearly; where
the source is finer, all that a voxel covers counts, weighted by a triangle, so that nothing thin is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError, ImportanceError
from idlat.fields.grid.align_grids import on_grid_of
from idlat.importance.field_view import FieldView
from idlat.tiling import Box

__all__ = ["GridSource", "on_grid"]

_LEAST_KNOWN = 0.5  # of the weight, for a value not to be missing


@dataclass(frozen=True)
class _Axis:
    """How one axis of a source maps to the field's: the place of each voxel, the triangle's half width."""

    places: NDArray[np.float64]
    width: float
    size: int

    def weights(self, start: int, stop: int) -> tuple[int, int, NDArray[np.float64]]:
        """First and last source voxel for a range, and the weights (stop − start, last − first)."""
        places = self.places[start:stop]
        first = max(0, int(np.floor(places.min() - self.width)))
        last = min(self.size, int(np.ceil(places.max() + self.width)) + 1)
        away = np.abs(np.arange(first, last) - places[:, None])
        weights = np.maximum(1.0 - away / self.width, 0.0)
        return first, last, weights / weights.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class GridSource:
    """Another field read on the grid of this one: as it is, or interpolated.

    Attributes
    ----------
    view
        The other field.
    axes
        Where the grids differ, how they map.
    """

    view: FieldView
    axes: tuple[_Axis, ...] | None

    def read(self, step: int, box: Box) -> NDArray[np.floating[Any]]:
        """Read a box of the field's grid, NaN where missing; a source without steps serves for all."""
        step = step if self.view.steps > 1 else 0
        if self.axes is None:
            return self.view.read(step, box)
        found = [axis.weights(*span) for axis, span in zip(self.axes, box, strict=True)]
        z, y, x = ((first, last) for first, last, _ in found)
        values: NDArray[Any] = self.view.read(step, (z, y, x))
        known = np.isfinite(values)
        total, weight = np.where(known, values, 0.0), known.astype(np.float64)
        for axis, (_, _, weights) in enumerate(found):
            total = np.moveaxis(np.tensordot(weights, total, (1, axis)), 0, axis)
            weight = np.moveaxis(np.tensordot(weights, weight, (1, axis)), 0, axis)
        with np.errstate(invalid="ignore", divide="ignore"):
            result = np.where(weight >= _LEAST_KNOWN, total / weight, np.nan)
        return result.astype(values.dtype)


def on_grid(other: xr.DataArray | NDArray[Any], view: FieldView, name: str) -> GridSource:
    """Read another field on a field's grid.

    Parameters
    ----------
    other
        DataArray or array (z, y, x) or (time, z, y, x).
        Of the field's shape, of its shape without time, or, where the view resamples, on another grid.
    view
        The field.
    name
        What to call the other in an error.

    Raises
    ------
    ImportanceError
        If its grid is another one and the view does not resample, or its steps are others. Where only the
        order along an axis differs, it is turned.

    Examples
    --------
    >>> fine = FieldView.of(np.zeros((1, 1, 4)), resample=True)
    >>> on_grid(np.array([[[0.0, 1.0]]]), fine, "map").read(0, fine.everything).tolist()
    [[[0.0, 0.25, 0.75, 1.0]]]
    """
    shape = tuple(other.shape)
    whole = view.field.shape
    expected = f"expected that of the field, {whole}" + (
        f", or {view.shape} for all steps" if view.field.ndim == 4 else ""
    )
    if len(shape) not in (3, 4):
        raise ImportanceError(f"{name} has shape {shape}, {expected}")
    source = FieldView.of(other)
    if source.steps not in (1, view.steps) or (len(shape) == 4 and source.steps == 1 < view.steps):
        raise ImportanceError(f"{name} has shape {shape}, {expected}")
    if source.shape == view.shape:
        try:
            turned = on_grid_of(source.field, view.field, name, "the field")
            return GridSource(FieldView.of(turned) if turned is not source.field else source, None)
        except FieldError as error:
            if not view.resample:
                raise ImportanceError(f"{error}; or pass --resample (resample=True)") from None
    if not view.resample:
        raise ImportanceError(
            f"{name} has shape {shape}, {expected}; to interpolate it, pass --resample (resample=True)"
        )
    return GridSource(source, tuple(_map_axis(source.field, view.field, axis, name) for axis in "zyx"))


def _map_axis(source: xr.DataArray, field: xr.DataArray, axis: str, name: str) -> _Axis:
    """Find the place of each of the field's voxels on an axis of a source, counted in the source's voxels."""
    size, wanted = source.sizes[axis], field.sizes[axis]
    width = max(1.0, size / wanted)
    known, new = _positions(source, axis), _positions(field, axis)
    if known is None or new is None or size == 1:
        return _Axis(np.clip((np.arange(wanted) + 0.5) * size / wanted - 0.5, 0, size - 1), width, size)
    if known[0] > known[-1]:
        known, new = -known, -new
    if new.max() < known[0] or new.min() > known[-1]:
        raise ImportanceError(
            f"{name} does not overlap the field along {axis}: it covers {known[0]:g} to {known[-1]:g}, "
            f"the field {new.min():g} to {new.max():g}"
        )
    if wanted > 1:
        width = max(1.0, float(np.abs(np.diff(new)).mean() / np.diff(known).mean()))
    return _Axis(np.interp(new, known, np.arange(size)), width, size)


def _positions(field: xr.DataArray, axis: str) -> NDArray[np.float64] | None:
    """Coordinates along an axis, if there are finite ones that only increase or only decrease."""
    if axis not in field.coords or field.coords[axis].dtype.kind not in "iuf":
        return None
    positions = field.coords[axis].values.astype(np.float64)
    steps = np.diff(positions)
    return positions if np.isfinite(positions).all() and ((steps > 0).all() or (steps < 0).all()) else None
