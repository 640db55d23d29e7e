"""Creating the groups and arrays of an archive (design section 5); the chunks follow one by one."""

from __future__ import annotations

import numpy as np
from zarr.codecs import Crc32cCodec, ZstdCodec

from idlat.archive.codecs.chunk_shape import RESIDUAL_SIDE
from idlat.archive.codecs.latent_codec import IdlatCodec, latent_fill
from idlat.archive.codecs.residual_codec import ResidualCodec
from idlat.archive.codecs.second_codec import SECOND_TILE, SecondCodec, tile_sides
from idlat.archive.codecs.step_codec import StepCodec
from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.byte_chunks import byte_document
from idlat.archive.format.error_bound import BOUND_CELL
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.format.zarr_documents import (
    array_document,
    read_document,
    read_whole,
    write_document,
    write_whole,
)
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import ArchiveError, CorruptStreamError
from idlat.model.latent_model import LatentModel

__all__ = [
    "IMPORTANCE_BLOCK",
    "create_chunk_arrays",
    "is_laid_out",
    "read_coding",
    "read_model_bytes",
    "variable_arrays",
    "write_coding",
    "write_model",
]

IMPORTANCE_BLOCK = 16
"""Voxels an axis of a block of the stored importance."""


def write_model(store: ArchiveStore, model: LatentModel, archive: str) -> None:
    """Put a model's file into an archive, whose id is `archive`."""
    data, codecs = np.frombuffer(model.to_bytes(), np.uint8), [ZstdCodec(level=9), Crc32cCodec()]
    write_whole(store, "model", data, archive, compressors=codecs, fill_value=0, dimension_names=["byte"])


def create_chunk_arrays(
    store: ArchiveStore, variable: VariableRecord, record: ArchiveRecord, model: LatentModel
) -> None:
    """Write the documents of one variable's arrays of chunks; that of its latents comes last."""
    if record.settings.keep_importance:
        blocks = [-(-length // IMPORTANCE_BLOCK) for length in variable.volume]
        document = byte_document(
            (variable.steps, *blocks),
            (1, 4, 8, 8),
            ["time", "Z", "Y", "X"],
            fill=0,
            block=[IMPORTANCE_BLOCK] * 3,
            scale=1 / 255,
        )
        write_document(store, f"{variable.path}/importance", document, record.id)
    if variable.bounds is not None:
        _create_residual(store, variable, record)
    write_coding(store, variable, record, model)


def _create_residual(store: ArchiveStore, variable: VariableRecord, record: ArchiveRecord) -> None:
    """Write the documents of a variable's corrections, and of their levels where its bound varies."""
    assert variable.bounds is not None
    document = array_document(
        shape=(variable.frames, *variable.volume),
        chunks=(1, RESIDUAL_SIDE, RESIDUAL_SIDE, RESIDUAL_SIDE),
        dtype=np.int32,
        serializer=ResidualCodec(variable.dtype, variable.bounds.varies),
        compressors=[Crc32cCodec()],
        fill_value=0,
        dimension_names=[frame_name(variable), "z", "y", "x"],
    )
    write_document(store, f"{variable.path}/residual", document, record.id)
    if not variable.bounds.varies:
        return
    side = RESIDUAL_SIDE // BOUND_CELL
    document = array_document(
        shape=(variable.steps, *(-(-n // BOUND_CELL) for n in variable.volume)),
        chunks=(1, side, side, side),
        dtype=np.uint8,
        serializer=StepCodec(),
        compressors=[Crc32cCodec()],
        fill_value=0,
        dimension_names=["time", "Z", "Y", "X"],
        attributes={"cell": [BOUND_CELL] * 3},
    )
    write_document(store, f"{variable.path}/step", document, record.id)


def write_coding(
    store: ArchiveStore, variable: VariableRecord, record: ArchiveRecord, model: LatentModel
) -> None:
    """Write the documents of what a model codes: the second transform, where it has one, and the latents."""
    n, grid = model.chunk_cells, record.grid(variable, model.cell)
    if model.coding_json is not None:
        z, y, x = (min(SECOND_TILE * model.cell, length) for length in variable.volume)
        size = model.low_size((z, y, x))
        document = array_document(
            shape=(variable.frames, *tile_sides(grid.cells), size),
            chunks=(1, 1, 1, 1, size),
            dtype=np.int32,
            serializer=SecondCodec(model=model.sha256, coding=model.coding_json),
            compressors=[Crc32cCodec()],
            fill_value=0,
            dimension_names=[frame_name(variable), "Z", "Y", "X", "coefficient"],
        )
        write_document(store, f"{variable.path}/second", document, record.id)
    document = array_document(
        shape=(variable.frames, model.channels, *grid.cells),
        chunks=(1, model.channels, n, n, n),
        dtype=model.latent_dtype,
        serializer=IdlatCodec(model=model.sha256, cells=(n, n, n), coding=model.coding_json),
        compressors=[Crc32cCodec()],
        fill_value=latent_fill(model.latent_dtype),
        dimension_names=[frame_name(variable), "channel", "Z", "Y", "X"],
        attributes={"cell": [model.cell] * 3, "components": variable.components, **model.latent_layout},
    )
    write_document(store, f"{variable.path}/latents", document, record.id)


def read_coding(
    store: ArchiveStore, variable: VariableRecord, record: ArchiveRecord, model: LatentModel
) -> LatentModel:
    """Return the model as it was fitted to a variable of an archive.

    Raises
    ------
    ArchiveError
        What the array's document says of it is damaged.
    """
    document = read_document(store, f"{variable.path}/latents", record.id)
    try:
        (codec,) = [IdlatCodec.from_dict(each) for each in document["codecs"] if each["name"] == "idlat"]
        return codec.fitted(model)
    except (CorruptStreamError, LookupError, TypeError, ValueError) as error:
        raise ArchiveError(
            f"{store.name}: {variable.path}/latents/zarr.json is damaged: {error}: restore it from a copy"
        ) from None


def variable_arrays(variable: VariableRecord, record: ArchiveRecord, *, second: bool) -> dict[str, int]:
    """Return the paths of a variable's arrays, and how many frames or time steps each has room for.

    Parameters
    ----------
    variable, record
        The records.
    second
        Whether its model has a second transform.
    """
    known = {"latents": variable.frames}
    known |= {"second": variable.frames} if second else {}
    if variable.bounds is not None:
        known |= {"residual": variable.frames}
        known |= {"step": variable.steps} if variable.bounds.varies else {}
    known |= {"importance": variable.steps} if record.settings.keep_importance else {}
    return {f"{variable.path}/{kind}": length for kind, length in known.items()}


def is_laid_out(store: ArchiveStore, record: ArchiveRecord) -> bool:
    """Whether the arrays of every variable exist in a store."""
    return store.exists(f"{record.variables[-1].path}/latents/zarr.json")


def frame_name(variable: VariableRecord) -> str:
    """Name the axis of frames: of steps, or of steps and their components."""
    return "time_component" if "component" in variable.dims else "time"


def read_model_bytes(store: ArchiveStore, record: ArchiveRecord) -> bytes | None:
    """Return the model file that an archive carries, None where it carries none.

    Raises
    ------
    ArchiveError
        It is there and damaged, or another one.
    """
    if not store.exists("model/zarr.json"):
        return None
    try:
        _, data = read_whole(store, "model", record.id)
    except ArchiveError as error:
        raise ArchiveError(f"{store.name}: the model that it carries is damaged: {error}") from None
    return data.tobytes()
