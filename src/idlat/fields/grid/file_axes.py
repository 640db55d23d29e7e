"""Where the blocks of a field lie in its file: the order of axes, and those that only one of the two has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.grid.canonical_axes import name_in_file, to_original
from idlat.fields.grid.ensemble_members import Stack

Region = Mapping[str, slice]


@dataclass(frozen=True)
class FileAxes:
    """How blocks of a field lie in its file.

    Attributes
    ----------
    dims
        The field's dimensions, for instance ``("time", "z", "y", "x")``.
    shape
        The field's shape.
    order
        For each axis of the file, which axis of the field it is; None for an axis of length 1 of the file
        alone, and for that of an ensemble's members.
    member
        The axis of the file that counts members, where the field's steps are those of times and members.
    members
        How many there are at each time.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    order: tuple[int | None, ...]
    member: int | None = None
    members: int = 1

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
        back = {name_in_file(dim, names): axis for axis, dim in enumerate(dims)}
        there = [str(dim) for dim in to_original(template).dims]
        order = tuple(back.get(dim) for dim in there)
        stack = Stack.of(field.encoding)
        if stack is None or stack.member not in there:
            return cls(dims, field.shape, order)
        return cls(dims, field.shape, order, there.index(stack.member), stack.members)

    @property
    def file_shape(self) -> tuple[int, ...]:
        """The shape of the array in the file."""
        shape = [1 if axis is None else self.shape[axis] for axis in self.order]
        if self.member is not None:
            shape[self.order.index(self._steps)] //= self.members
            shape[self.member] = self.members
        return tuple(shape)

    @property
    def _steps(self) -> int:
        """The field's axis of steps."""
        return self.dims.index("time")

    def region(self, selection: Region) -> tuple[slice, ...]:
        """Turn slices by dimension into slices of the field.

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
        return tuple(field)

    def blocks(
        self, region: tuple[slice, ...], block: NDArray[Any]
    ) -> Iterator[tuple[tuple[slice, ...], NDArray[Any]]]:
        """Cut a block of the field into what lies together in the file: one, or one a member and time."""
        if self.member is None:
            yield (
                tuple(slice(0, 1) if axis is None else region[axis] for axis in self.order),
                self.to_file(block),
            )
            return
        steps = region[self._steps]
        for step in range(steps.start, steps.stop):
            time, member = divmod(step, self.members)
            where = [slice(0, 1) if axis is None else region[axis] for axis in self.order]
            where[self.order.index(self._steps)] = slice(time, time + 1)
            where[self.member] = slice(member, member + 1)
            at = step - steps.start
            yield tuple(where), self.to_file(block[(slice(None),) * self._steps + (slice(at, at + 1),)])

    def to_file(self, block: NDArray[Any]) -> NDArray[Any]:
        """Turn a block of the field into one of the file; no copy where none is needed."""
        used = [axis for axis in self.order if axis is not None]
        rest = [axis for axis in range(block.ndim) if axis not in used]
        moved = block.transpose(*rest, *used).reshape([block.shape[axis] for axis in used])
        return moved[tuple(None if axis is None else slice(None) for axis in self.order)]
