"""Creating the groups and arrays of an archive (design section 5); the chunks follow one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec, ZstdCodec

from idlat.archive.codec import IdlatCodec
from idlat.archive.coordinates import describe_field, write_coordinates
from idlat.archive.format import MASK_FILL, ArchiveRecord, latent_fill
from idlat.archive.models import LatentModel
from idlat.archive.source import FieldReader
from idlat.archive.stores import ArchiveStore
from idlat.archive.variable import VariableRecord
from idlat.errors import ArchiveError
from idlat.tiling import Grid

__all__ = [
    "IMPORTANCE_BLOCK",
    "create_archive",
    "create_mask",
    "create_variable",
    "grid_of",
    "group_paths",
    "is_laid_out",
    "mask_axis",
    "read_model_bytes",
    "wraps",
    "write_record",
]

IMPORTANCE_BLOCK = 16
"""Voxels an axis of a block of the stored importance."""

_RESERVED = {"model", "zarr.json", "c"}
_SMALL_ARRAY_CODECS = (ZstdCodec(level=9), Crc32cCodec())


def grid_of(variable: VariableRecord, periodic: Sequence[str], cell: int) -> Grid:
    """Return the grid of cells of a variable."""
    return Grid(variable.volume, wraps(periodic), cell)


def wraps(periodic: Sequence[str]) -> tuple[bool, bool, bool]:
    """Tell of z, y and x which are among the periodic axes.

    >>> wraps(["x"])
    (False, False, True)
    """
    z, y, x = (axis in periodic for axis in "zyx")
    return z, y, x


def group_paths(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return a group's path for each variable: its name, made safe and unlike any that is taken.

    Examples
    --------
    >>> group_paths(["pressure", "a/b", "z"], taken=["z"])
    ['pressure', 'a_b', 'z_']
    """
    used, paths = set(taken) | _RESERVED, []
    for name in names:
        path = re.sub(r"[^\w.-]", "_", name).lstrip("._") or "field"
        while path in used:
            path += "_"
        used.add(path)
        paths.append(path)
    return paths


def create_archive(
    store: ArchiveStore,
    record: ArchiveRecord,
    readers: Sequence[FieldReader],
    model: LatentModel,
    *,
    carry_model: bool,
) -> None:
    """Write everything but the chunks of the variables.

    Parameters
    ----------
    store
        To write to; the root's ``zarr.json`` comes first, so that a killed job is recognised.
    record
        The root attributes.
    readers
        One for each variable of `record`.
    model
        What encodes the latents.
    carry_model
        Whether the archive is to carry the model's file.
    """
    root = zarr.create_group(store.store, zarr_format=3, attributes=record.to_json(), overwrite=False)
    if carry_model:
        data = np.frombuffer(model.to_bytes(), np.uint8)
        _small_array(root, "model", data.shape, data.shape, ["byte"])[...] = data
    for variable, reader in zip(record.variables, readers, strict=True):
        create_variable(root, variable, reader.field, record, model)


def create_variable(
    root: zarr.Group,
    variable: VariableRecord,
    field: xr.DataArray,
    record: ArchiveRecord,
    model: LatentModel,
) -> None:
    """Write everything of one variable but its chunks."""
    write_coordinates(root, field)
    group = root.create_group(variable.path, attributes=describe_field(field))
    _create_arrays(group, variable, record, model)


def is_laid_out(store: ArchiveStore, record: ArchiveRecord) -> bool:
    """Whether :func:`create_archive` came to its end in a store."""
    return store.exists(f"{record.variables[-1].path}/latents/zarr.json")


def _create_arrays(
    group: zarr.Group, variable: VariableRecord, record: ArchiveRecord, model: LatentModel
) -> None:
    n, cells = model.chunk_cells, grid_of(variable, record.periodic, model.cell).cells
    if variable.mask != "none":
        create_mask(group, variable, n * model.cell)
    if record.request.keep_importance:
        blocks = tuple(-(-length // IMPORTANCE_BLOCK) for length in variable.volume)
        array = _small_array(
            group, "importance", (variable.steps, *blocks), (1, 4, 8, 8), ["time", "Z", "Y", "X"]
        )
        array.attrs.put({"block": [IMPORTANCE_BLOCK] * 3, "scale": 1 / 255})
    group.create_array(
        "latents",
        shape=(variable.frames, model.channels, *cells),
        chunks=(1, model.channels, n, n, n),
        dtype=model.latent_dtype,
        filters=None,
        serializer=IdlatCodec(model=model.sha256, cells=(n, n, n)),
        compressors=[Crc32cCodec()],
        fill_value=latent_fill(model.latent_dtype),
        dimension_names=[frame_name(variable), "channel", "Z", "Y", "X"],
        attributes={"cell": [model.cell] * 3, "components": variable.components, **model.latent_layout},
    )


def create_mask(group: zarr.Group, variable: VariableRecord, side: int) -> None:
    """Create the array of a variable's mask, in chunks of `side` voxels an axis."""
    shape = (variable.mask_frames, *variable.volume)
    _small_array(group, "mask", shape, (1, side, side, side), [mask_axis(variable), "z", "y", "x"])


def mask_axis(variable: VariableRecord) -> str:
    """Name the axis of frames of a variable's mask."""
    return frame_name(variable, "time" if variable.mask == "varying" else "once")


def frame_name(variable: VariableRecord, name: str = "time") -> str:
    """Name the axis of frames: of steps, or of steps and their components."""
    return f"{name}_component" if "component" in variable.dims else name


def _small_array(
    group: zarr.Group, name: str, shape: tuple[int, ...], chunks: tuple[int, ...], dimensions: list[str]
) -> zarr.Array[Any]:
    return group.create_array(
        name,
        shape=shape,
        chunks=chunks,
        dtype=np.uint8,
        filters=None,
        compressors=_SMALL_ARRAY_CODECS,
        fill_value=MASK_FILL if name == "mask" else 0,
        dimension_names=dimensions,
        config={"write_empty_chunks": True},
    )


def write_record(store: ArchiveStore, record: ArchiveRecord) -> None:
    """Replace the root attributes, whole or not at all."""
    store.writable_group().attrs.put(record.to_json())


def read_model_bytes(store: ArchiveStore) -> bytes | None:
    """Return the model file that an archive carries, None where it carries none.

    Raises
    ------
    ArchiveError
        It is there and damaged.
    """
    if not store.exists("model/zarr.json"):
        return None
    try:
        data: NDArray[np.uint8] = np.asarray(store.array("model")[...])
    except ValueError as error:
        raise ArchiveError(f"{store.name}: the model that it carries is damaged: {error}") from None
    return data.tobytes()
