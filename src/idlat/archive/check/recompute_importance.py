"""The importance of an archive's blocks, computed again on its field, where it was not kept."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.check.match_original import original_inputs
from idlat.archive.format.create_arrays import IMPORTANCE_BLOCK
from idlat.archive.original.field_reader import Field
from idlat.archive.original.tile_reader import VariableInput
from idlat.archive.read.archive import Archive
from idlat.archive.read.block_importance import block_means, label_blocks
from idlat.fields.arrays.missing_values import VALID
from idlat.importance import Importance

__all__ = ["recompute_importance"]

_LAYERS = 64  # of voxels, read at once


def recompute_importance(
    archive: Archive,
    field: Field,
    importance: Importance = None,
    *,
    variable: str | None = None,
    time: int | slice | None = None,
    block: int = IMPORTANCE_BLOCK,
) -> xr.DataArray:
    """Return the mean importance of each block, as :meth:`Archive.importance` does, from the field.

    Parameters
    ----------
    archive, field
        An archive and what was compressed.
    importance
        A map in any form that :func:`idlat.importance.resolve` takes; None computes the stored expression
        again.
    variable, time
        As in :meth:`Archive.importance`.
    block
        Voxels an axis, 16 or 8.

    Raises
    ------
    FieldError
        The field has another shape or dtype than the archive's.
    ArchiveError
        The archive's importance was no expression and `importance` is None, or there is no such variable or
        step.
    """
    selection = archive.variable(variable).isel(time=time).selection
    (source,) = original_inputs(archive, field, importance, [selection.variable])
    steps = [
        _block_importance(source, step * selection.variable.components, block) for step in selection.steps
    ]
    return label_blocks(np.stack(steps), selection)


def _block_importance(source: VariableInput, frame: int, block: int) -> NDArray[np.float64]:
    """Return the mean of each block (z, y, x) of a step, by layers; 0 counts where the mask has no value."""
    values, importance, variable = source.values(frame), source.importance_of(frame), source.variable
    parts = []
    for start in range(0, variable.volume[0], _LAYERS):
        layers = slice(start, start + _LAYERS)
        part = np.asarray(importance[layers], np.float64)
        if variable.mask_of(frame) is not None:
            part = np.where(variable.kinds(values[layers], frame) == VALID, part, 0)
        parts.append(block_means(part, block))
    return np.concatenate(parts)
