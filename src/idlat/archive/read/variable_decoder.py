"""From stored objects back to voxels, any region of any steps (design sections 3 and 5).

::

    latents of the region's cells and 3 around ──model.synthesise──▶ window ──crop──▶ core
      ──denormalise──▶ physical values ──with a bound: correct──restore what was missing, cast──▶ the region

The synthesis pads nothing of its own, so any tiling gives the same values to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.format.integrity import Binding
from idlat.archive.format.losses import NOTHING_LOST, VariableLosses
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.read.chunk_readers import LatentReader
from idlat.archive.read.decoding_tiles import decoding_core
from idlat.archive.read.lost_voxels import LostVoxels
from idlat.archive.read.mask_reader import MaskReader
from idlat.archive.read.residual_reader import ResidualReader
from idlat.archive.read.second_reader import SecondReader
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.fields import cast_values, restore_missing
from idlat.model.latent_model import LatentModel, Latents, exact_model
from idlat.model.tile_analysis import Low
from idlat.parallel import Workers, run_tasks, slots_of
from idlat.progress import Progress, counted
from idlat.tiling import Box, Grid, Tile, Triple, block_reduce, box_shape, crop, intersect, scale_box

__all__ = ["VariableDecoder"]


@dataclass(frozen=True)
class VariableDecoder:
    """Decodes regions of one variable; keeps the latents that it has read lately.

    Attributes
    ----------
    store, variable, grid
        The archive's store, the variable's record and its cells.
    model
        The synthesis.
    binding
        The gain g, and what else the objects are bound to.
    losses
        What the archive has lost of the variable: what depends on it decodes as missing.
    """

    store: ArchiveStore
    variable: VariableRecord
    grid: Grid
    model: LatentModel
    binding: Binding
    losses: VariableLosses = NOTHING_LOST

    @property
    def gain(self) -> float:
        """The gain g of the synthesis."""
        return self.binding.gain

    @cached_property
    def latents(self) -> LatentReader:
        """The variable's latents."""
        lost = self.losses.latents
        return LatentReader(self.store, self.variable, self.grid, self.model, self.binding, lost)

    @cached_property
    def second(self) -> SecondReader | None:
        """The variable's low subbands, None where they are among the latents."""
        if self.model.coding_json is None:
            return None
        lost = self.losses.second
        return SecondReader(self.store, self.variable, self.grid, self.model, self.binding, lost)

    @cached_property
    def residual(self) -> ResidualReader | None:
        """What corrects the variable's voxels, None without an error bound."""
        if self.variable.bounds is None:
            return None
        return ResidualReader(self.store, self.variable, self.binding, self.losses)

    def features(self, frame: int, cells: Box) -> Latents:
        """Return the latents (C, z, y, x) of a box of cells as features: low subbands among them.

        Cells of which voxels are lost have zeros.
        """
        z, y, x = (slice(*span) for span in cells)
        lost = self._lost_cells(frame, cells)
        if lost is not None and lost.all():
            return np.zeros((self.model.channels, *lost.shape), self.model.latent_dtype)
        found = self.latents.frame(frame)[..., z, y, x]
        if self.second is not None:
            low = self.second.window(frame, cells)
            found = self._model_at(cells).features(found, low, self.grid.voxels_in(cells))
        if lost is not None:
            found[:, lost] = 0
        return found

    def _lost_cells(self, frame: int, cells: Box) -> NDArray[np.bool_] | None:
        """Return which cells (z, y, x) of a box have lost voxels; None where none has."""
        lost = self.lost.within(frame, self.grid.voxels_of(cells))
        return None if lost is None else block_reduce(lost, self.grid.cell, np.logical_or)

    @cached_property
    def mask(self) -> MaskReader | None:
        """The variable's mask, None where no value is missing."""
        if not self.variable.has_mask:
            return None
        return MaskReader(self.store, self.binding, self.grid, self.losses.mask)

    @cached_property
    def lost(self) -> LostVoxels:
        """Which of the variable's voxels are lost."""
        return LostVoxels(self.variable, self.grid, self.model, self.losses)

    def decode(
        self, frames: Sequence[int], region: Box, workers: Workers, progress: Progress | None = None
    ) -> NDArray[Any]:
        """Decode a region of some frames.

        Parameters
        ----------
        frames
            Components of time steps, as :class:`VariableRecord` counts them.
        region
            Voxels.
        workers
            Threads.
        progress
            Told of the stage ``decode``.

        Returns
        -------
        array
            ``(frames, z, y, x)`` in the field's dtype.

        Raises
        ------
        ArchiveError
            A chunk is missing or damaged; the message names it.
        """
        out = np.empty((len(frames), *box_shape(region)), self.variable.dtype)
        tiles = self.tiles(region, len(frames), slots_of(workers))
        tasks = [(at, frame, tile) for at, frame in enumerate(frames) for tile in tiles]

        def decode_one(task: tuple[int, int, Tile]) -> tuple[Box, NDArray[Any]]:
            _, frame, tile = task
            return self.decode_tile(frame, tile, region)

        found = counted(run_tasks(decode_one, tasks, workers), "decode", len(tasks), progress)
        for (at, _, _), (box, values) in zip(tasks, found, strict=True):
            out[(at, *crop(box, region))] = values
        return out

    def tiles(self, region: Box, frames: int, threads: int) -> list[Tile]:
        """Tile the cells of a region, halo included, for `threads` to decode `frames` of it soonest."""
        within, halo = self.grid.cells_of(region), self.model.synthesis_halo
        core = decoding_core(box_shape(within), halo, frames, threads, self.grid.cell)
        return self.grid.tiles(core, halo, within)

    def decode_tile(self, frame: int, tile: Tile, region: Box | None = None) -> tuple[Box, NDArray[Any]]:
        """Decode the voxels of a tile's core that lie in the field, and in the region if one is given.

        Returns
        -------
        box, values
            Which voxels, and their values (z, y, x) in the field's dtype.
        """
        core = self.grid.voxels_of(tile.core)
        box = intersect(core, region or core)
        lost = self.lost.within(frame, box)
        if lost is not None and lost.all():  # what it would be decoded from may not be there
            return box, np.full(box_shape(box), self.lost.fill)
        if self.residual is not None:
            values = self._bounded(frame, box, self.foretold(frame, tile, box), self.residual)
        else:
            latents, low, shape = self._stored(frame, tile)
            window = self._model_at(tile.window).synthesise(latents, self.gain, low, shape)
            inside = crop(box, scale_box(tile.window, self.grid.cell))
            dtype = np.dtype(self.variable.dtype)
            physical = self.variable.normalisation(frame).backward(np.array(window[inside]), dtype)
            values = self.finished(physical, frame, box)
        if lost is not None:
            values[lost] = self.lost.fill
        return box, values

    def _model_at(self, window: Box) -> LatentModel:
        """Return the model for a window of cells."""
        return self.model.placed(self.grid.first_voxel(window))

    def _stored(self, frame: int, tile: Tile) -> tuple[Latents, Low | None, Triple]:
        """Return what is stored of a tile's window, and its voxels."""
        latents = self.grid.gather_cells(self.latents.frame(frame), tile.window)
        low = None if self.second is None else self.second.window(frame, tile.window)
        return latents, low, self.grid.voxels_in(tile.window)

    def foretold(self, frame: int, tile: Tile, box: Box) -> NDArray[np.float64]:
        """Return what a tile's latents decode to in a box of its core, the same bits on every machine."""
        latents, low, shape = self._stored(frame, tile)
        window = exact_model(self._model_at(tile.window)).synthesise_exactly(latents, self.gain, low, shape)
        inside = crop(box, scale_box(tile.window, self.grid.cell))
        return self.variable.normalisation(frame).backward_exactly(window[inside])

    def _bounded(
        self, frame: int, box: Box, foretold: NDArray[np.float64], residual: ResidualReader
    ) -> NDArray[Any]:
        """Correct the values of a box to within their bounds."""
        values, kept, exact = residual.corrected(frame, box, foretold)
        finished = self.finished(values, frame, box)
        finished[kept] = exact
        return finished

    def finished(self, physical: NDArray[np.floating[Any]], frame: int, box: Box) -> NDArray[Any]:
        """Restore what was missing among physical values, and cast them to the field's dtype."""
        dtype = np.dtype(self.variable.dtype)
        if self.mask is None and not self.variable.stored_values:
            return cast_values(physical, dtype)
        kinds = None if self.mask is None else self.mask.read(frame, box)
        return restore_missing(
            physical, kinds, dtype, self.variable.fill_values, self.variable.outlier_values
        )

    @property
    def mean_dtype(self) -> np.dtype[Any]:
        """Type of means: float32, float64 where values have 64 bits."""
        return np.dtype(np.float64 if np.dtype(self.variable.dtype).itemsize == 8 else np.float32)

    def coarse(self, frame: int, cells: Box) -> NDArray[Any]:
        """Return the mean of each cell of a box (z, y, x), without the synthesis, in physical units.

        NaN where voxels are lost.
        """
        lost = self._lost_cells(frame, cells)
        if lost is None:
            return self._coarse(frame, cells)
        if lost.all():
            return np.full(lost.shape, np.nan, self.mean_dtype)
        means = self._coarse(frame, cells)
        means[lost] = np.nan
        return means

    def _coarse(self, frame: int, cells: Box) -> NDArray[Any]:
        """Return the mean of each cell of a box of which something is there."""
        (tile,) = self.grid.tiles(box_shape(cells), self.model.synthesis_halo, cells)
        latents = np.empty((0, *box_shape(tile.window)), self.model.latent_dtype)
        if count := self.model.coarse_latents:
            latents = self.grid.gather_cells(self.latents.frame(frame), tile.window)[:count]
        low = None if self.second is None else self.second.window(frame, tile.window)
        model, shape = self._model_at(tile.window), self.grid.voxels_in(tile.window)
        means = model.coarse(latents, self.gain, low, shape)[tile.crop_cells]
        physical = self.variable.normalisation(frame).backward(np.array(means), self.mean_dtype)
        with np.errstate(over="ignore"):  # a range that is no float32's, as only a damaged record has it
            return physical.astype(self.mean_dtype)
