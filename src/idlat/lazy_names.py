"""Public names of a package that load their modules on first use (PEP 562), so that it imports quickly."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__`.

    Parameters
    ----------
    package
        Its ``__name__``.
    modules
        Of each module, relative to the package, the names that the package takes from it, between blanks.

    Examples
    --------
    >>> find = lazy_names("idlat.metrics", {"weighted_errors": "max_error weighted_mse"})
    >>> find("max_error").__name__
    'max_error'
    """
    homes = {name: f"{package}.{module}" for module, names in modules.items() for name in names.split()}

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return find
