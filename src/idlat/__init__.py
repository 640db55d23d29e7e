"""idlat: importance-driven latent representations of scientific volumes.

A scientist says what matters (an isosurface, a value range, a region, a time); the codec spends its bits
there. The public names load on first use, so that ``import idlat`` stays quick and brings neither torch nor
zarr. xarray's objects have the accessor ``.idlat``. The words of the package are explained in
``docs/glossary.md``.

Examples
--------
>>> import idlat
>>> "compress" in dir(idlat)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from idlat.errors import IdlatError
from idlat.xarray_accessor import register_accessors

if TYPE_CHECKING:
    from idlat import (
        analysis,
        archive,
        datasets,
        fields,
        importance,
        metrics,
        model,
        numcodecs,
        tiling,
        training,
        vtk,
        zarr,
    )
    from idlat.archive import (
        Archive,
        StreamWriter,
        compress,
        evaluate,
        export,
        open_archive,
        open_blocks,
        repair,
        verify,
    )
    from idlat.explorer import explore_beside as explore
    from idlat.fields import list_variables, open_field, write_field
    from idlat.model import LatentModel, load_model

__version__ = "0.1.0"

_NAMES = {
    "Archive": "idlat.archive",
    "StreamWriter": "idlat.archive",
    "explore": "idlat.explorer",
    "compress": "idlat.archive",
    "evaluate": "idlat.archive",
    "export": "idlat.archive",
    "open_archive": "idlat.archive",
    "open_blocks": "idlat.archive",
    "repair": "idlat.archive",
    "verify": "idlat.archive",
    "list_variables": "idlat.fields",
    "open_field": "idlat.fields",
    "write_field": "idlat.fields",
    "LatentModel": "idlat.model",
    "load_model": "idlat.model",
}
_CALLED = {"explore": "explore_beside"}
_MODULES = (
    "analysis",
    "archive",
    "datasets",
    "fields",
    "importance",
    "metrics",
    "model",
    "numcodecs",
    "tiling",
    "training",
    "vtk",
    "zarr",
)

__all__ = [
    "Archive",
    "IdlatError",
    "LatentModel",
    "StreamWriter",
    "__version__",
    "analysis",
    "archive",
    "compress",
    "datasets",
    "evaluate",
    "explore",
    "export",
    "fields",
    "importance",
    "list_variables",
    "load_model",
    "metrics",
    "model",
    "numcodecs",
    "open_archive",
    "open_blocks",
    "open_field",
    "repair",
    "tiling",
    "training",
    "verify",
    "vtk",
    "write_field",
    "zarr",
]


register_accessors()


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _NAMES:
        value = getattr(import_module(_NAMES[name]), _CALLED.get(name, name))
    elif name in _MODULES:
        value = import_module(f"idlat.{name}")
    else:
        raise AttributeError(f"module 'idlat' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(set(globals()) | set(__all__))
