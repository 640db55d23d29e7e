"""VTKHDF images: which axis of an array is which, where the grid lies, and its time steps.

An array lies in ``PointData`` or ``CellData`` of a group whose attribute ``Type`` is ``ImageData``. It has
the axes (z, y, x) of ``WholeExtent``, without those that are flat, time before them where the group has
``Steps``, and components after them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.grid.canonical_axes import SPACE
from idlat.fields.grid.grid_placement import Placement
from idlat.fields.images.image_field import FILE_AXES

_KINDS = ("PointData", "CellData")
Axes = tuple[str, ...]


@dataclass(frozen=True)
class ImageArray:
    """An array of a VTKHDF image.

    Attributes
    ----------
    dims
        Of the array in the file: time, z, y, x and component, those that it has.
    cells
        Whether its values are those of cells.
    placement
    times
        The time of each step.
    entries
        Where each step lies along the array's first axis.
    """

    dims: Axes
    cells: bool
    placement: Placement
    times: NDArray[Any] | None
    entries: NDArray[np.int64] | None

    def variable(self, data: Any) -> xr.Variable:
        """Give the array's steps, with all three axes of space, from what the file holds."""
        if self.entries is not None and not np.array_equal(self.entries, np.arange(data.shape[0])):
            data = data[self.entries]  # steps may share an entry
        if self.times is not None and self.entries is None:
            data = data[None]  # one step needs no axis of its own in the file
        dims = ("time", *self.dims) if self.times is not None and self.entries is None else self.dims
        order = [dim for dim in FILE_AXES if dim in (*dims, *SPACE)]
        flat = tuple(slice(None) if dim in dims else None for dim in order)
        return xr.Variable(order, data[flat])


def is_image_array(dataset: Any) -> bool:
    """Whether a dataset is an array of a VTKHDF image."""
    return _image_group(dataset) is not None


def image_array(dataset: Any, path: Path) -> ImageArray | None:
    """Describe an array of a VTKHDF image; None for any other dataset.

    Raises
    ------
    FieldError
        If the image's attributes are damaged, or the array does not have its shape.
    """
    group = _image_group(dataset)
    if group is None:
        return None
    where = f"{path}: the VTKHDF image {group.name!r}"
    cells = dataset.parent.name.endswith(_KINDS[1])
    extent = _extent(group, where)
    place = _placement(group, extent, where, cells=cells)
    times, entries = _steps(group, dataset, where)
    plain = _space(extent, dataset.shape, cells=cells)
    if times is None or (times.size == 1 and plain):
        dims, entries = plain, None
    else:
        space = _space(extent, dataset.shape[1:], cells=cells)
        dims = ("time", *space) if space else ()
    if not dims:
        steps = "" if times is None else " after one axis for its time steps"
        raise FieldError(
            f"{where} has the extent {extent}, so its arrays have the shape "
            f"{tuple(_sizes(extent, cells=cells).values())} in space{steps}, "
            f"but {dataset.name!r} has {dataset.shape}"
        )
    return ImageArray(dims, cells, place, times, entries)


def other_type(file: Any) -> str | None:
    """Name what a VTKHDF file holds where that is no image, such as ``PolyData``."""
    root = file.get("VTKHDF")
    kind = _type(root) if isinstance(root, h5py.Group) else None
    return None if kind == "ImageData" else kind


def _type(group: Any) -> str | None:
    kind = group.attrs.get("Type")
    return kind.decode("ascii", "replace") if isinstance(kind, bytes) else None if kind is None else str(kind)


def _image_group(dataset: Any) -> Any:
    """Give the group of the image whose array this is."""
    parts = dataset.name.split("/") if dataset.name else []
    if len(parts) < 4 or parts[-2] not in _KINDS or "VTKHDF" not in parts:
        return None
    group = dataset.parent.parent
    return group if _type(group) == "ImageData" else None


def _extent(group: Any, where: str) -> tuple[int, ...]:
    values = np.ravel(group.attrs.get("WholeExtent", ()))
    if values.size != 6 or values.dtype.kind not in "iu" or (values[1::2] < values[::2]).any():
        raise FieldError(f"{where} has the WholeExtent {values.tolist()}: expected three ranges of points")
    return tuple(int(value) for value in values)


def _steps(group: Any, dataset: Any, where: str) -> tuple[NDArray[Any] | None, NDArray[np.int64] | None]:
    """Give the times of a series, and where each of its steps lies in an array."""
    steps = group.get("Steps")
    if not isinstance(steps, h5py.Group) or np.ravel(steps.attrs.get("NSteps", 1))[:1].tolist() == [0]:
        return None, None
    values = np.ravel(steps["Values"][()]) if isinstance(steps.get("Values"), h5py.Dataset) else np.empty(0)
    count = int(np.ravel(steps.attrs.get("NSteps", values.size))[0])
    if count < 1 or values.size < count or values.dtype.kind not in "fiu":
        raise FieldError(f"{where} has {values.size} time values for {count} steps")
    kind, name = dataset.name.split("/")[-2:]
    offsets = steps.get(f"{kind}Offsets/{name}")
    entries = np.ravel(offsets[()]) if isinstance(offsets, h5py.Dataset) else np.arange(count)
    length = dataset.shape[0]
    if entries.size < count or entries.min() < 0 or entries[:count].max() >= length:
        raise FieldError(
            f"{where} has {count} time steps, its array {name!r} holds {length} along its first axis: "
            "they do not fit together"
        )
    return values[:count].astype(values.dtype.newbyteorder("=")), entries[:count].astype(np.int64)


def _sizes(extent: Sequence[int], *, cells: bool) -> dict[str, int]:
    """Give the lengths of z, y and x; a flat axis has one layer of cells."""
    points = [extent[i + 1] - extent[i] + 1 for i in (4, 2, 0)]
    return dict(zip(SPACE, (max(n - 1, 1) if cells else n for n in points), strict=True))


def _space(extent: Sequence[int], shape: Sequence[int], *, cells: bool) -> Axes:
    """Name the axes of an array but time; none where the extent has another shape."""
    sizes = _sizes(extent, cells=cells)
    deep = tuple(dim for i, dim in zip((4, 2, 0), SPACE, strict=True) if extent[i] < extent[i + 1])
    for dims in (SPACE, deep or ("z",)):
        lengths = tuple(sizes[dim] for dim in dims)
        if tuple(shape) == lengths:
            return dims
        if tuple(shape[:-1]) == lengths:
            return (*dims, "component")
    return ()


def _placement(group: Any, extent: Sequence[int], where: str, *, cells: bool) -> Placement:
    """Place the first voxel: the extent's first point, or the middle of its first cell."""
    columns = np.ravel(group.attrs.get("Direction", np.eye(3)))
    if columns.size != 9:
        raise FieldError(f"{where} has the Direction {columns.tolist()}: expected 9 numbers")
    known = Placement.parse(
        where,
        np.ravel(group.attrs.get("Origin", np.zeros(3))),
        np.ravel(group.attrs.get("Spacing", np.ones(3))),
        columns.reshape(3, 3).T.reshape(-1),
    )
    return known.at([extent[i] + (0.5 if cells and extent[i] < extent[i + 1] else 0.0) for i in (0, 2, 4)])
