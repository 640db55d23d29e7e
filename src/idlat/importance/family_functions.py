"""Importance in Python: a field in, a map on its grid out (paper Sect. 5.1.1).

Every family is a function under its own name: ``idlat.importance.isosurface(field, 8.0, decay=0.2)``. It
gives float32 in [0, 1] with the field's dims and coordinates, lazy where the field is backed by Dask,
evaluated a step at a time, and never NaN. Maps combine as arrays do.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.fields import as_field
from idlat.importance.arguments import Argument
from idlat.importance.arguments.level_kinds import TargetsKind
from idlat.importance.arguments.quantity_kinds import ImportanceKind, QuantitiesKind, QuantityKind
from idlat.importance.expression_tree import Constant, Expression
from idlat.importance.families import Threshold
from idlat.importance.family_registry import ImportanceFamily
from idlat.importance.field_view import FieldView, Variables
from idlat.importance.parse_expression import parse, parse_quantity
from idlat.importance.quantities import VALUE, Variable
from idlat.importance.resolve_importance import Psi, callable_map

__all__ = ["FamilyFunction", "Field", "constant", "from_callable", "threshold"]

Field = xr.DataArray | xr.Dataset | NDArray[Any]
"""A field (z, y, x) or (time, z, y, x), or several variables."""


class FamilyFunction:
    """A family of importance as a function of a field.

    Arguments follow the field in the order of the family's attributes, or are given by name. A quantity is a
    text such as ``"T - 273"``, an expression, or another field on the same grid; fields that are compared
    with one another come one after the other.

    Parameters
    ----------
    family

    Examples
    --------
    >>> from idlat.importance import conditional_entropy
    >>> x = np.arange(27.0).reshape(3, 3, 3)
    >>> [float(conditional_entropy(x, y).max()) for y in (x, 0 * x)]
    [0.0, 1.0]
    """

    def __init__(self, family: ImportanceFamily) -> None:
        self.family = family
        self.__name__ = self.__qualname__ = family.name
        self.__doc__ = family.node.__doc__
        kind, empty = inspect.Parameter, inspect.Parameter.empty
        own = [
            kind(a.name, kind.POSITIONAL_OR_KEYWORD, default=empty if a.required else a.default)
            for a in family.arguments
        ]
        own.sort(key=lambda parameter: parameter.default is not empty)
        extra = [
            kind("beside", kind.KEYWORD_ONLY, default=None),
            kind("resample", kind.KEYWORD_ONLY, default=False),
        ]
        self.__signature__ = inspect.Signature([kind("field", kind.POSITIONAL_ONLY), *own, *extra])

    def __repr__(self) -> str:
        return f"<importance {self.family.name}>"

    def __call__(
        self,
        field: Field,
        /,
        *values: Any,
        beside: Variables | None = None,
        resample: bool = False,
        **named: Any,
    ) -> xr.DataArray:
        """Evaluate on a field.

        Parameters
        ----------
        field
            DataArray or array (z, y, x) or (time, z, y, x), or Dataset.
        *values, **named
            The family's arguments.
        beside
            Further variables that a quantity may name, on the field's grid.
        resample
            Interpolate variables and map files on another grid.

        Returns
        -------
        DataArray of float32
            In [0, 1], on the field's grid.

        Raises
        ------
        ImportanceError
            If an argument cannot be, or the field has no such importance.
        TypeError
            If an argument is missing, given twice or unknown.
        """
        given = self._bind(values, named)
        others: dict[str, xr.DataArray] = {}
        for argument in self.family.arguments:
            if argument.name in given:
                given[argument.name] = _expressions(argument, given[argument.name], others)
        node = self.family.node(**given)
        return node.evaluate(field, {**(beside or {}), **others}, resample=resample)

    def _bind(self, values: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        """Give values their names; one argument that takes several takes all."""
        arguments = self.family.arguments
        if arguments and arguments[0].kind.variadic and values:
            one = len(values) == 1 and isinstance(values[0], Mapping | list | tuple)
            values = (values[0] if one else values,)
        if len(values) > len(arguments):
            raise TypeError(f"{self.family.name}() takes {len(arguments)} arguments, got {len(values)}")
        given = dict(zip((argument.name for argument in arguments), values, strict=False))
        for name, value in named.items():
            if name in given or name not in {argument.name for argument in arguments}:
                raise TypeError(f"{self.family.name}() got an unexpected argument {name!r}, or got it twice")
            given[name] = value
        missing = [a.name for a in arguments if a.required and a.name not in given]
        if missing:
            raise TypeError(f"{self.family.name}() needs {', '.join(missing)}")
        return given


def _expressions(argument: Argument, value: Any, others: dict[str, xr.DataArray]) -> Any:
    """Turn texts and fields among the quantities of an argument into expressions; note the fields."""
    kind = argument.kind
    if isinstance(kind, QuantitiesKind):
        parts = tuple(value)
        fields = any(_is_field(part) for part in parts)
        found = tuple(_quantity(part, others) for part in parts)
        return (VALUE, *found) if fields else found
    if isinstance(kind, TargetsKind) and isinstance(value, Mapping):
        return {_quantity(source, others): level for source, level in value.items()}
    if isinstance(kind, QuantityKind):
        return _quantity(value, others)
    if isinstance(kind, ImportanceKind):
        if _is_field(value):
            return Threshold(">=", 0.5, _quantity(value, others))
        return parse(value) if isinstance(value, str) else value
    return value


def _is_field(value: Any) -> bool:
    return isinstance(value, xr.DataArray | np.ndarray)


def _quantity(value: Any, others: dict[str, xr.DataArray]) -> Expression:
    if isinstance(value, Expression):
        return value
    if isinstance(value, str):
        return parse_quantity(value)
    if _is_field(value):
        name = f"field {len(others) + 2}"
        others[name] = as_field(value.astype(np.uint8) if value.dtype == bool else value)
        return Variable(name)
    raise ImportanceError(f"a quantity is a text, an expression or a field, got a {type(value).__name__}")


def threshold(field: Field, op: str, value: float | str) -> xr.DataArray:
    """Give 1 where the field compares so with a value, else 0 (value; paper Eq. 16); 0 where missing.

    Parameters
    ----------
    field
        DataArray or array (z, y, x) or (time, z, y, x).
    op
        One of ">", ">=", "<", "<=".
    value
        In units of the field, or a percentile such as ``"95%"``.

    Raises
    ------
    ImportanceError
        If `op` is another one or `value` not finite.

    Examples
    --------
    >>> threshold(np.array([[[1.0, 2.0, np.nan]]]), ">", 1.5).values.tolist()
    [[[0.0, 1.0, 0.0]]]
    """
    return Threshold(op, value).evaluate(field)  # type: ignore[arg-type]


def constant(field: Field, value: float = 1.0) -> xr.DataArray:
    """Give the same importance everywhere.

    Raises
    ------
    ImportanceError
        If the value is outside [0, 1].

    Examples
    --------
    >>> constant(np.zeros((1, 1, 2)), 0.5).values.tolist()
    [[[0.5, 0.5]]]
    """
    return Constant(value).evaluate(field)


def from_callable(field: Field, psi: Psi) -> xr.DataArray:
    """Evaluate a scientist's own mapping, I = Ψ(p, F(p)) (paper Eq. 3).

    Parameters
    ----------
    field
        DataArray or array (z, y, x) or (time, z, y, x).
    psi
        Callable (p, F) → array.
        Called with the voxel indices ``p = (z, y, x)``, three integer arrays, and the values there, NaN where
        missing; all of one shape (z, y, x). It gets a whole step at once where that is small enough
        (``WHOLE_STEP`` voxels), else blocks, so it should look at each voxel by itself.

    Raises
    ------
    ImportanceError
        If it fails, or gives another shape, NaN at a valid voxel, or values outside [0, 1].

    Examples
    --------
    >>> from_callable(np.ones((1, 1, 3)), lambda p, F: F * p[2] / 4).values.tolist()
    [[[0.0, 0.25, 0.5]]]
    """
    return callable_map(psi, FieldView.of(field)).to_dataarray()
