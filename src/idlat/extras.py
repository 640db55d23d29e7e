"""The optional extras of the package: which features need further packages, and what to install.

``pip install idlat`` brings what compresses and decodes; the rest is asked for by name, as in
``pip install 'idlat[analysis]'``. Packages that need an extra call :func:`require` before they import it.
"""

from __future__ import annotations

from importlib.util import find_spec

from idlat.errors import MissingExtraError

__all__ = ["extra_of", "missing_extra", "require"]

_EXTRAS = {
    "analysis": "matplotlib openTSNE PIL pyamg skimage sklearn",
    "train": "constriction lightning_fabric torch",
    "explorer": "aiohttp msgpack trame trame_client trame_rca trame_server trame_vuetify wslink",
    "vtk": "vtkmodules",
    "datasets": "pooch requests",
    "distributed": "distributed",
    "umap": "umap",
}
_OF = {module: extra for extra, modules in _EXTRAS.items() for module in modules.split()}


def extra_of(module: str) -> str | None:
    """Return the extra that brings a module; None where none does.

    Examples
    --------
    >>> extra_of("sklearn.cluster"), extra_of("numpy")
    ('analysis', None)
    """
    return _OF.get(module.partition(".")[0])


def require(what: str, *modules: str) -> None:
    """Make sure that modules are installed, which are not imported.

    Parameters
    ----------
    what
        What needs them, for the error.
    modules
        Their names, all of one extra.

    Raises
    ------
    MissingExtraError
        One is not installed.

    Examples
    --------
    >>> require("reading", "numpy")
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise missing_extra(what, missing[0], ", ".join(missing))


def missing_extra(what: str, module: str, named: str | None = None) -> MissingExtraError:
    """Return the error that says which extra brings a module."""
    return MissingExtraError(f"{what} needs {named or module}: pip install 'idlat[{extra_of(module)}]'")
