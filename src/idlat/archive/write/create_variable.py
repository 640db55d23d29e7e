"""A variable's place in an archive: its coordinates, its description, and arrays for its chunks."""

from __future__ import annotations

from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.create_arrays import create_chunk_arrays
from idlat.archive.format.stored_coordinates import write_labels
from idlat.archive.original.tile_reader import VariableInput
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.model.latent_model import LatentModel

__all__ = ["create_variable"]


def create_variable(
    store: ArchiveStore, source: VariableInput, record: ArchiveRecord, model: LatentModel
) -> None:
    """Create the group and arrays of a variable, still without chunks.

    Parameters
    ----------
    store, record
        The archive's.
    source
        The variable, with the labels of all its steps.
    model
        Fitted to it.
    """
    write_labels(store, source.variable, source.reader.field, record.id)
    create_chunk_arrays(store, source.variable, record, model)
