"""The metadata of an archive's arrays, made anew from its record."""

from __future__ import annotations

from collections.abc import Iterator

from zarr.storage import MemoryStore

from idlat.archive.codecs.second_codec import SecondCodec
from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.array_paths import is_mask_path
from idlat.archive.format.create_arrays import create_chunk_arrays, read_coding
from idlat.archive.format.mask_array import set_masks
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.format.zarr_documents import Document, document_key, read_document
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import ArchiveError, IdlatError
from idlat.model.latent_model import LatentModel

__all__ = ["fitted_model", "missing_documents"]


def fitted_model(
    stores: list[ArchiveStore], variable: VariableRecord, record: ArchiveRecord, model: LatentModel
) -> LatentModel | None:
    """Return the model as it was fitted to a variable, as some copy tells; None where none does."""
    for store in stores:
        for read in (_of_latents, _of_second):
            try:
                return read(store, variable, record, model)
            except (IdlatError, OSError, LookupError, TypeError, ValueError):
                continue
    return model if model.coding_json is None else None


def _of_latents(
    store: ArchiveStore, variable: VariableRecord, record: ArchiveRecord, model: LatentModel
) -> LatentModel:
    return read_coding(store, variable, record, model)


def _of_second(
    store: ArchiveStore, variable: VariableRecord, record: ArchiveRecord, model: LatentModel
) -> LatentModel:
    """The metadata of the second transform name the same fit as those of the latents."""
    document = read_document(store, f"{variable.path}/second", record.id)
    (codec,) = [SecondCodec.from_dict(each) for each in document["codecs"] if each["name"] == "idlat_second"]
    return codec.fitted(model)


def missing_documents(
    store: ArchiveStore,
    record: ArchiveRecord,
    models: dict[str, LatentModel | None],
    cell: int,
) -> Iterator[tuple[str, bytes | None]]:
    """Yield the keys of documents of arrays that are missing or damaged, and what they should be.

    None where that is not known: of a variable whose model was fitted to it, and of which no fit is found.

    Parameters
    ----------
    store, record
        The archive's.
    models
        The model as it was fitted to each variable, by its path.
    cell
        Voxels of a cell along an axis.

    Raises
    ------
    ArchiveError
        An array has more steps than the record names: the record is an older one.
    """
    made = ArchiveStore(MemoryStore(), "documents")
    set_masks(made, record, cell)
    for variable in record.variables:
        if (model := models[variable.path]) is not None:
            create_chunk_arrays(made, variable, record, model)
        else:
            yield from ((f"{variable.path}/{kind}/zarr.json", None) for kind in ("latents", "second"))
    for key in made.keys(""):
        path = key.removesuffix("/zarr.json")
        if not _stands(store, path, read_document(made, path, record.id), record.id):
            yield key, made.get(key)


def _stands(store: ArchiveStore, path: str, made: Document, archive: str) -> bool:
    """Whether an archive has a document, whole, of at least as many frames.

    Raises
    ------
    ArchiveError
        It has more frames.
    """
    try:
        document = read_document(store, path, archive)
        frames, wanted = document["shape"][0], made["shape"][0]
    except (IdlatError, OSError, LookupError, TypeError):
        return False
    if frames > wanted and not is_mask_path(path):
        raise ArchiveError(
            f"{store.name}: {document_key(path)} has more steps than zarr.json, which is an older one: name "
            "a copy that has the later one"
        )
    return bool(frames >= wanted)
