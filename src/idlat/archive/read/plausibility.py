"""Whether the sizes that a record states are plausible, checked before memory is taken for them."""

from __future__ import annotations

import math

from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.read.chunk_readers import latent_key
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import ArchiveError
from idlat.model.latent_model import LatentModel
from idlat.tiling import Grid

__all__ = ["check_chunks", "check_gain"]

_FEW = 64  # chunks that are looked for one by one, as they are needed
_SAMPLE = 16
_ROUNDING = 1e-6


def check_gain(gain: float, model: LatentModel, where: str) -> None:
    """Refuse a gain that the model does not have, with which its synthesis would overflow.

    Raises
    ------
    ArchiveError
        It is out of the model's range.
    """
    low, high = model.gain_limits
    if not low - _ROUNDING <= gain <= high + _ROUNDING:
        raise ArchiveError(
            f"{where} states the gain {gain:g}, its model has gains from {low:g} to {high:g}: its record is "
            "damaged; restore it from a copy"
        )


def check_chunks(store: ArchiveStore, variable: VariableRecord, grid: Grid, model: LatentModel) -> None:
    """Refuse a record of many chunks of which hardly one is found: its shape is damaged.

    Raises
    ------
    ArchiveError
        Of a variable of more than 64 chunks, at most one of 16 spread evenly is there.
    """
    counts = (variable.frames, *(-(-n // model.chunk_cells) for n in grid.cells))
    total = math.prod(counts)
    if total <= _FEW:
        return
    there = 0
    for number in range(_SAMPLE):
        rest, index = number * (total - 1) // (_SAMPLE - 1), []
        for count in reversed(counts):
            rest, at = divmod(rest, count)
            index.append(at)
        frame, *position = reversed(index)
        there += store.exists(latent_key(variable, frame, position))
        if there > 1:  # one may be the first of a small archive whose record announces a large one
            return
    raise ArchiveError(
        f"{store.name}: variable {variable.name!r} should have {total} chunks for the shape "
        f"{variable.shape}, and of {_SAMPLE} that were looked for {there} is there: restore it from a copy"
    )
