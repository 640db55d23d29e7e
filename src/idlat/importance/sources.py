"""Any form of importance a user may give, made into a map on a field's grid, with a note of what it was."""

from __future__ import annotations

import hashlib
import inspect
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from idlat.errors import ImportanceError, MissingFileError
from idlat.fields import as_field, format_of, open_field
from idlat.importance.expression import parse
from idlat.importance.lazy import ImportanceMap, checked
from idlat.importance.nodes import Constant, Expression
from idlat.importance.view import Box, FieldView

__all__ = ["Importance", "ImportanceSource", "Psi", "array_map", "callable_map", "file_map", "resolve"]

Psi = Callable[[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]], NDArray[Any]], ArrayLike]
"""A user's mapping Ψ(p, F(p)) (paper Eq. 3)."""

Field = xr.DataArray | NDArray[Any]

Importance = None | str | float | os.PathLike[str] | Expression | xr.DataArray | NDArray[Any] | Psi
"""What stands for importance: nothing (1 everywhere), an expression, a file, an array, a callable."""


@dataclass(frozen=True)
class ImportanceSource:
    """Where a map came from, for the record.

    Attributes
    ----------
    kind : {"expression", "file", "callable", "array"}
        Only an expression can be evaluated again from what is recorded.
    text : str
        The canonical expression, or the name of the file, callable or array.
    sha256 : str or None
        Of the file's bytes, of the callable's source, of the array's float32 values in C order; None for an
        expression.
    """

    kind: str
    text: str
    sha256: str | None = None


def resolve(importance: Importance, field: Field) -> tuple[ImportanceMap, ImportanceSource]:
    """Make importance in any form into a map on a field's grid.

    Parameters
    ----------
    importance : None, str, float, path, Expression, DataArray, array or callable
        None is 1 everywhere. A string that names an existing path is a file, any other an expression. Arrays
        and files have the field's shape, or its shape without time.
    field : DataArray or array (z, y, x) or (time, z, y, x)

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
    if importance is None:
        importance = Constant(1.0)
    if isinstance(importance, int | float):
        importance = Constant(float(importance))
    if isinstance(importance, str) and not os.path.exists(importance):
        importance = _parse_or_file(importance)
    if isinstance(importance, Expression):
        return importance.on(field), ImportanceSource("expression", str(importance))
    if isinstance(importance, str | os.PathLike):
        made = file_map(importance, field)
        return made, ImportanceSource("file", Path(importance).name, _hash_file(Path(importance)))
    if isinstance(importance, xr.DataArray) or hasattr(importance, "__array__"):
        name = str(getattr(importance, "name", None) or "array")
        made, digest = _array_map(importance, field, f"importance map {name!r}")
        return made, ImportanceSource("array", name, digest)
    if callable(importance):
        made = callable_map(importance, field)
        made.check()
        return made, ImportanceSource("callable", _name_of(importance), _hash_callable(importance))
    raise ImportanceError(
        f"importance is a {type(importance).__name__}, expected an expression, a file, an array or a callable"
    )


def array_map(
    array: xr.DataArray | NDArray[Any], field: Field, name: str = "importance map"
) -> ImportanceMap:
    """Check that an array is a map on a field's grid, and wrap it.

    Raises
    ------
    ImportanceError
        If it has another shape, NaN, or values outside [0, 1].
    """
    return _array_map(array, field, name)[0]


def file_map(path: str | os.PathLike[str], field: Field) -> ImportanceMap:
    """Open a map on a field's grid from a file; see :func:`idlat.importance.from_file`."""
    field = as_field(field)
    if format_of(path) == "raw":
        size = os.stat(path).st_size if os.path.exists(path) else 0
        shape = field.shape if size == 4 * field.size else field.shape[-3:]
        opened = open_field(path, shape=shape, dtype="float32")
    else:
        opened = open_field(path)
    return array_map(opened, field, f"importance map {Path(path).name!r}")


def callable_map(psi: Psi, field: Field) -> ImportanceMap:
    """Wrap a user's mapping as a map on a field's grid; see :func:`idlat.importance.from_callable`."""
    view = FieldView.of(field)
    name = f"importance function {_name_of(psi)!r}"

    def evaluate(step: int, box: Box) -> NDArray[np.float32]:
        values = view.read(step, box)
        points = np.broadcast_arrays(*np.ix_(*(np.arange(start, stop) for start, stop in box)))
        z, y, x = points
        try:
            result = np.asarray(psi((z, y, x), values))
        except Exception as error:
            raise ImportanceError(f"{name} failed: {type(error).__name__}: {error}") from error
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


def _array_map(array: Any, field: Field, name: str) -> tuple[ImportanceMap, str]:
    """Wrap an array once its shape and values are checked, and hash it on the way."""
    view = FieldView.of(field)
    shape = tuple(array.shape)
    spatial = shape[-3:] if len(shape) == 4 and shape[0] == 1 and view.steps == 1 else shape
    if spatial != view.shape and (shape != view.field.shape or len(shape) != 4):
        raise ImportanceError(
            f"{name} has shape {shape}, expected that of the field, {view.field.shape}"
            + (f", or {view.shape} for all steps" if view.field.ndim == 4 else "")
        )
    if np.dtype(array.dtype).kind not in "biuf":
        raise ImportanceError(f"{name} has dtype {array.dtype}, expected numbers from 0 to 1")
    source = FieldView.of(array.astype(np.uint8) if array.dtype == bool else array)

    def evaluate(step: int, box: Box) -> NDArray[np.float32]:
        return checked(source.read(step if source.steps > 1 else 0, box), name)

    digest = hashlib.sha256()
    (_, depth), y, x = view.everything
    for step in range(source.steps):
        thick = max(1, (1 << 22) // (view.shape[1] * view.shape[2]))
        for start in range(0, depth, thick):
            part = evaluate(step, ((start, min(start + thick, depth)), y, x))
            digest.update(np.ascontiguousarray(part, "<f4").data)
    return ImportanceMap(view, evaluate, name, keep=False), digest.hexdigest()


def _hash_file(path: Path) -> str:
    """SHA-256 of a file; of a folder, as Zarr stores are, that of its files' names and hashes."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        names = [f"{file.relative_to(path).as_posix()} {_hash_file(file)}\n" for file in files]
        return hashlib.sha256("".join(names).encode()).hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
    return hashlib.sha256(text.encode()).hexdigest()
