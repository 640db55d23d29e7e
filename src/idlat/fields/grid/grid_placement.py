"""Where a regular grid lies in space: origin, spacing and direction, as coordinates of a field and back.

The coordinates z, y and x are ``origin + spacing · index``. ``encoding`` remembers what they cannot say:

- ``idlat_spacing``: the spacing of each axis, for axes with one voxel and for the last bit;
- ``idlat_origin``: the position of the first voxel of the file;
- ``idlat_direction``: where the axes are rotated against the world's, the unit vectors of x, y and z, one
  after another. The coordinates of a rotated grid are distances along its own axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.grid.canonical_axes import SPACE
from idlat.fields.metadata.omission_remarks import leave_out

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
Values = Sequence[Any] | NDArray[Any]
_KEYS = ("idlat_origin", "idlat_spacing", "idlat_direction")


@dataclass(frozen=True)
class Placement:
    """The place of a regular grid; every triple is in the order x, y, z, as file headers have it.

    Attributes
    ----------
    origin
        The position of the first voxel.
    spacing
        The distance between voxels.
    direction
        The unit vectors of the x, y and z axis.
    """

    origin: tuple[float, ...] = (0.0, 0.0, 0.0)
    spacing: tuple[float, ...] = (1.0, 1.0, 1.0)
    direction: tuple[float, ...] = IDENTITY

    @classmethod
    def parse(cls, where: str, origin: Values, spacing: Values, direction: Values = IDENTITY) -> Placement:
        """Read the numbers of a file's header.

        Raises
        ------
        FieldError
            If they are not finite, too few or too many, or a spacing is zero.
        """
        given = {"origin": (origin, 3), "spacing": (spacing, 3), "direction": (direction, 9)}
        found = {}
        for name, (values, count) in given.items():
            try:
                found[name] = tuple(float(value) for value in values)
            except (TypeError, ValueError):
                found[name] = ()
            if len(found[name]) != count or not np.isfinite(found[name]).all():
                raise FieldError(f"{where}: its {name} {list(values)} is damaged: expected {count} numbers")
        if 0 in found["spacing"]:
            raise FieldError(f"{where}: its spacing {found['spacing']} has a zero")
        return cls(**found)._along_axes()

    def _along_axes(self) -> Placement:
        """Give the grid with a negative spacing where an axis only runs the other way than the world's."""
        rows = np.reshape(self.direction, (3, 3))
        if not np.array_equal(np.abs(rows), np.eye(3)):
            return self
        signed = np.array(self.spacing) * np.diag(rows)
        return Placement(self.origin, tuple(signed.tolist()))

    def upright(self) -> Placement:
        """Give the same grid with no negative spacing: an axis that runs the other way has a direction.

        Examples
        --------
        >>> Placement(spacing=(1.0, -2.0, 1.0)).upright().direction
        (1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)
        """
        signs = np.where(np.array(self.spacing) < 0, -1.0, 1.0)
        rows = np.reshape(self.direction, (3, 3)) * signs[:, None] + 0.0
        spacing = np.abs(self.spacing)
        return Placement(self.origin, tuple(spacing.tolist()), tuple(rows.reshape(-1).tolist()))

    def mirrored(self, signs: Values) -> Placement:
        """Give the grid in a world whose axes x, y and z run the other way where a sign is −1.

        Examples
        --------
        >>> Placement(origin=(1.0, 2.0, 3.0)).mirrored([-1, 1, 1])
        Placement(origin=(-1.0, 2.0, 3.0), spacing=(-1.0, 1.0, 1.0), direction=(1.0, 0.0, 0.0, 0.0, ...))
        """
        if self.trivial or np.all(np.asarray(signs) == 1):
            return self
        rows = np.reshape(self.direction, (3, 3)) * signs + 0.0
        origin = np.array(self.origin) * signs + 0.0
        turned = Placement(tuple(origin.tolist()), self.spacing, tuple(rows.reshape(-1).tolist()))
        return turned._along_axes()

    def at(self, index: Values) -> Placement:
        """Give the grid whose first voxel is the one at an index (x, y, z) of this one.

        Examples
        --------
        >>> Placement(spacing=(0.5, 1.0, 2.0)).at([2, 0, -1]).origin
        (1.0, 0.0, -2.0)
        """
        along = np.asarray(index, np.float64) * self.spacing
        origin = np.array(self.origin) + np.reshape(self.direction, (3, 3)).T @ along
        return Placement(tuple(origin.tolist()), self.spacing, self.direction)

    @property
    def trivial(self) -> bool:
        """Whether voxels lie at their indices, as where a file says nothing."""
        return self == UNPLACED

    def coordinates(self, sizes: Mapping[str, int], units: str | None = None) -> dict[str, xr.Variable]:
        """Give the coordinates of those of z, y and x that have a size; none where they are the indices."""
        if self.trivial:
            return {}
        attrs = {"units": units} if units else {}
        return {
            dim: xr.Variable(dim, self.origin[i] + self.spacing[i] * np.arange(sizes[dim]), attrs)
            for i, dim in enumerate(reversed(SPACE))
            if dim in sizes
        }

    def encoding(self) -> dict[str, list[float]]:
        """Give what a field's ``encoding`` remembers."""
        if self.trivial:
            return {}
        values = (self.origin, self.spacing, self.direction)
        known = {key: list(value) for key, value in zip(_KEYS, values, strict=True)}
        if self.direction == IDENTITY:
            del known["idlat_direction"]
        return known

    @classmethod
    def of(cls, field: xr.DataArray) -> Placement:
        """Read the place of a field, or of a region of one, off its coordinates.

        A coordinate that is not evenly spaced, which no regular grid can hold, is left out with a remark.

        Examples
        --------
        >>> grid = Placement(spacing=(0.5, 1.0, 2.0))
        >>> coords = grid.coordinates({"z": 4, "y": 1, "x": 3})
        >>> field = xr.DataArray(np.zeros((4, 1, 3)), coords, ("z", "y", "x"))
        >>> Placement.of(field.isel(z=slice(2, 4)))
        Placement(origin=(0.0, 0.0, 4.0), spacing=(0.5, 1.0, 2.0), direction=(1.0, 0.0, 0.0, 0.0, ...))
        """
        known = [field.encoding.get(key) for key in _KEYS]
        spacing = known[1] or (None, None, None)
        axes = [_axis(field, dim, near) for dim, near in zip(reversed(SPACE), spacing, strict=True)]
        first = np.array([axis[0] for axis in axes])
        origin = tuple(first.tolist())
        if known[0] and known[2]:  # a region of a rotated grid begins along the grid's own axes
            along = np.reshape(known[2], (3, 3)).T @ (first - known[0])
            origin = tuple((np.array(known[0]) + along).tolist())
        return cls(origin, tuple(axis[1] for axis in axes), tuple(known[2] or IDENTITY))


def _axis(field: xr.DataArray, dim: str, near: float | None) -> tuple[float, float]:
    """Give the first position and the spacing of an axis."""
    coordinate = field.coords.get(dim)
    if coordinate is None or coordinate.dtype.kind not in "iuf":
        return 0.0, near or 1.0
    values = coordinate.values.astype(np.float64)
    if values.size == 1:
        return float(values[0]), near or 1.0
    steps = np.diff(values)
    mean = float((values[-1] - values[0]) / (values.size - 1))
    # Coordinates stored in single precision are even to that precision only.
    slack = 1e-3 * abs(mean) + 2e-7 * float(np.abs(values).max())
    if mean == 0 or not np.isfinite(mean) or np.abs(steps - mean).max() > slack:
        leave_out(f"coordinate {dim!r}, which is not evenly spaced: voxels lie at their indices along {dim}")
        return 0.0, near or 1.0
    if near and abs(near - mean) <= slack:
        mean = near
    return float(values[0]), mean


UNPLACED = Placement()

__all__ = ["IDENTITY", "UNPLACED", "Placement"]
