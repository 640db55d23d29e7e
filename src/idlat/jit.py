"""Python functions that numba compiles to machine code: where it is there, and when they are first needed.

Modules of kernels load numba. Whoever calls them asks :func:`compiles` first, imports them inside a function,
and has a form in NumPy for where it says no.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError
from types import FunctionType
from typing import Any, TypeVar

from idlat.errors import Remark

__all__ = ["compiles", "kernel", "kernels_of"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiles() -> bool:
    """Whether kernels are used: numba is installed, and ``IDLAT_PURE_PYTHON`` is not set.

    Examples
    --------
    >>> isinstance(compiles(), bool)
    True
    """
    return not os.environ.get("IDLAT_PURE_PYTHON") and _installed()


@lru_cache(maxsize=1)
def _installed() -> bool:
    return find_spec("numba") is not None


def kernel(function: _Function) -> _Function:
    """Compile a function when it is first called; without the GIL, floats as IEEE 754 says.

    Machine code is kept beside the module, or where that folder cannot be written in the user's cache folder
    (``NUMBA_CACHE_DIR`` names another), until a source file of the module's package changes. There are no
    checks of indices: callers see to them.
    """
    numba: Any = import_module("numba")  # its types say other things of a function than its own
    _remark_on_compiling()
    compiled = numba.njit(nogil=True, error_model="numpy")(function)
    with suppress(RuntimeError):  # where neither folder can be written
        compiled._cache = _package_cache()(function)
    result: _Function = compiled
    return result


def kernels_of(functions: Sequence[_Function]) -> _Function:
    """Compile functions of one module that call each other, those that are called first; return the last.

    The module keeps them as they are, so that one text serves both.
    """
    names = dict(functions[0].__globals__)
    for function in functions:
        names[function.__name__] = kernel(FunctionType(function.__code__, names, function.__name__))
    result: _Function = names[functions[-1].__name__]
    return result


@lru_cache(maxsize=1)
def _package_cache() -> Any:
    """Return numba's cache, which looks for changes in the function's own file, made to look in all."""
    base: Any = import_module("numba.core.caching").FunctionCache

    class PackageCache(base):  # type: ignore[misc]
        def _index_key(self, *what: Any) -> tuple[Any, ...]:
            return (*super()._index_key(*what), _sources_of(self._py_func.__module__))

        def load_overload(self, *what: Any) -> Any:
            """Return machine code that is kept, None where there is none; forget what cannot be read."""
            try:
                return super().load_overload(*what)
            except (AttributeError, EOFError, ImportError, UnpicklingError):
                self.flush()  # damaged, or of a version whose classes had other names
                return None

    return PackageCache


@lru_cache(maxsize=8)
def _sources_of(module: str) -> str:
    """Hash of all files of the part of idlat that a module belongs to."""
    part = Path(__file__).parent / module.split(".")[1]
    return sha256(b"".join(sha256(f.read_bytes()).digest() for f in sorted(part.rglob("*.py")))).hexdigest()


@lru_cache(maxsize=1)
def _remark_on_compiling() -> None:
    """Make a remark when the first of our kernels is compiled rather than found."""
    event: Any = import_module("numba.core.event")

    class Compiling(event.Listener):  # type: ignore[misc]
        said = False

        def on_start(self, happening: Any) -> None:
            if not self.said and happening.data["dispatcher"].py_func.__module__.startswith("idlat."):
                self.said = True
                text = "compiling what fields of this kind and setting need, once: it takes up to two minutes"
                with suppress(Remark):  # where warnings are errors, this one must not stop the compiler
                    warnings.warn(text, Remark, stacklevel=2)

        def on_end(self, happening: Any) -> None:
            """Nothing is said."""

    event.register("numba:compile", Compiling())
