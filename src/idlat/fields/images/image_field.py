"""What the image formats (NRRD, MetaImage, VTK) have in common: a header, voxels on a regular grid."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError, OutputError
from idlat.fields.cf.encode_cf import encoded
from idlat.fields.files.file_checks import check_dtype
from idlat.fields.grid.canonical_axes import name_axes, to_canonical
from idlat.fields.grid.grid_placement import IDENTITY, UNPLACED, Placement

FILE_AXES = ("time", "z", "y", "x", "component")  # as every one of them keeps voxels, slowest first
_HEADER_BYTES = 2**20


@dataclass(frozen=True)
class Image:
    """One array of an image file, before it is a field.

    Attributes
    ----------
    path
    name
    values
        Named axes in the file's order.
    placement
    attrs, encoding
        Of the field.
    units
        Of the coordinates z, y and x.
    time
        The time of the image, or of each step.
    positions
        Coordinates of those axes that are not evenly spaced by the placement.
    """

    path: Path
    name: str
    values: xr.Variable
    placement: Placement = UNPLACED
    attrs: Mapping[str, Any] = field(default_factory=dict)
    encoding: Mapping[str, Any] = field(default_factory=dict)
    units: str | None = None
    time: xr.Variable | None = None
    positions: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def to_field(self, axes: Sequence[str] | None = None) -> xr.DataArray:
        """Make a field; `axes` names the file's axes otherwise, slowest first; its place is then unknown."""
        check_dtype(self.values.dtype, f"{self.path}: variable {self.name!r}")
        dims = name_axes(axes, tuple(map(str, self.values.dims)), str(self.path))
        result = xr.DataArray(self.values.data, dims=dims, name=self.name, attrs=dict(self.attrs))
        place = self.placement if axes is None and {"y", "x"} <= set(dims) else UNPLACED
        sizes = {str(dim): size for dim, size in result.sizes.items()}
        coords: dict[Any, Any] = dict(place.coordinates(sizes, self.units))
        if axes is None:
            coords |= {dim: (dim, values) for dim, values in self.positions.items() if dim in dims}
        if self.time is not None and axes is None:
            coords["time"] = self.time
        result = result.assign_coords(coords)
        result.encoding = {**self.encoding, **place.encoding()}
        return to_canonical(result)


def middles(points: NDArray[Any]) -> NDArray[Any]:
    """Give the middles of the cells between points; of a flat axis the one point.

    Examples
    --------
    >>> middles(np.array([0.0, 1.0, 4.0])).tolist()
    [0.5, 2.5]
    """
    return points if points.size == 1 else (points[:-1] + points[1:]) / 2


def read_header(path: Path) -> bytes:
    """Read the start of a file, where its header is: the first MiB."""
    with path.open("rb") as file:
        return file.read(_HEADER_BYTES)


def parse_ints(words: Sequence[str], what: str, path: Path, least: int = 1) -> tuple[int, ...]:
    """Read whole numbers of a header.

    Raises
    ------
    FieldError
        If one is none, or below `least`.
    """
    try:
        numbers = tuple(int(word) for word in words)
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < least or max(numbers) > 2**40:
        raise FieldError(
            f"{path}: its {what} {' '.join(words)!r} is damaged: expected whole numbers from {least}"
        )
    return numbers


def parse_text(text: bytes, shape: tuple[int, ...], dtype: np.dtype, path: Path) -> NDArray[Any]:
    """Read values that are written out as decimal numbers.

    Raises
    ------
    FieldError
        If one is no number of that type, or their count is another.
    """
    words = text.split()
    if len(words) != math.prod(shape):
        raise FieldError(
            f"{path}: cut short or damaged: expected {math.prod(shape)} values, found {len(words)}"
        )
    try:
        return np.array(words).astype(dtype).reshape(shape)
    except (ValueError, OverflowError) as error:
        raise FieldError(f"{path}: its values are damaged ({error})") from None


def one_step(template: xr.DataArray, path: Path) -> None:
    """Refuse several time steps where the format holds one.

    Raises
    ------
    OutputError
        If there are several.
    """
    if template.sizes.get("time", 1) > 1:
        raise OutputError(
            f"{path}: {path.suffix} holds one time step, the field has {template.sizes['time']}: choose one "
            "(--time T), write NRRD, MetaImage, HDF5, Zarr or NetCDF, or let `idlat export` write all"
        )


def image_axes(template: xr.DataArray, names: Sequence[str] = FILE_AXES) -> tuple[str, ...]:
    """Give the axes of the file for a field: time and component where it has them, z unless it is a plane."""
    left_out = {name for name in ("time", "component") if name not in template.dims}
    if names is FILE_AXES and _is_plane(template):
        left_out.add("z")
    return tuple(name for name in names if name not in left_out)


def _is_plane(template: xr.DataArray) -> bool:
    """Whether a field is one layer of a file that has planes, (y, x), and lies in that plane."""
    dims, names = (template.encoding.get(f"idlat_{key}") for key in ("dims", "names"))
    layer = template.sizes["z"] == 1 and "time" not in template.dims and "z" not in template.coords
    turn = template.encoding.get("idlat_direction") or IDENTITY
    flat = not any(turn[i] for i in (2, 5, 6, 7))
    return layer and flat and dims is not None and (names or {}).get("z", "z") not in dims


def pack_time(template: xr.DataArray) -> str | None:
    """Write a field's times, or its one time, as JSON; None where it has none."""
    time = None if "time" not in template.coords else encoded({"time": template["time"].variable}).get("time")
    if time is None or time.dtype.kind not in "iuf":
        return None
    attrs = {key: time.attrs[key] for key in ("units", "calendar") if isinstance(time.attrs.get(key), str)}
    return json.dumps({"values": np.asarray(time.values).tolist(), **attrs})


def even_times(first: float, spacing: float, count: int) -> xr.Variable | None:
    """Give the times of evenly spaced steps; None where they are their numbers, as where nothing is said."""
    if (first, spacing) == (0, 1) or spacing == 0:
        return None
    return xr.Variable("time", first + spacing * np.arange(count))


def spaced_times(template: xr.DataArray) -> tuple[float, float]:
    """Give the first time of a field and their spacing; 0 and 1 where they are no evenly spaced numbers.

    Examples
    --------
    >>> spaced_times(xr.DataArray(np.zeros(3), {"time": [4.0, 4.5, 5.0]}, "time"))
    (4.0, 0.5)
    """
    if "time" not in template.dims or template["time"].dtype.kind not in "iuf":
        return 0.0, 1.0
    times = template["time"].values.astype(np.float64)
    steps = np.diff(times)
    mean = float((times[-1] - times[0]) / max(times.size - 1, 1)) or 1.0
    even = np.isfinite(times).all() and bool((np.abs(steps - mean) <= 1e-6 * abs(mean)).all())
    return (float(times[0]), mean) if even else (0.0, 1.0)


def unpack_time(text: Any, sizes: Mapping[Any, int]) -> xr.Variable | None:
    """Read the times that :func:`pack_time` wrote; None where they are none, or another number."""
    try:
        known = json.loads(text) if isinstance(text, str) else text
        values = np.asarray(known["values"], np.float64)
        attrs = {key: str(known[key]) for key in ("units", "calendar") if key in known}
        if values.shape not in ((), (sizes.get("time"),)):
            return None
        time = xr.Variable(("time",) * values.ndim, values, attrs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # dates beyond NumPy's become those of cftime
            decoded: xr.Variable = xr.conventions.decode_cf_variable("time", time, decode_timedelta=False)
            return decoded.load()
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
