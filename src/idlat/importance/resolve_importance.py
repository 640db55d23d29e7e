"""Any form of importance a user may give, made into a map on a field's grid, with a note of what it was."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Union

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from idlat.errors import ImportanceError, MissingFileError
from idlat.importance.array_maps import array_map, file_map, hash_file, hash_text
from idlat.importance.expression_tree import Constant, Expression
from idlat.importance.families import FileMap
from idlat.importance.field_view import FieldView, Variables
from idlat.importance.importance_map import ImportanceMap, checked
from idlat.importance.importance_source import ImportanceSource
from idlat.importance.parse_expression import parse
from idlat.importance.quantities import Variable, quoted
from idlat.parallel import Workers
from idlat.tiling import Box

__all__ = [
    "Importance",
    "ImportanceRequest",
    "Psi",
    "callable_map",
    "names_in",
    "resolve",
]

Psi = Callable[[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]], NDArray[Any]], ArrayLike]
"""A user's mapping Ψ(p, F(p)) (paper Eq. 3)."""

Field = xr.DataArray | NDArray[Any]

Importance = Union[
    None, str, float, os.PathLike[str], Expression, xr.DataArray, NDArray[Any], Psi, "ImportanceRequest"
]
"""What may be given as importance: nothing (1 everywhere), an expression, a file, an array, a callable; or
one of these with what it needs besides the field."""


@dataclass(frozen=True, eq=False)
class ImportanceRequest:
    """Importance with what it needs besides the field.

    Attributes
    ----------
    importance
        In any form.
    beside
        Further variables that an expression names, by the names that it gives them.
    resample
        Interpolate maps and variables on another grid.

    Examples
    --------
    >>> oxygen = xr.DataArray(np.array([[[0.0, 0.3]]]), dims=("z", "y", "x"))
    >>> wanted = ImportanceRequest("O2 > 0.1", {"O2": oxygen})
    >>> resolve(wanted, np.zeros((1, 1, 2)))[0].to_dataarray().values.tolist()
    [[[0.0, 1.0]]]
    """

    importance: Importance = None
    beside: Variables = field(default_factory=dict)
    resample: bool = False

    @classmethod
    def of(cls, importance: Importance) -> ImportanceRequest:
        """Wrap importance in any form."""
        return importance if isinstance(importance, ImportanceRequest) else cls(importance)

    def again(self, source: ImportanceSource) -> ImportanceRequest:
        """Ask for what was recorded, with the variables of this request.

        A record comes with an archive, perhaps from elsewhere: so it may not name files to read. Variables
        are interpolated where they were.

        Raises
        ------
        ImportanceError
            If it is no expression, or one that reads files.
        """
        expression = parse(source.text) if source.kind == "expression" else None
        if expression is None or any(isinstance(node, FileMap) for node in expression.walk()):
            raise ImportanceError(
                f"importance {source.text!a} cannot be computed again: give the map with --importance"
            )
        return replace(self, importance=expression, resample=True)


def resolve(
    importance: Importance,
    field: Field | xr.Dataset,
    beside: Variables | None = None,
    workers: Workers = 1,
) -> tuple[ImportanceMap, ImportanceSource]:
    """Make importance in any form into a map on a field's grid.

    Parameters
    ----------
    importance
        None, str, float, path, Expression, DataArray, array, callable or ImportanceRequest.
        None is 1 everywhere. A string that names an existing path is a file, any other an expression. Arrays
        and files have the field's shape, or its shape without time.
    field
        DataArray or array (z, y, x) or (time, z, y, x), or Dataset.
    beside
        Further variables that an expression may name, added to those of a request.
    workers
        Threads, or an executor, that gather what the map must know of the whole field.

    Returns
    -------
    (ImportanceMap, ImportanceSource)
        The map is evaluated when asked. Arrays, files and callables are checked here, a block at a time.

    Raises
    ------
    ImportanceError
        If the expression is malformed or does not fit the field, or the map has another shape, NaN, or values
        outside [0, 1].
    MissingFileError, FieldError
        If a file cannot be opened.

    Examples
    --------
    >>> importance, source = resolve("value>2", np.arange(4.0).reshape(1, 1, 4))
    >>> source
    ImportanceSource(kind='expression', text='value > 2.0', sha256=None)
    >>> importance.to_dataarray().values.tolist()
    [[[0.0, 0.0, 0.0, 1.0]]]
    """
    request = ImportanceRequest.of(importance)
    wanted = request.importance
    view = FieldView.of(
        field, {**(beside or {}), **request.beside}, resample=request.resample, workers=workers
    )
    if wanted is None or isinstance(wanted, int | float):
        wanted = Constant(1.0 if wanted is None else float(wanted))
    if isinstance(wanted, str) and not os.path.exists(os.path.expanduser(wanted)):
        wanted = _parse_or_file(wanted)
    if isinstance(wanted, Expression):
        made = wanted.on(field, view.named, resample=request.resample, workers=workers)
        return made, _source_of(wanted)
    if isinstance(wanted, str | os.PathLike):
        return file_map(wanted, view), ImportanceSource("file", Path(wanted).name, hash_file(wanted))
    if isinstance(wanted, xr.DataArray) or hasattr(wanted, "__array__"):
        name = str(getattr(wanted, "name", None) or "array")
        array = wanted if isinstance(wanted, xr.DataArray) else np.asarray(wanted)
        made, digest = array_map(array, view, f"importance map {name!r}")
        return made, ImportanceSource("array", name, digest)
    if callable(wanted):
        made = callable_map(wanted, view)
        made.check()
        return made, ImportanceSource("callable", _name_of(wanted), _hash_callable(wanted))
    raise ImportanceError(
        f"importance is a {type(wanted).__name__}, expected an expression, a file, an array or a callable"
    )


def names_in(importance: Importance) -> list[str]:
    """Names of the variables, besides ``value``, that importance given as text is made of.

    Raises
    ------
    ImportanceError, MissingFileError
        As :func:`resolve`.

    Examples
    --------
    >>> names_in("(T > 300)*rarity(value, P)"), names_in(None)
    (['P', 'T'], [])
    """
    if not isinstance(importance, str) or os.path.exists(os.path.expanduser(importance)):
        return []
    nodes = _parse_or_file(importance).walk()
    return sorted({node.name for node in nodes if isinstance(node, Variable)})


def _source_of(expression: Expression) -> ImportanceSource:
    """Note an expression; where it reads files, by their names and the hash of their hashes."""
    files = sorted({node.path for node in expression.walk() if isinstance(node, FileMap)})
    if not files:
        return ImportanceSource("expression", str(expression))
    text = str(expression)
    for path in files:
        text = text.replace(quoted(path), quoted(Path(path).name))
    return ImportanceSource("file", text, hash_text(" ".join(map(hash_file, files))))


def callable_map(psi: Psi, view: FieldView) -> ImportanceMap:
    """Wrap a user's mapping as a map on a field's grid; see :func:`idlat.importance.from_callable`."""
    name = f"importance function {_name_of(psi)!r}"

    def evaluate(step: int, box: Box) -> NDArray[np.float32]:
        values = view.read(step, box)
        points = np.broadcast_arrays(*np.ix_(*(np.arange(start, stop) for start, stop in box)))
        z, y, x = points
        try:
            result = np.asarray(psi((z, y, x), values))
        except Exception as error:
            called = "; it is called as psi((z, y, x), values)" if isinstance(error, TypeError) else ""
            raise ImportanceError(f"{name} failed: {type(error).__name__}: {error}{called}") from error
        if result.shape not in (values.shape, ()) or result.dtype.kind not in "biuf":
            raise ImportanceError(
                f"{name} gave {result.dtype} of shape {result.shape}, expected numbers of shape "
                f"{values.shape}"
            )
        return checked(np.broadcast_to(result, values.shape), name, np.isfinite(values))

    return ImportanceMap(view, evaluate, _name_of(psi))


def _parse_or_file(text: str) -> Expression:
    """Parse an expression; say so where it rather looks like a file that is not there."""
    try:
        return parse(text)
    except ImportanceError as error:
        if len(text) < 500 and re.fullmatch(r"[^()*<>=]+\.[A-Za-z][A-Za-z0-9]*", text):
            raise MissingFileError(f"importance {text!a}: there is no such file, and {error}") from None
        raise


def _name_of(psi: Callable[..., Any]) -> str:
    """Name of a callable."""
    return str(getattr(psi, "__qualname__", None) or type(psi).__qualname__)


def _hash_callable(psi: Callable[..., Any]) -> str:
    """SHA-256 of a callable's source (else bytecode) and of the plain values that it closes over."""
    made = psi if inspect.isroutine(psi) else type(psi)
    code = getattr(psi, "__code__", None)
    try:
        text = inspect.getsource(made)
    except (OSError, TypeError):
        text = f"{code.co_code!r} {code.co_names!r}" if code is not None else _name_of(psi)
    cells = [cell.cell_contents for cell in getattr(psi, "__closure__", None) or ()]
    known = [*cells, *(getattr(psi, "__defaults__", None) or ())]
    text += repr([value for value in known if isinstance(value, int | float | str)])
    return hash_text(text)
