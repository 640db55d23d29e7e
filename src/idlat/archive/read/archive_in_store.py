"""The archive that a store holds: its record, checked, and the model that decodes it."""

from __future__ import annotations

import os

from idlat.archive.codecs.latent_codec import IdlatCodec
from idlat.archive.codecs.model_lookup import find_model, register_model, resolve_model
from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.create_arrays import read_model_bytes
from idlat.archive.format.losses import read_losses
from idlat.archive.format.root_document import JOURNAL, read_record
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.format.zarr_documents import opened_array
from idlat.archive.read.archive import Archive
from idlat.archive.read.plausibility import check_chunks, check_gain
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import ArchiveError, ModelError
from idlat.model.latent_model import LatentModel

__all__ = ["archive_in", "model_of"]


def archive_in(
    store: ArchiveStore,
    model: LatentModel | str | os.PathLike[str] | None = None,
    device: str = "auto",
) -> Archive:
    """Return the archive that a store holds; an error closes the store (:func:`idlat.open_archive`)."""
    try:
        record = read_record(store)
        record.check_complete(store.name)
        known = model_of(store, record, model).with_importance_range(record.importance_range)
        archive = Archive(store, record, known.on_device(device), read_losses(store, record.id))
        check_gain(archive.gain, archive.model, store.name)
        for variable in record.variables:
            if not archive.losses.of(variable).everything:
                _check_latents(archive, variable)
    except BaseException:
        store.close()
        raise
    return archive


def model_of(
    store: ArchiveStore, record: ArchiveRecord, given: LatentModel | str | os.PathLike[str] | None
) -> LatentModel:
    """Return the archive's model, and make it known to the codec."""
    if given is not None:
        model = resolve_model(given)
        if model.sha256 != record.model_sha256:
            raise ModelError(
                f"{store.name} was written with the model {record.model_sha256}, not with "
                f"{model.sha256}: pass that one"
            )
        return model
    try:
        return find_model(record.model_sha256)
    except ModelError:
        carried = read_model_bytes(store, record)
        if carried is None:
            raise
    from idlat.model import model_from

    model = model_from(carried)
    if model.sha256 != record.model_sha256:
        raise ArchiveError(f"{store.name}: the model that it carries is damaged: restore it from a copy")
    register_model(model)
    return model


def _check_latents(archive: Archive, variable: VariableRecord) -> None:
    """Check that the array of latents fits the record."""
    array = opened_array(archive.store, f"{variable.path}/latents", archive.record.id)
    grid = archive.record.grid(variable, archive.model.cell)
    expected = (variable.frames, archive.model.channels, *grid.cells)
    if not archive.losses:  # else they were looked for
        check_chunks(archive.store, variable, grid, archive.model)
    codecs = [codec for codec in array.metadata.codecs if isinstance(codec, IdlatCodec)]  # type: ignore[union-attr]
    frames, *rest = array.shape
    fits = (
        frames >= expected[0] and tuple(rest) == expected[1:] and array.dtype == archive.model.latent_dtype
    )  # an append under way has made room
    if fits and frames > expected[0] and not _is_appended_to(archive):
        raise ArchiveError(
            f"{archive.path}: {variable.path}/latents holds {frames // variable.components} steps, the "
            f"record {variable.steps}: zarr.json is an older one, restore it from a copy"
        )
    if not fits or [codec.model for codec in codecs] != [archive.record.model_sha256]:
        raise ArchiveError(
            f"{archive.path}: {variable.path}/latents has shape {array.shape}, expected {expected} by "
            f"the model {archive.record.model_sha256}: its metadata are damaged"
        )


def _is_appended_to(archive: Archive) -> bool:
    """Whether an append is under way or was interrupted, or has come to its end since the record was read."""
    return archive.store.exists(JOURNAL) or read_record(archive.store) != archive.record
