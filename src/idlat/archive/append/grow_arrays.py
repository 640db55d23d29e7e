"""Making room in an archive for more steps or variables, and taking it back.

Nothing that readers use changes until the record is replaced: chunks of new frames are new objects, an array
with room for more frames is read as far as the record goes, and coordinates that grow are written again under
another path. The description of a variable's group is kept until then (``format/former_description.py``).
"""

from __future__ import annotations

import xarray as xr

from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.array_paths import coordinate_path
from idlat.archive.format.create_arrays import create_chunk_arrays, variable_arrays
from idlat.archive.format.former_description import drop_former, keep_former, put_former_back
from idlat.archive.format.mask_array import resize_masks
from idlat.archive.format.mask_places import mask_arrays
from idlat.archive.format.root_document import JOURNAL
from idlat.archive.format.stored_coordinates import coordinate_paths, is_described, write_labels
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.format.zarr_documents import read_document, write_document
from idlat.archive.original.tile_reader import VariableInput
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.archive.write.fit_model import fit_model
from idlat.fields.metadata.related_variables import labels_of
from idlat.model.latent_model import LatentModel

__all__ = ["add_variable", "clear_up", "grow_variable", "relabel", "take_back"]


def add_variable(
    store: ArchiveStore, source: VariableInput, record: ArchiveRecord, model: LatentModel, gain: float
) -> None:
    """Create the group and arrays of a further variable, unless they exist."""
    variable = source.variable
    if store.exists(f"{variable.path}/latents/zarr.json"):
        return
    store.delete_folder(variable.path)
    fitted = fit_model(source, model, gain, record.settings.steps_to_key)
    write_labels(store, variable, source.reader.field, record.id)
    create_chunk_arrays(store, variable, record, fitted)


def grow_variable(store: ArchiveStore, new: VariableRecord, record: ArchiveRecord) -> None:
    """Make room for the frames of more steps."""
    for path, frames in _arrays(store, new, record).items():
        _set_frames(store, path, record, frames)


def relabel(
    store: ArchiveStore,
    old: VariableRecord,
    variable: VariableRecord,
    labels: xr.DataArray,
    archive: str,
    taken: set[str],
) -> None:
    """Write the coordinates and the description of a variable that has grown.

    Parameters
    ----------
    store, archive
        The archive's store and id.
    old, variable
        Its records, of before and now.
    labels
        The field as it is now.
    taken
        Paths that no coordinate may have.
    """
    if is_described(store, variable, archive):
        return
    paths, now = coordinate_paths(store, old, archive), labels_of(labels)
    for name, path in paths.items():
        if name in now and "time" in now[name].dims:
            first = coordinate_path(name, taken)
            other = f"{first}_"
            while other in taken:
                other += "_"
            paths[name] = first if path != first else other
    keep_former(store, old)
    write_labels(store, variable, labels, archive, paths)


def clear_up(store: ArchiveStore, record: ArchiveRecord) -> None:
    """Take away what only an archive's former record, or none, needs; and that something was appended."""
    for variable in record.variables:  # before the coordinates that they name
        drop_former(store, variable)
    _drop_unnamed(store, record)
    store.delete(JOURNAL)


def _drop_unnamed(store: ArchiveStore, record: ArchiveRecord) -> None:
    """Take away arrays at the root that no variable names, and variables that the record does not."""
    used = {"model", *mask_arrays(record.variables), *(variable.path for variable in record.variables)}
    for variable in record.variables:
        used |= set(coordinate_paths(store, variable, record.id).values())
    for name in store.entries():
        written = store.exists(f"{name}/zarr.json") or store.size(f"{name}/c")  # its document comes last
        if name not in used and written:
            store.delete_folder(name)


def take_back(store: ArchiveStore, record: ArchiveRecord) -> None:
    """Undo what was written towards another record, and its note; the archive is as its own record says.

    What frees space comes first: this may follow a full disk.
    """
    rooms: dict[str, int] = {}
    for variable in record.variables:
        rooms |= _arrays(store, variable, record)
    for path, frames in rooms.items():
        for frame in range(frames, read_document(store, path, record.id)["shape"][0]):
            store.delete_folder(f"{path}/c/{frame}")
    for variable in record.variables:
        put_former_back(store, variable, record.id)
    _drop_unnamed(store, record)
    for path in mask_arrays(record.variables):
        if store.exists(f"{path}/zarr.json"):
            resize_masks(store, path, record)
    for path, frames in rooms.items():
        _set_frames(store, path, record, frames)
    store.delete(JOURNAL)


def _arrays(store: ArchiveStore, variable: VariableRecord, record: ArchiveRecord) -> dict[str, int]:
    """Return the paths of a variable's arrays, and the frames or steps of each."""
    return variable_arrays(variable, record, second=store.exists(f"{variable.path}/second/zarr.json"))


def _set_frames(store: ArchiveStore, path: str, record: ArchiveRecord, frames: int) -> None:
    """Change the length of an array's first axis by replacing its document whole."""
    document = read_document(store, path, record.id)
    if document["shape"][0] != frames:  # a full disk takes no copy
        document["shape"][0] = frames
        write_document(store, path, document, record.id)
