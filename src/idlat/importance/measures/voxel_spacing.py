"""Where voxels lie in space: positions and spacings from a field's coordinates, for ``units=physical``."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import ImportanceError

__all__ = [
    "UNITS",
    "VOXELS",
    "Positions",
    "Spacing",
    "check_units",
    "physical_positions",
    "spacing_of",
    "uneven_positions",
]

UNITS = ("voxels", "physical")
"""What distances may be measured in."""

Spacing = tuple[float, float, float]
"""Distance between neighbouring voxels along z, y and x."""

Positions = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Where the voxels lie along z, y and x."""

VOXELS: Spacing = (1.0, 1.0, 1.0)

_EVEN = 0.01  # part of the spacing by which a step may differ from the mean

_HINT = "distances in physical units need {}; use units=voxels"


def check_units(units: str) -> str:
    """Return units if they are known; raise an ImportanceError where not."""
    if units not in UNITS:
        raise ImportanceError(f"units {units!r} are unknown, expected {' or '.join(UNITS)}")
    return units


def physical_positions(field: xr.DataArray) -> Positions:
    """Coordinates of the voxels along z, y and x, in the same unit along every axis.

    Raises
    ------
    ImportanceError
        If an axis has no numeric coordinate, or the axes' ``units`` attributes differ.
    """
    for axis in "zyx":
        if axis not in field.coords or field.coords[axis].dtype.kind not in "iuf":
            raise ImportanceError(
                f"the field has no coordinate along {axis}: {_HINT.format('one of numbers along every axis')}"
            )
    units = {axis: str(field.coords[axis].attrs.get("units", "")) for axis in "zyx"}
    if len(set(units.values())) > 1:
        shown = ", ".join(f"{axis} in {unit or '(none)'}" for axis, unit in units.items())
        raise ImportanceError(f"the coordinates have {shown}: {_HINT.format('one unit along every axis')}")
    z, y, x = (field.coords[axis].values.astype(np.float64) for axis in "zyx")
    return z, y, x


def uneven_positions(field: xr.DataArray, units: str) -> Positions | None:
    """Coordinates of the voxels where they are wanted and not evenly spaced, to 1 %; else None.

    Raises
    ------
    ImportanceError
        As :func:`physical_positions`; also if a coordinate neither rises nor falls throughout.

    Examples
    --------
    >>> coords = {"z": [0.0, 5.0, 20.0], "y": [0, 1], "x": [0.0, -0.5]}
    >>> field = xr.DataArray(np.zeros((3, 2, 2)), coords, ("z", "y", "x"))
    >>> uneven_positions(field, "physical")[0].tolist(), uneven_positions(field, "voxels")
    ([0.0, 5.0, 20.0], None)
    """
    if units == "voxels":
        return None
    positions = physical_positions(field)
    for axis, places in zip("zyx", positions, strict=True):
        steps = np.diff(places)
        if not (np.isfinite(places).all() and ((steps > 0).all() or (steps < 0).all())):
            raise ImportanceError(
                f"the coordinate {axis} neither rises nor falls throughout: "
                f"{_HINT.format('positions in order along every axis')}"
            )
    return None if all(map(_is_even, positions)) else positions


def _is_even(places: NDArray[np.float64]) -> bool:
    steps = np.diff(places)
    return not steps.size or bool((np.abs(steps - steps.mean()) <= _EVEN * abs(steps.mean())).all())


def spacing_of(field: xr.DataArray, units: str) -> Spacing:
    """Distance between neighbouring voxels along each axis: 1 in voxels, else from the coordinates.

    Raises
    ------
    ImportanceError
        As :func:`physical_positions`; also if a coordinate is not evenly spaced, to 1 %.

    Examples
    --------
    >>> coords = {"z": [0.0, 5.0], "y": [0, 1, 2], "x": [0.0, -0.5]}
    >>> spacing_of(xr.DataArray(np.zeros((2, 3, 2)), coords, ("z", "y", "x")), "physical")
    (5.0, 1.0, 0.5)
    """
    if units == "voxels":
        return VOXELS
    found: list[float | None] = []
    for axis, positions in zip("zyx", physical_positions(field), strict=True):
        steps = np.diff(positions)
        if not steps.size:
            found.append(None)
            continue
        mean = float(steps.mean())
        if not (np.isfinite(mean) and mean != 0 and (np.abs(steps - mean) <= _EVEN * abs(mean)).all()):
            raise ImportanceError(
                f"the coordinate {axis} is not evenly spaced: {_HINT.format('even spacing along every axis')}"
            )
        found.append(abs(mean))
    known = [length for length in found if length is not None] or [1.0]
    z, y, x = (length if length is not None else max(known) for length in found)  # of one voxel: no matter
    return z, y, x
