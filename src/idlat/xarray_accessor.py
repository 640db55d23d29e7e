"""The accessor ``.idlat`` of xarray's objects: ``ds.idlat.compress(…)``, ``da.idlat.importance(…)``.

``import idlat`` does not import xarray. Where xarray is there already, the accessor is registered at once,
else as soon as somebody imports xarray; ``xr.open_dataset`` imports idlat by itself, as one of its engines.
What the accessor calls is loaded on first use.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from types import ModuleType

    import xarray as xr

    from idlat.archive import Archive
    from idlat.importance import Importance
    from idlat.model import LatentModel

__all__ = ["DataArrayAccessor", "DatasetAccessor", "register_accessors"]

_NAME = "idlat"


class DatasetAccessor:
    """What idlat does with a Dataset, as ``ds.idlat``."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self._object: xr.Dataset | xr.DataArray = dataset

    def compress(
        self,
        path: str | os.PathLike[str],
        importance: Importance = None,
        model: LatentModel | str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> Archive:
        """Compress into an archive; of a Dataset all variables but those that others name.

        Parameters
        ----------
        path
            The archive to be.
        importance
            An expression such as ``"gradient()"``, or a map in any other form.
        model
            None for the default.
        **options
            As :func:`idlat.compress` takes them: `quality`, `ratio`, `psnr`, `mode` and so on.

        Raises
        ------
        IdlatError
            As :func:`idlat.compress`.
        """
        import idlat

        return idlat.compress(self._object, path, importance, model, **options)


class DataArrayAccessor(DatasetAccessor):
    """What idlat does with a DataArray, as ``da.idlat``."""

    _object: xr.DataArray

    def __init__(self, array: xr.DataArray) -> None:
        self._object = array

    def importance(self, importance: Importance) -> xr.DataArray:
        """Evaluate importance on the array.

        Parameters
        ----------
        importance
            An expression such as ``"isosurface(8.0, decay=0.2)"``, or a map in any other form.

        Returns
        -------
        DataArray
            float32 in [0, 1], on the array's grid; lazy where the array is backed by Dask.

        Raises
        ------
        IdlatError
            The array is no field, or the map does not fit it.
        """
        import idlat

        found: xr.DataArray = idlat.archive.evaluate_importance(importance, self._object)
        return found


class _AfterXarray:
    """Waits, among the finders of modules, for somebody to import xarray; finds nothing else."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find xarray as Python does, and have the accessors registered once it is loaded."""
        if name != "xarray":
            return None
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_register(module: ModuleType) -> None:
                load(module)
                _register(module)

            spec.loader.exec_module = load_and_register  # type: ignore[method-assign]
        return spec


def register_accessors() -> None:
    """Register the accessors with xarray, now or once it is imported."""
    xarray = sys.modules.get("xarray")
    if xarray is not None:
        _register(xarray)
    elif not any(type(finder).__qualname__ == _AfterXarray.__qualname__ for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterXarray())


def _register(xarray: Any) -> None:
    """Register them once: a second time would be a warning of xarray's."""
    for kind, register, accessor in (
        ("Dataset", "register_dataset_accessor", DatasetAccessor),
        ("DataArray", "register_dataarray_accessor", DataArrayAccessor),
    ):
        if not hasattr(getattr(xarray, kind, None), _NAME) and hasattr(xarray, register):
            getattr(xarray, register)(_NAME)(accessor)
