"""Read a part of a field: just that of one that lies plainly in a file, else what dask computes for it.

Dask reads all slabs that a part touches, about 32 MiB each: of a large field many times a tile's values.
"""

from __future__ import annotations

from typing import Any

import xarray as xr
from numpy.typing import NDArray

from idlat.fields.arrays.array_file import ArrayFile

__all__ = ["read_part"]


def read_part(variable: xr.Variable, key: tuple[int | slice, ...]) -> NDArray[Any]:
    """Read a part of a variable in this thread.

    Parameters
    ----------
    variable
        Whatever holds its values.
    key
        An integer or a slice without a step for each axis.
    """
    file = _file_of(variable)
    if file is not None:
        return file[key]
    values: NDArray[Any] = variable[key].compute(scheduler=_synchronous).to_numpy()
    return values


def _file_of(variable: xr.Variable) -> ArrayFile | None:
    """Return the file that a variable is read from, where dask does nothing to its values."""
    if variable.chunks is None:
        return None
    data: Any = variable.data
    source = f"original-{data.name}"  # so dask's from_array calls what it is given
    layers = getattr(data.dask, "layers", {})
    if set(layers) != {source, data.name} or set(layers[source]) != {source}:
        return None
    node: Any = layers[source][source]
    found = getattr(node, "value", node)
    return found if isinstance(found, ArrayFile) and not found.codec and found.shape == data.shape else None


def _synchronous(*task: Any, **options: Any) -> Any:
    """Dask's scheduler of this name, which dask would look up by importing its distributed one."""
    from dask.local import get_sync

    return get_sync(*task, **options)
