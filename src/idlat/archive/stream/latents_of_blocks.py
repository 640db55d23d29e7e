"""Latents of the blocks of a parallel run: made anew, in one unit, for analysis and the explorer.

::

    blocks ──decoded──▶ idlat.compress ──▶ an archive in a temporary folder: its latents
                                                with the values that the blocks decode to

Each block is normalised, and its transforms chosen, by its own values, so that equal latents of two blocks
mean different things. What is made anew is normalised as one field.
"""

from __future__ import annotations

import statistics
import tempfile
import warnings
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from idlat.archive.compress_field import compress
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.read.archive import Archive
from idlat.archive.read.region_selection import RegionSelection
from idlat.archive.read.stored_variable import StoredVariable
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import Remark
from idlat.parallel import Scheduler
from idlat.progress import Progress
from idlat.tiling import Box, Tile

__all__ = ["with_latents"]


def with_latents(
    archive: Archive, scheduler: Scheduler | None = None, progress: Progress | None = None
) -> Archive:
    """Return an archive that has latents: itself, or of the blocks of a parallel run one that has theirs.

    That one decodes to the blocks' own values. Its latents are those of these values, at the quality of the
    middle block, under the blocks' expression of importance evaluated on the whole field; they lie in the
    system's folder for temporary files until it is closed, and `archive` with it. Its sizes are its own.

    Parameters
    ----------
    archive
        Open; an error closes it.
    scheduler
        A Dask cluster to compress on: see :func:`idlat.compress`.
    progress
        Told of the stages of compression.

    Raises
    ------
    IdlatError
        A block is damaged, or the folder for temporary files is full.
    """
    if not archive.blocks:
        return archive
    remark = f"{archive.path}: the latents of its {len(archive.blocks)} blocks are made anew, in one unit"
    warnings.warn(remark, Remark, stacklevel=2)
    with ExitStack() as held:
        held.enter_context(archive)
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="idlat-blocks-"))
        made = held.enter_context(_made_anew(archive, f"{folder}/whole.idlat", scheduler, progress))
        stated = {each.name: each.errors for each in archive.record.variables}
        settings = replace(archive.record.settings, keep_importance=made.record.settings.keep_importance)
        variables = tuple(replace(each, errors=stated[each.name]) for each in made.record.variables)
        record = replace(made.record, settings=settings, variables=variables)
        store = ArchiveStore(made.store.store, archive.path)
        return _WithLatents(store, record, made.model, of=archive, held=held.pop_all())


def _made_anew(
    archive: Archive, path: str, scheduler: Scheduler | None, progress: Progress | None
) -> Archive:
    """Compress what blocks decode to, as they were compressed."""
    low, high = archive.model.gain_limits
    gain = statistics.median(block.archive.gain for block in archive.blocks)
    source, settings = archive.record.importance, archive.record.settings
    expression = source.text if source.kind == "expression" else None
    return compress(
        archive.to_xarray(),
        path,
        expression,
        archive.model,
        quality=100 * (gain - low) / (high - low) if low < high else None,
        importance_range=archive.record.importance_range,
        effort=settings.effort,
        keep_importance=expression is not None,
        scheduler=scheduler,
        progress=progress,
    )


@dataclass(frozen=True, kw_only=True, repr=False)
class _WithLatents(Archive):
    """An archive that decodes to the values of another one; closing it closes what it has `held`."""

    of: Archive
    held: ExitStack

    def close(self) -> None:
        """Close both, and take the temporary folder away."""
        self.held.close()

    def _opened(self, variable: VariableRecord) -> StoredVariable:
        base, stored = super()._opened(variable).decoder, self.of[variable.name]
        own = (base.store, base.variable, base.grid, base.model, base.binding)
        return StoredVariable(
            _Decoder(*own, of=stored.decoder), stored.labels, RegionSelection.whole(variable)
        )


@dataclass(frozen=True, kw_only=True)
class _Decoder(VariableDecoder):
    """Decodes to the values of another variable; latents and the coarse view are its own."""

    of: VariableDecoder

    def decode_tile(self, frame: int, tile: Tile, region: Box | None = None) -> tuple[Box, NDArray[Any]]:
        """Decode the voxels of a tile's core as they are stored."""
        return self.of.decode_tile(frame, tile, region)
