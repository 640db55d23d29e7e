"""Write Zarr stores in xarray's convention, block by block.

xarray writes coordinates and attributes. The array itself is made here: xarray's writer gives float16 and
``_Unsigned`` values back as others, and turns valid values that round to the fill value into missing ones.
"""

from __future__ import annotations

import asyncio
import shutil
import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.cf.cf_packing import Packing
from idlat.fields.cf.encode_cf import field_attributes, file_template
from idlat.fields.cf.format_limits import ZARR

_PATIENCE = 60.0  # seconds for writes under way to end
_CHUNK = 64  # voxels along an axis, where the field's file had no chunks of its own


class ZarrSink:
    """A Zarr group whose one array, beside its coordinates, is filled block by block.

    Parameters
    ----------
    path
        The temporary folder to make.
    name
        The array's path in the store.
    template
        The field, for its coordinates, attributes and encoding.
    packing
        How values are stored.
    version
        One of 2, 3.
        Zarr's format version.
    """

    def __init__(
        self, path: Path, name: str, template: xr.DataArray, packing: Packing, version: Literal[2, 3]
    ) -> None:
        import zarr

        self._path, self._packing, self._version = path, packing, version
        group, _, short = name.rpartition("/")
        frame = file_template(template)
        field, ds = frame.field, xr.Dataset(ZARR.fit_variables(frame.variables))
        ds = ds.set_coords(list(ds.variables))
        for variable in ds.variables.values():
            if "_FillValue" not in variable.attrs:
                variable.encoding["_FillValue"] = None
        zarr.open_group(str(path), mode="w", zarr_format=version)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zarr's, that version 3 has no settled type of texts
            ds.to_zarr(str(path), group=group or None, mode="a", zarr_format=version, consolidated=False)
        parent: Any = zarr.open_group(str(path), path=group or None, mode="a", zarr_format=version)
        if "coordinates" in parent.attrs:  # a dataset of coordinates alone carries this list
            del parent.attrs["coordinates"]
        root: Any = zarr.open_group(str(path), mode="a", zarr_format=version)
        root.attrs.update(ZARR.fit(frame.attrs, "the store"))
        dims = list(map(str, field.dims))
        self._array = parent.create_array(
            short,
            shape=field.shape,
            dtype=packing.stored,
            chunks=(chunks := _chunks(field)),
            shards=_shards(field, chunks) if version == 3 else None,
            **self._convention(field_attributes(frame, packing), short, dims),
        )

    def _convention(self, attrs: dict[str, Any], name: str, dims: list[str]) -> dict[str, Any]:
        """Say names of dimensions and fill value as xarray's convention for the version does."""
        fill = attrs.pop("_FillValue", None)
        if np.any(np.isnan(attrs.get("missing_value", 0))):
            del attrs["missing_value"]  # NaN is missing anyway
        plain = ZARR.fit(attrs, name)
        if self._version == 2:
            return {"attributes": {**plain, "_ARRAY_DIMENSIONS": dims}, "fill_value": fill}
        from xarray.backends.zarr import FillValueCoder

        coded = {} if fill is None else {"_FillValue": FillValueCoder.encode(fill, self._packing.stored)}
        return {"attributes": {**plain, **coded}, "dimension_names": dims}

    def write(self, region: tuple[slice, ...], block: NDArray[Any]) -> None:
        """Store a block, packed."""
        self._array[region] = self._packing.pack(block)

    def close(self) -> None:
        """Finish the store: gather its metadata in one object, where xarray looks first."""
        import zarr

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # version 3 has no official form of it yet
            zarr.consolidate_metadata(str(self._path))

    def abort(self) -> None:
        """Remove the unfinished store, once nothing is being written to it, which would make it again."""
        wait_for_pending_writes()
        shutil.rmtree(self._path, ignore_errors=True)


def wait_for_pending_writes(patience: float = _PATIENCE) -> None:
    """Wait for Zarr's queued reads and writes, at most 60 s: after one that failed, others may still come.

    A store deleted before they have ended would be partly created again, and a program that ends before them
    is told of each.
    """
    from zarr.core.sync import sync

    async def settled() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=patience)

    sync(settled())


def _chunks(field: xr.DataArray) -> tuple[int, ...]:
    """Choose chunks: the file's own, else cubes of one step and component."""
    own = field.encoding.get("chunksizes") or (1,) * max(field.ndim - 3, 0) + (_CHUNK,) * min(field.ndim, 3)
    if len(own) != field.ndim:
        own = (_CHUNK,) * field.ndim
    return tuple(max(1, min(int(part), size)) for part, size in zip(own, field.shape, strict=True))


def _shards(field: xr.DataArray, chunks: tuple[int, ...]) -> tuple[int, ...] | None:
    """Give the file's own shards, where it had some, as multiples of the chunks that hold the field."""
    own = field.encoding.get("idlat_shards")
    if not own or len(own) != field.ndim:
        return None
    return tuple(
        min(-(-int(part) // chunk), -(-size // chunk)) * chunk
        for part, chunk, size in zip(own, chunks, field.shape, strict=True)
    )
