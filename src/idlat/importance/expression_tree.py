"""Importance expressions as a frozen tree: what every node can do, and constants.

A node knows its canonical text, the interval its values lie in, and the voxels around a region that it needs.
It is an importance or, like a variable in its own unit, a *quantity* that importance is made of
(:mod:`idlat.importance.quantities`). The families of importance are in :mod:`idlat.importance.families`, sums
and products in :mod:`idlat.importance.combinations`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.field_view import FieldView, Variables
from idlat.importance.importance_map import Faces, ImportanceMap, checked
from idlat.parallel import Workers
from idlat.tiling import Box, Triple, box_shape, crop, grow

__all__ = ["Block", "Constant", "Expression", "Values", "finite", "number", "only_quantities", "positive"]

Values = NDArray[np.float32] | float
"""Values of a node on a block: an array, or one number for all of it."""


@dataclass(frozen=True)
class Block:
    """A box of a step that an expression is evaluated on.

    Attributes
    ----------
    view
    step
    box
        The voxels, any halo included.
    facts
        What :meth:`Expression.prepare` found for each leaf.
    """

    view: FieldView
    step: int
    box: Box
    facts: Mapping[Expression, Any]
    memo: dict[Expression, Values] = field(default_factory=dict)

    @cached_property
    def values(self) -> NDArray[np.floating[Any]]:
        """The field there, floating, NaN where missing."""
        return self.view.read(self.step, self.box)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels of the block."""
        return box_shape(self.box)

    def of(self, node: Expression) -> Values:
        """Evaluate a node, once however often it occurs."""
        if node not in self.memo:
            self.memo[node] = node.compute(self)
        return self.memo[node]

    def quantity(self, node: Expression) -> NDArray[np.floating[Any]]:
        """Evaluate a quantity: floating, of the block's shape, NaN where it is not finite."""
        with np.errstate(all="ignore"):
            values = np.asarray(self.of(node))
        finite = np.isfinite(values)
        return values if finite.all() else np.where(finite, values, np.nan)

    def at(self, step: int) -> Block:
        """Give the same box at another step."""
        return Block(self.view, step, self.box, self.facts)


class Expression(ABC):
    """An importance expression; immutable, comparable, and written by ``str`` in its canonical form.

    Attributes
    ----------
    same_in_parts
        Whether a part with its halo is evaluated to the very bits of the whole. Then workers of a cluster
        evaluate, of a small step too, the parts that they need alone.
    """

    same_in_parts: ClassVar[bool] = False

    @abstractmethod
    def compute(self, block: Block) -> Values:
        """Evaluate on a block."""

    @property
    @abstractmethod
    def bounds(self) -> tuple[float, float]:
        """Interval that holds every value."""

    @property
    def children(self) -> tuple[Expression, ...]:
        """The nodes that this one combines."""
        return ()

    @property
    def is_quantity(self) -> bool:
        """Whether it has the unit of a variable, rather than being an importance."""
        return False

    @property
    def halo(self) -> int:
        """Voxels around a region that its evaluation needs."""
        return max((child.halo for child in self.children), default=0)

    def faces(self, shape: Triple) -> Faces:
        """Planes along z, y and x, by the voxel after them, at which values may jump all over a region."""
        every = [child.faces(shape) for child in self.children]
        z, y, x = (frozenset[int]().union(*(faces[axis] for faces in every)) for axis in range(3))
        return z, y, x

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> Any:
        """Learn what it needs to know of the whole field; raise where it cannot be evaluated on it.

        What its children have learnt stands in `facts`.
        """
        return None

    def walk(self) -> Iterator[Expression]:
        """Yield this node and all nodes below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def on(
        self,
        field: xr.DataArray | xr.Dataset | NDArray[Any],
        beside: Variables | None = None,
        *,
        resample: bool = False,
        workers: Workers = 1,
    ) -> ImportanceMap:
        """Make the map of a field, to be evaluated when asked.

        Parameters
        ----------
        field
            DataArray, Dataset or array (z, y, x) or (time, z, y, x).
            What ``value`` stands for. A Dataset, or a DataArray with an axis ``component``, has several
            variables, to be named.
        beside
            Further variables that the expression names, on the field's grid.
        resample
            Interpolate variables and map files on another grid.
        workers
            Threads, or an executor, that gather what the expression must know of the whole field.

        Raises
        ------
        ImportanceError
            If it cannot be evaluated on that field: an absent isosurface or variable, a box outside, values
            that leave [0, 1].
        """
        view = FieldView.of(field, beside, resample=resample, workers=workers)
        name = f"importance expression {str(self)!r}"
        if self.is_quantity:
            raise ImportanceError(f"{name} is a quantity, expected an importance such as {self} > 9.9")
        low, high = self.bounds
        if low > 1.0 + 1e-6 or high < -1e-6:
            raise ImportanceError(
                f"{name} has values from {low:.6g} to {high:.6g}, expected 0 to 1; scale it"
            )
        if not (view.alone or resample) and all(node.same_in_parts for node in self.walk()):
            view = replace(view, cut=True)
        facts: dict[Expression, Any] = {}
        _prepare(self, view, facts)
        halo = 0 if view.whole else self.halo

        def evaluate(step: int, box: Box) -> NDArray[np.float32]:
            outer = grow(box, halo, view.shape)
            block = Block(view, step, outer, facts)
            with np.errstate(over="ignore", invalid="ignore"):
                values = np.broadcast_to(np.asarray(block.of(self), np.float32), block.shape)
            return checked(values[crop(box, outer)], name)

        importance = ImportanceMap(
            view, evaluate, str(self), keep=not isinstance(self, Constant), faces=self.faces(view.shape)
        )
        if not (low >= 0.0 and high <= 1.0):
            importance.check()
        return importance

    def evaluate(
        self,
        field: xr.DataArray | xr.Dataset | NDArray[Any],
        beside: Variables | None = None,
        *,
        resample: bool = False,
    ) -> xr.DataArray:
        """Evaluate on a field; the parameters are those of :meth:`on`.

        Returns
        -------
        DataArray, the field's dims and coordinates
            float32 in [0, 1]; lazy where the field is backed by Dask.

        Raises
        ------
        ImportanceError
            As :meth:`on`.
        """
        return self.on(field, beside, resample=resample).to_dataarray()


def _prepare(node: Expression, view: FieldView, facts: dict[Expression, Any]) -> None:
    """Collect the facts of all nodes, children first."""
    for child in node.children:
        _prepare(child, view, facts)
    if node not in facts:
        facts[node] = node.prepare(view, facts)


def only_quantities(function: str, *nodes: Expression) -> None:
    """Raise where an argument of a function is no quantity."""
    for node in nodes:
        if not node.is_quantity:
            raise ImportanceError(f"{function} takes value, a variable or a quantity of them, got {node}")


def number(value: float) -> str:
    """Write a number so that it reads back the same: ``8.0`` as it is."""
    return repr(float(value))


def finite(name: str, value: Any) -> float:
    """Check that a parameter is a finite number."""
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ImportanceError(f"{name} is {value!r}, expected a number") from None
    if not math.isfinite(result):
        raise ImportanceError(f"{name} is {result}, expected a finite number")
    return result + 0.0  # never −0


def positive(name: str, value: Any) -> float:
    """Check that a parameter is finite and above 0."""
    result = finite(name, value)
    if result <= 0.0:
        raise ImportanceError(f"{name} is {result:g}, expected more than 0")
    return result


@dataclass(frozen=True)
class Constant(Expression):
    """The same importance everywhere; ``1`` where no map is given."""

    same_in_parts = True

    value: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", finite("a constant importance", self.value))

    def __str__(self) -> str:
        value = self.value
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else number(value)

    @property
    def bounds(self) -> tuple[float, float]:
        """The value itself."""
        return self.value, self.value

    def compute(self, block: Block) -> Values:
        """Give the value."""
        return self.value
