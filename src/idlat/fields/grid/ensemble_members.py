"""The members of an ensemble as steps: a field of members and times has one axis of both, time by time.

Everything downstream knows a leading axis of steps, each coded on its own, with an importance map of its own
and an index of its own (``--time T``); members are such steps. An ensemble without time has one step a
member. One of T times and M members has T · M steps, all members of the first time first, so that further
times can be appended. ``encoding["idlat_stacked"]`` remembers the way back.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from idlat.errors import FieldError

MEMORY = "idlat_stacked"
_NAMES = frozenset(
    "member members ensemble ens ensemble_member member_id realization realisation number".split()
)


@dataclass(frozen=True)
class Stack:
    """How times and members became one axis.

    Attributes
    ----------
    time, member
        The file's names of the two.
    members
        How many there are at each time.
    coords
        For each coordinate along the axis, which of the two its own are.
    """

    time: str
    member: str
    members: int
    coords: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, encoding: Mapping[Hashable, Any]) -> Stack | None:
        """Read what a field's ``encoding`` remembers; None where nothing was stacked."""
        known = encoding.get(MEMORY)
        return None if known is None else cls(**known)

    def to_json(self) -> dict[str, Any]:
        """Give what ``encoding`` remembers."""
        coords = {name: list(dims) for name, dims in self.coords.items()}
        return {"time": self.time, "member": self.member, "members": self.members, "coords": coords}


def check_members(first: xr.DataArray, other: xr.DataArray, where: str) -> None:
    """Refuse steps of another number of members than those that they are to follow.

    Raises
    ------
    FieldError
        If the two disagree.
    """
    counts = [known.members if (known := Stack.of(field.encoding)) else 1 for field in (first, other)]
    if counts[0] != counts[1]:
        raise FieldError(
            f"{where}: has {counts[1]} members at each time, the steps before have {counts[0]}: they "
            "must agree"
        )


def is_member(da: xr.DataArray | xr.Dataset, dim: Hashable) -> bool:
    """Tell whether a dimension counts the members of an ensemble, by its name or by its coordinate.

    Examples
    --------
    >>> is_member(xr.DataArray(np.zeros((2, 3)), dims=("member", "x")), "member")
    True
    """
    if str(dim).lower() in _NAMES:
        return True
    attrs = da.coords[dim].attrs if dim in da.coords else {}
    return attrs.get("standard_name") == "realization" or attrs.get("axis") == "E"


def member_axis(da: xr.DataArray) -> Hashable | None:
    """Find the dimension of an ensemble's members; None where there is none, or one member.

    Raises
    ------
    FieldError
        If there are several.
    """
    found = [dim for dim in da.dims if is_member(da, dim) and da.sizes[dim] > 1]
    if len(found) > 1:
        raise FieldError(
            f"field {str(da.name)!r} has several dimensions of members, {', '.join(map(str, found))}: choose "
            "one entry of the others first"
        )
    return found[0] if found else None


def stack(da: xr.DataArray, time: Hashable, member: Hashable) -> xr.DataArray:
    """Make one axis of times and members, lazily; it has the name of that of time.

    Examples
    --------
    >>> runs = xr.DataArray(np.arange(4).reshape(2, 2), {"member": [7, 8]}, ("member", "time"))
    >>> stack(runs, "time", "member").values.tolist()
    [0, 2, 1, 3]
    >>> unstack(stack(runs, "time", "member"), "time").identical(runs.transpose())
    True
    """
    both = (str(time), str(member))
    own = {
        str(name): [str(dim) for dim in coordinate.dims if str(dim) in both]
        for name, coordinate in da.coords.items()
    }
    memory = Stack(*both, da.sizes[member], {name: dims for name, dims in own.items() if dims})
    lazy = da if da.chunks else da.chunk({time: 1, member: 1})
    flat = lazy.stack({_FLAT: (time, member)}, create_index=False).transpose(_FLAT, ...)
    named = flat.swap_dims({_FLAT: time}) if time in flat.coords else flat.rename({_FLAT: time})
    named.encoding = {**da.encoding, MEMORY: memory.to_json()}
    return named


_FLAT = "idlat_steps"


def unstack(da: xr.DataArray, dim: str) -> xr.DataArray:
    """Part times and members again, where all members of each time are there."""
    stack = Stack.of(da.encoding)
    if stack is None or dim not in da.dims or da.sizes[dim] % stack.members:
        return da
    sizes = {stack.time: da.sizes[dim] // stack.members, stack.member: stack.members}
    plain = da.reset_index(dim) if dim in da.indexes else da
    parted = {name: _part(coordinate, dim, sizes) for name, coordinate in plain.coords.variables.items()}
    coords = {
        name: variable.isel({d: 0 for d in sizes if d in variable.dims and d not in stack.coords[str(name)]})
        if str(name) in stack.coords
        else variable
        for name, variable in parted.items()
    }
    values = _part(plain.variable, dim, sizes)
    result = xr.DataArray(
        values, {name: v for name, v in coords.items() if name not in values.dims}, name=da.name
    )
    result = result.assign_coords({name: v for name, v in coords.items() if name in values.dims})
    result.encoding = dict(da.encoding)
    return result


def _part(variable: xr.Variable, dim: str, sizes: Mapping[str, int]) -> xr.Variable:
    """Reshape one dimension of a variable into two."""
    if dim not in variable.dims:
        return variable
    axis = variable.dims.index(dim)
    shape = (*variable.shape[:axis], *sizes.values(), *variable.shape[axis + 1 :])
    dims = (*variable.dims[:axis], *sizes, *variable.dims[axis + 1 :])
    return xr.Variable(dims, np.reshape(variable.data, shape), variable.attrs, variable.encoding)
