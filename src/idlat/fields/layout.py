"""From a file's own dimensions to the field's ``(z, y, x)`` or ``(time, z, y, x)``, and back.

A vector or multivariate field has one more, ``component``, between time and z: ``(component, z, y, x)`` or
``(time, component, z, y, x)``, wherever the file keeps it.

``encoding`` of the field remembers what is needed for the way back:

- ``idlat_dims``: the names of the file's dimensions, in the file's order;
- ``idlat_names``: the file's name of each renamed dimension or coordinate;
- ``idlat_squeezed``: the extra dimensions of length 1 that were taken out.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.cf_axes import grid_axes, stated_role

SPACE = ("z", "y", "x")
DIMS = ("time", *SPACE)
ALL_DIMS = ("time", "component", *SPACE)

_COMPONENT_NAMES = frozenset(("component", "components", "channel", "channels", "vector"))

Region = Mapping[str, slice]


def is_time(da: xr.DataArray | xr.Dataset, dim: Hashable) -> bool:
    """Tell whether a dimension is time, by its coordinate, or by its name where that states nothing.

    Examples
    --------
    >>> is_time(xr.DataArray(np.zeros((2, 3)), dims=("Time", "x")), "Time")
    True
    """
    stated = stated_role(da, dim)
    name = str(dim).lower()
    return stated == "time" if stated else name in ("t", "ocean_time") or name.startswith("time")


def is_component(dim: Hashable) -> bool:
    """Tell whether a dimension counts the components of a vector, by its name.

    Examples
    --------
    >>> is_component("Component"), is_component("member")
    (True, False)
    """
    return str(dim).lower() in _COMPONENT_NAMES


def name_axes(axes: Sequence[str] | None, default: Sequence[str], where: str) -> tuple[str, ...]:
    """Give the names of a file's axes: those the caller states, else the default ones.

    Raises
    ------
    FieldError
        If `axes` has another length than the file's rank, or names one twice.

    Examples
    --------
    >>> name_axes("x y z".split(), ("z", "y", "x"), "a.npy")
    ('x', 'y', 'z')
    """
    if axes is None:
        return tuple(default)
    if len(axes) != len(default) or len(set(axes)) != len(axes):
        raise FieldError(
            f"{where}: has {len(default)} axes, the names given are {','.join(axes)}: expected one for each, "
            "slowest first, such as x,y,z or z,y,x,component"
        )
    return tuple(axes)


def spatial_rank(da: xr.DataArray | xr.Dataset, dims: Sequence[Hashable]) -> int:
    """Count the dimensions that are neither time nor component."""
    return sum(not is_time(da, dim) and not is_component(dim) for dim in dims)


def to_canonical(da: xr.DataArray) -> xr.DataArray:
    """Give a field the dimensions ``(z, y, x)`` or ``(time, z, y, x)``, lazily.

    A dimension named component (or channel, vector), in any place, is put between time and z. What the
    coordinates of the others state (``axis``, ``standard_name``, units such as degrees_north, ``positive``)
    settles which is time, z, y or x, then their names; those left take what is left in their order, and a
    first of four is time. Time and two more are a field with one layer. Extra dimensions of length 1 are
    taken out.

    Parameters
    ----------
    da : xarray.DataArray
        A field with at least three dimensions.

    Returns
    -------
    xarray.DataArray
        The same values; ``encoding`` remembers the way back (:func:`to_original`).

    Raises
    ------
    FieldError
        If the dimensions cannot be understood so.

    Examples
    --------
    >>> wrf = xr.DataArray(np.zeros((4, 2, 3, 5)), dims=("Time", "bottom_top", "south_north", "west_east"))
    >>> to_canonical(wrf).dims
    ('time', 'z', 'y', 'x')
    >>> to_original(to_canonical(wrf)).dims
    ('Time', 'bottom_top', 'south_north', 'west_east')
    """
    if "idlat_dims" in da.encoding and da.dims == tuple(
        dim for dim in ALL_DIMS if dim in da.dims or dim in SPACE
    ):
        return da
    axes = _axes(da)
    squeezed = [dim for dim in da.dims if dim not in axes]
    names = {canonical: str(dim) for dim, canonical in axes.items() if canonical != dim}
    field = da.squeeze(squeezed) if squeezed else da
    field, kept = _make_room(field, [name for name in names if name not in axes])
    field = field.rename({original: canonical for canonical, original in names.items()})
    if "z" not in field.dims:
        field = field.expand_dims("z")
    field = field.transpose(*(dim for dim in ALL_DIMS if dim in field.dims))
    field.encoding = {
        **da.encoding,
        "idlat_dims": [str(dim) for dim in da.dims],
        "idlat_names": {**names, **kept},
        "idlat_squeezed": [str(dim) for dim in squeezed],
    }
    return field


def _make_room(da: xr.DataArray, taken: Sequence[str]) -> tuple[xr.DataArray, dict[str, str]]:
    """Rename coordinates that hold a name about to be given to a dimension; returns the old names too."""
    kept = {f"{name}_": name for name in taken if name in da.coords}
    return da.rename({old: new for new, old in kept.items()}), kept


def _axes(da: xr.DataArray) -> dict[Hashable, str]:
    """Map each kept dimension of `da` to its canonical name."""
    if 0 in da.shape:
        raise FieldError(f"field {_label(da)} is empty: its shape is {_sizes(da)}")
    vectors = [dim for dim in da.dims if is_component(dim)]
    if len(vectors) > 1:
        raise FieldError(f"field {_label(da)} has several dimensions of components: {_sizes(da)}")
    dims = [dim for dim in da.dims if dim not in vectors]
    kept = {dim: "component" for dim in vectors if da.sizes[dim] > 1}
    return {**kept, **_grid_axes(da, dims)}


def _grid_axes(da: xr.DataArray, dims: list[Hashable]) -> dict[Hashable, str]:
    """Map the dimensions other than component: space, and time."""
    for dim in list(dims[:-3]):
        if len(dims) > 4 and da.sizes[dim] == 1 and not is_time(da, dim):
            dims.remove(dim)
    axes = grid_axes(da, dims, [dim for dim in dims if is_time(da, dim)])
    if axes is not None:
        return axes
    raise FieldError(
        f"field {_label(da)} has the dimensions {_sizes(da)}: expected three (z, y, x), or four with time "
        "first, and one named component for a vector; choose one entry of the others first"
    )


def _label(da: xr.DataArray) -> str:
    return "" if da.name is None else repr(str(da.name))


def _sizes(da: xr.DataArray) -> str:
    return "(" + ", ".join(f"{dim}: {size}" for dim, size in da.sizes.items()) + ")"


def to_original(da: xr.DataArray) -> xr.DataArray:
    """Give a field back its file's dimensions: names, order and those of length 1.

    Without a memory of a file (a field made in Python) nothing changes. An axis that the file did not have
    and that is of length 1 is dropped.
    """
    dims = da.encoding.get("idlat_dims")
    if dims is None:
        return da
    names: dict[str, str] = da.encoding.get("idlat_names", {})
    drop = [str(dim) for dim in da.dims if names.get(str(dim), str(dim)) not in dims and da.sizes[dim] == 1]
    field = da.squeeze(drop, drop=True)
    # Dimensions first: they free the names that kept coordinates want back.
    for part in (set(ALL_DIMS), set(names) - set(ALL_DIMS)):
        present = {name for name in part & set(names) if name in field.dims or name in field.coords}
        field = field.rename({name: names[name] for name in present})
    for dim in da.encoding.get("idlat_squeezed", ()):
        field = field.expand_dims(dim)
    order = [dim for dim in dims if dim in field.dims]
    field = field.transpose(*(dim for dim in field.dims if dim not in order), *order)
    field.encoding = {key: value for key, value in da.encoding.items() if key not in _MEMORY}
    return field


_MEMORY = ("idlat_dims", "idlat_names", "idlat_squeezed")


@dataclass(frozen=True)
class FileAxes:
    """How blocks of a field lie in its file.

    Attributes
    ----------
    dims : tuple of str
        The field's dimensions, for instance ``("time", "z", "y", "x")``.
    shape : tuple of int
        The field's shape.
    order : tuple of int or None
        For each axis of the file, which axis of the field it is; None for an axis of length 1 of the file
        alone.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    order: tuple[int | None, ...]

    @classmethod
    def fixed(cls, field: xr.DataArray, order: Sequence[str]) -> FileAxes:
        """Give the axes of a format that prescribes them; `order` names those of the file, slowest first.

        Axes of `order` that the field lacks are of length 1; those of length 1 that it lacks are dropped.

        Examples
        --------
        >>> velocity = xr.DataArray(np.zeros((3, 2, 4, 5)), dims=("component", "z", "y", "x"))
        >>> FileAxes.fixed(velocity, ("z", "y", "x", "component")).file_shape
        (2, 4, 5, 3)
        """
        dims = tuple(str(dim) for dim in field.dims)
        axes = {dim: axis for axis, dim in enumerate(dims)}
        return cls(dims, field.shape, tuple(axes.get(name) for name in order))

    @classmethod
    def of(cls, field: xr.DataArray) -> FileAxes:
        """Read the axes off a field's ``encoding``."""
        dims = tuple(str(dim) for dim in field.dims)
        template = xr.DataArray(np.broadcast_to(np.uint8(0), field.shape), dims=dims)
        template.encoding = dict(field.encoding)
        names = field.encoding.get("idlat_names", {}) if "idlat_dims" in field.encoding else {}
        back = {names.get(dim, dim): axis for axis, dim in enumerate(dims)}
        order = tuple(back.get(str(dim)) for dim in to_original(template).dims)
        return cls(dims, field.shape, order)

    @property
    def file_shape(self) -> tuple[int, ...]:
        """The shape of the array in the file."""
        return tuple(1 if axis is None else self.shape[axis] for axis in self.order)

    def region(self, selection: Region) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """Turn slices by dimension into slices of the field and of the file.

        Raises
        ------
        ValueError
            If a name is no dimension of the field or a slice leaves it.
        """
        if unknown := set(selection) - set(self.dims):
            raise ValueError(f"region names {sorted(unknown)}: the field's dimensions are {list(self.dims)}")
        field = []
        for dim, size in zip(self.dims, self.shape, strict=True):
            part = selection.get(dim, slice(None))
            start = 0 if part.start is None else part.start
            stop = size if part.stop is None else part.stop
            if not 0 <= start < stop <= size or part.step not in (None, 1):
                raise ValueError(f"region {dim}={start}:{stop} does not lie in 0:{size} with step 1")
            field.append(slice(start, stop))
        return tuple(field), tuple(slice(0, 1) if axis is None else field[axis] for axis in self.order)

    def to_file(self, block: NDArray[Any]) -> NDArray[Any]:
        """Turn a block of the field into one of the file; no copy where none is needed."""
        used = [axis for axis in self.order if axis is not None]
        rest = [axis for axis in range(block.ndim) if axis not in used]
        moved = block.transpose(*rest, *used).reshape([block.shape[axis] for axis in used])
        return moved[tuple(None if axis is None else slice(None) for axis in self.order)]
