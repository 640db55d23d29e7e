"""From a file's own dimensions to the field's ``(z, y, x)`` or ``(time, z, y, x)``, and back.

A vector or multivariate field has one more, ``component``, between time and z: ``(component, z, y, x)`` or
``(time, component, z, y, x)``, wherever the file keeps it.

``encoding`` of the field remembers what is needed for the way back:

- ``idlat_dims``: the names of the file's dimensions, in the file's order;
- ``idlat_names``: the file's name of each renamed dimension or coordinate;
- ``idlat_squeezed``: the extra dimensions of length 1 that were taken out;
- ``idlat_stacked``: how times and members of an ensemble became one axis
  (:mod:`idlat.fields.grid.ensemble_members`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import xarray as xr

from idlat.errors import FieldError
from idlat.fields.grid.axis_roles import grid_axes, stated_role
from idlat.fields.grid.ensemble_members import MEMORY, Stack, is_member, member_axis, stack, unstack
from idlat.fields.metadata.coordinate_values import single_indexes
from idlat.fields.metadata.related_variables import KEY, on_axes

SPACE = ("z", "y", "x")
DIMS = ("time", *SPACE)
ALL_DIMS = ("time", "component", *SPACE)

_COMPONENT_NAMES = frozenset(("component", "components", "channel", "channels", "vector"))


def is_time(da: xr.DataArray | xr.Dataset, dim: Hashable) -> bool:
    """Tell whether a dimension is time, by its coordinate, or by its name where that states nothing.

    Examples
    --------
    >>> import numpy as np
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
    """Count the dimensions that are neither time nor component nor member."""
    return sum(not (is_time(da, dim) or is_component(dim) or is_member(da, dim)) for dim in dims)


def to_canonical(da: xr.DataArray, given: Sequence[str] | None = None) -> xr.DataArray:
    """Give a field the dimensions ``(z, y, x)`` or ``(time, z, y, x)``, lazily.

    A dimension named component (or channel, vector), in any place, is put between time and z. What the
    coordinates of the others state (``axis``, ``standard_name``, units such as degrees_north, ``positive``)
    settles which is time, z, y or x, then their names; those left take what is left in their order, and a
    first of four is time. Two, or time and two, are a field with one layer. Members of an ensemble are steps,
    as :mod:`idlat.fields.grid.ensemble_members` says. Extra dimensions of length 1 are taken out.

    Parameters
    ----------
    da
        A field with at least two dimensions.
    given
        What each dimension means, where its name and coordinate do not say or say wrong.

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
    >>> import numpy as np
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
    original = [str(dim) for dim in da.dims]
    da = single_indexes(da)
    stated = dict(zip(da.dims, map(str, given or da.dims), strict=True))
    da = _stacked(da, stated)
    axes = _axes(da) if given is None else _stated_axes(da, stated)
    squeezed = [dim for dim in da.dims if dim not in axes]
    names = {canonical: str(dim) for dim, canonical in axes.items() if canonical != dim}
    field = da.squeeze(squeezed) if squeezed else da
    field, kept = _make_room(field, [name for name in names if name not in axes])
    field = field.rename({original: canonical for canonical, original in names.items()})
    if "z" not in field.dims:
        field = field.expand_dims("z")
    field = field.transpose(*(dim for dim in ALL_DIMS if dim in field.dims))
    single = axes if MEMORY not in da.encoding else {d: axis for d, axis in axes.items() if axis != "time"}
    related, moved = on_axes(da.encoding.get(KEY, {}), {str(dim): axis for dim, axis in single.items()})
    field.encoding = {
        **da.encoding,
        **({KEY: related} if related else {}),
        "idlat_dims": original,
        "idlat_names": {**names, **moved, **kept},
        "idlat_squeezed": [str(dim) for dim in squeezed],
    }
    return field


def _stacked(da: xr.DataArray, stated: Mapping[Hashable, str]) -> xr.DataArray:
    """Make one axis of times and members, where a field has both."""
    meant = da if all(dim == name for dim, name in stated.items()) else _bare(da, stated)
    member = member_axis(meant)
    if member is None:
        return da
    rest = [dim for dim in meant.dims if dim != member and not is_component(dim)]
    times = [dim for dim in rest if is_time(meant, dim)] or rest[:-3]
    names = {name: dim for dim, name in stated.items()}
    return stack(da, names[str(times[0])], names[str(member)]) if times else da


def _bare(da: xr.DataArray, stated: Mapping[Hashable, str]) -> xr.DataArray:
    """Give a field's axes, without coordinates, under the names that say what they mean."""
    values = np.broadcast_to(np.uint8(0), da.shape)
    return xr.DataArray(values, dims=[stated[dim] for dim in da.dims], name=da.name)


def _make_room(da: xr.DataArray, taken: Sequence[str]) -> tuple[xr.DataArray, dict[str, str]]:
    """Rename coordinates that hold a name about to be given to a dimension; returns the old names too."""
    kept = {f"{name}_": name for name in taken if name in da.coords}
    return da.rename({old: new for new, old in kept.items()}), kept


def _stated_axes(da: xr.DataArray, stated: Mapping[Hashable, str]) -> dict[Hashable, str]:
    """Map each kept dimension of `da` to its canonical name, by what the caller says each one means."""
    meant = {stated[dim]: dim for dim in da.dims}
    return {meant[str(dim)]: canonical for dim, canonical in _axes(_bare(da, stated)).items()}


def _axes(da: xr.DataArray) -> dict[Hashable, str]:
    """Map each kept dimension of `da` to its canonical name."""
    if 0 in da.shape:
        raise FieldError(f"field {_label(da)} is empty: its shape is {_sizes(da)}")
    vectors = [dim for dim in da.dims if is_component(dim)]
    if len(vectors) > 1:
        raise FieldError(f"field {_label(da)} has several dimensions of components: {_sizes(da)}")
    members = [dim for dim in da.dims if is_member(da, dim)]  # at most one of more than one, without time
    dims = [dim for dim in da.dims if dim not in vectors and dim not in members]
    kept = {dim: "component" for dim in vectors if da.sizes[dim] > 1}
    kept |= {dim: "time" for dim in members if da.sizes[dim] > 1}
    return {**kept, **_grid_axes(da, dims)}


def _grid_axes(da: xr.DataArray, dims: list[Hashable]) -> dict[Hashable, str]:
    """Map the dimensions other than component and member: space, and time."""
    for dim in list(dims[:-3]):
        if len(dims) > 4 and da.sizes[dim] == 1 and not is_time(da, dim):
            dims.remove(dim)
    axes = grid_axes(da, dims, [dim for dim in dims if is_time(da, dim)])
    if axes is not None:
        return axes
    raise FieldError(
        f"field {_label(da)} has the dimensions {_sizes(da)}: expected two (y, x) or three (z, y, x), "
        "before them time, one named component for a vector and one named member for an ensemble; choose one "
        "entry of the others first"
    )


def _label(da: xr.DataArray) -> str:
    return "" if da.name is None else repr(str(da.name))


def _sizes(da: xr.DataArray) -> str:
    return "(" + ", ".join(f"{dim}: {size}" for dim, size in da.sizes.items()) + ")"


def name_in_file(dim: str, names: Mapping[str, str]) -> str | None:
    """Give the file's name of an axis; None of one that another axis of the file now has the name of."""
    return names.get(dim, None if dim in names.values() else dim)


def to_original(da: xr.DataArray) -> xr.DataArray:
    """Give a field back its file's dimensions: names, order and those of length 1.

    Without a memory of a file (a field made in Python) nothing changes. An axis that the file did not have
    and that is of length 1 is dropped.
    """
    dims = da.encoding.get("idlat_dims")
    if dims is None:
        return da
    names: dict[str, str] = da.encoding.get("idlat_names", {})
    drop = [str(dim) for dim in da.dims if name_in_file(str(dim), names) not in dims and da.sizes[dim] == 1]
    field = da.squeeze(drop, drop=True)
    # Dimensions first: they free the names that kept coordinates want back.
    for part in (set(ALL_DIMS), set(names) - set(ALL_DIMS)):
        present = {name for name in part & set(names) if name in field.dims or name in field.coords}
        field = field.rename({name: names[name] for name in present})
    if (stacked := Stack.of(field.encoding)) is not None:
        field = unstack(field, stacked.time)
    for dim in da.encoding.get("idlat_squeezed", ()):
        field = field.expand_dims(dim)
    order = [dim for dim in dims if dim in field.dims]
    field = field.transpose(*(dim for dim in field.dims if dim not in order), *order)
    field.encoding = {key: value for key, value in da.encoding.items() if key not in _MEMORY}
    return field


_MEMORY = ("idlat_dims", "idlat_names", "idlat_squeezed", MEMORY)
