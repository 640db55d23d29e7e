"""A field as importance sees it: steps of three axes, read block by block, NaN where a value is missing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.fields import as_field, fill_values_of, nan_where_missing
from idlat.fields.arrays.read_part import read_part
from idlat.parallel import ThreadPool, Workers, reduce_tasks
from idlat.tiling import Box, box_slices

__all__ = ["WHOLE_STEP", "FieldView", "Variables", "variables_of"]

WHOLE_STEP = 1 << 25
"""Voxels up to which a step is evaluated at once; larger ones in blocks."""

_BLOCK = 128  # voxels of a block along an axis

Result = TypeVar("Result")

Variables = Mapping[str, xr.DataArray]
"""Fields that an expression may name, by name."""


@dataclass(frozen=True)
class FieldView:
    """Reads a field block by block.

    Attributes
    ----------
    field
        DataArray (z, y, x) or (time, z, y, x).
    fills
        Values that stand for a missing one.
    named
        What an expression may name: the field itself, its components, and the variables beside it.
    resample
        Whether maps and variables on another grid are interpolated to the field's.
    several
        Whether several variables were given, none of them the main one.
    workers
        Threads, or an executor, that :meth:`reduce` uses.
    cut
        Whether even a small step is evaluated in blocks: on a cluster each worker would evaluate all of it.

    Examples
    --------
    >>> view = FieldView.of(np.array([[[1, 2, -9]]], np.int16))
    >>> view.shape, view.steps, view.whole
    ((1, 1, 3), 1, True)
    """

    field: xr.DataArray
    fills: tuple[float, ...]
    named: Variables = attribute(default_factory=dict)
    resample: bool = False
    several: bool = False
    workers: Workers = 1
    cut: bool = False

    @classmethod
    def of(
        cls,
        field: xr.DataArray | xr.Dataset | NDArray[Any],
        beside: Variables | None = None,
        *,
        resample: bool = False,
        workers: Workers = 1,
    ) -> FieldView:
        """View a field, an array, a dataset or a field of components.

        Raises
        ------
        FieldError, ImportanceError
            If it is none of them, or a dataset without a variable.
        """
        parts = variables_of(field)
        first = as_field(_numbers(field if parts is None else next(iter(parts.values()))))
        named = {str(first.name): first, **(parts or {}), **(beside or {})}
        several = parts is not None and len(parts) > 1
        return cls(first, fill_values_of(first), MappingProxyType(named), resample, several, workers)

    def __getstate__(self) -> dict[str, Any]:
        """Go to another process, where one thread evaluates."""
        return {**self.__dict__, "named": dict(self.named), "workers": 1}

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y and x."""
        z, y, x = self.field.shape[-3:]
        return z, y, x

    @property
    def steps(self) -> int:
        """Number of time steps; 1 for a field without time."""
        return int(self.field.sizes.get("time", 1))

    @property
    def whole(self) -> bool:
        """Whether a step is evaluated at once."""
        return math.prod(self.shape) <= WHOLE_STEP and not self.cut

    @property
    def everything(self) -> Box:
        """All voxels of a step."""
        z, y, x = self.shape
        return (0, z), (0, y), (0, x)

    def read(self, step: int, box: Box) -> NDArray[np.floating[Any]]:
        """Read a box of a step as float32, or float64 where the dtype needs it; NaN where missing."""
        lead = (step,) if "time" in self.field.dims else ()
        # in this thread, for dask must not hand it to a cluster: it may be a worker of one that reads
        raw = np.asarray(read_part(self.field.variable, (*lead, *box_slices(box))))
        small = raw.dtype.itemsize <= 2 or (raw.dtype.kind == "f" and raw.dtype.itemsize == 4)
        return nan_where_missing(raw, self.fills, np.float32 if small else np.float64)

    def reduce(
        self, function: Callable[[int, Box], Result], combine: Callable[[Sequence[Result]], Result]
    ) -> Result:
        """Return ``function(step, box)`` of all boxes of all steps, combined in their order.

        `combine` must give the same for any grouping, as sums of integers and extremes do. One thread of this
        process takes the boxes one by one, for they may be large; workers of a cluster have their own memory.
        """
        places = ((step, box) for step in range(self.steps) for box in self.boxes())

        def of(place: tuple[int, Box]) -> Result:
            return function(*place)

        return reduce_tasks(of, places, combine, 1 if self.alone else self.workers)

    @property
    def alone(self) -> bool:
        """Whether this process evaluates, and not others."""
        return isinstance(self.workers, int | ThreadPool)

    def boxes(self) -> Iterator[Box]:
        """Tile a step: one box where it is evaluated whole."""
        size = max(self.shape) if self.whole else _BLOCK
        axes = [[(at, min(at + size, n)) for at in range(0, n, size)] for n in self.shape]
        yield from itertools.product(*axes)


def variables_of(field: Any) -> dict[str, xr.DataArray] | None:
    """Give the variables of a dataset, or the components of a field with a ``component`` axis; else None.

    Components are named by the axis' coordinate, or ``component_0`` and so on where it has none.

    Examples
    --------
    >>> wind = xr.DataArray(np.zeros((2, 1, 1, 3)), {"component": ["u", "v"]}, ("component", "z", "y", "x"))
    >>> list(variables_of(wind)), variables_of(wind[0])
    (['u', 'v'], None)
    """
    if isinstance(field, xr.Dataset):
        if not field.data_vars:
            raise ImportanceError("the dataset has no variable, expected at least one")
        return {str(name): field[name] for name in field.data_vars}
    if not isinstance(field, xr.DataArray) or "component" not in field.dims:
        return None
    labels = field.coords["component"].values if "component" in field.coords else None
    names = [f"component_{i}" if labels is None else str(labels[i]) for i in range(field.sizes["component"])]
    return {name: field.isel(component=i, drop=True).rename(name) for i, name in enumerate(names)}


def _numbers(data: Any) -> Any:
    """Turn truth values into 0 and 1."""
    kind = getattr(getattr(data, "dtype", None), "kind", "")
    return data.astype(np.uint8) if kind == "b" else data
