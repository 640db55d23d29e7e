"""Making room in an archive for more steps or variables, and taking it back.

Nothing that readers use changes until the record is replaced: chunks of new frames are new objects, an array
with room for more frames is read as far as the record goes, and coordinates that grow are written anew under
another path.
"""

from __future__ import annotations

import json

import numpy as np
import xarray as xr
import zarr

from idlat.archive.coordinates import coordinate_paths, describe_field, write_coordinates
from idlat.archive.format import ArchiveRecord
from idlat.archive.layout import create_mask, create_variable, grid_of, mask_axis
from idlat.archive.models import LatentModel
from idlat.archive.scan import tile_core
from idlat.archive.stores import ArchiveStore
from idlat.archive.variable import VariableRecord
from idlat.fields.missing import VALID
from idlat.tiling import box_slices

__all__ = ["add_variable", "drop_unused_coordinates", "grow_variable", "relabel", "take_back"]


def add_variable(
    store: ArchiveStore,
    variable: VariableRecord,
    field: xr.DataArray,
    record: ArchiveRecord,
    model: LatentModel,
) -> None:
    """Create the group and arrays of a further variable, unless they stand already."""
    if store.exists(f"{variable.path}/latents/zarr.json"):
        return
    store.delete_folder(variable.path)
    create_variable(store.writable_group(), variable, field, record, model)


def grow_variable(
    store: ArchiveStore,
    old: VariableRecord,
    new: VariableRecord,
    record: ArchiveRecord,
    model: LatentModel,
) -> None:
    """Make room for the frames of more steps; frames without a mask get one where later ones have it."""
    _set_frames(store, f"{new.path}/latents", new.frames)
    if record.request.keep_importance:
        _set_frames(store, f"{new.path}/importance", new.steps)
    if new.mask_frames == old.mask_frames:
        return
    if not store.exists(f"{new.path}/mask/zarr.json"):
        group = zarr.open_group(store.store, path=new.path, mode="r+", zarr_format=3)
        create_mask(group, new, model.chunk_cells * model.cell)
    _set_frames(store, f"{new.path}/mask", new.mask_frames, mask_axis(new))
    mask = zarr.open_array(store.store, path=f"{new.path}/mask", mode="r+", zarr_format=3)
    grid = grid_of(new, record.periodic, model.cell)
    for tile in grid.tiles(tile_core(grid)):
        box = box_slices(grid.voxels_of(tile.core))
        for frame in range(old.mask_frames, old.frames):
            before = mask[(frame % new.components, *box)] if old.mask == "constant" else np.uint8(VALID)
            mask[(frame, *box)] = before


def relabel(store: ArchiveStore, variable: VariableRecord, labels: xr.DataArray, taken: set[str]) -> None:
    """Write the coordinates and the description of a variable that has grown.

    Parameters
    ----------
    store
        The archive's.
    variable
        Its record.
    labels
        The field as it is now.
    taken
        Paths that no coordinate may have.
    """
    paths = coordinate_paths(store, variable.path)
    for name, path in paths.items():
        if "time" in labels.coords[name].dims:
            other = f"{name}_"
            while other in taken:
                other += "_"
            paths[name] = name if path != name else other
    write_coordinates(store.writable_group(), labels, paths)
    group = zarr.open_group(store.store, path=variable.path, mode="r+", zarr_format=3)
    group.attrs.put(describe_field(labels, paths))


def drop_unused_coordinates(store: ArchiveStore, record: ArchiveRecord) -> None:
    """Take away arrays at the root that no variable names."""
    used = {"model", *(variable.path for variable in record.variables)}
    for variable in record.variables:
        used |= set(coordinate_paths(store, variable.path).values())
    for name in store.entries():
        if name not in used and store.exists(f"{name}/zarr.json"):
            store.delete_folder(name)


def take_back(store: ArchiveStore, old: ArchiveRecord, new: ArchiveRecord) -> None:
    """Undo what was written towards a record; the archive is as it was."""
    known = {variable.name: variable for variable in old.variables}
    for variable in new.variables:
        before = known.get(variable.name)
        if before is None:
            store.delete_folder(variable.path)
            continue
        if variable.frames == before.frames:
            continue
        _cut(store, f"{before.path}/latents", before.frames, variable.frames)
        if new.request.keep_importance:
            _cut(store, f"{before.path}/importance", before.steps, variable.steps)
        if before.mask == "none":
            store.delete_folder(f"{before.path}/mask")
        elif variable.mask_frames > before.mask_frames:
            _cut(store, f"{before.path}/mask", before.mask_frames, variable.mask_frames, mask_axis(before))
    drop_unused_coordinates(store, old)


def _cut(store: ArchiveStore, path: str, frames: int, present: int, axis: str | None = None) -> None:
    """Take away the chunks of later frames, and their room."""
    for frame in range(frames, present):
        store.delete_folder(f"{path}/c/{frame}")
    _set_frames(store, path, frames, axis)


def _set_frames(store: ArchiveStore, path: str, frames: int, axis: str | None = None) -> None:
    """Change the length of an array's first axis, and perhaps its name, by replacing its metadata whole."""
    key = f"{path}/zarr.json"
    metadata = json.loads(store.get(key) or b"{}")
    metadata["shape"][0] = frames
    if axis is not None:
        metadata["dimension_names"][0] = axis
    store.put(key, json.dumps(metadata, indent=2).encode())
