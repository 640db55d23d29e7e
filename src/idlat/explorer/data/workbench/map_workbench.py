"""The importance workbench: an expression and a quality tried on the chunks in view, as encoding would be.

::

    expression ─ map_of ─▶ I ┐
    quality ─ gain ──────────┴─ ChunkTrial.encode ─▶ bytes ─ ChunkTrial.decode ─▶ errors ─▶ Estimate
    Estimate, Estimate ─ compared ─▶ Comparison          expression, quality ─ save ─▶ an archive of all steps
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from idlat.archive import ChunkTrial, CodedChunk, Target, VariableInput, bounding_cells, compress
from idlat.errors import FieldError, IdlatError
from idlat.explorer.data.background_jobs import CancelledError
from idlat.explorer.data.dataset import Dataset
from idlat.explorer.data.evaluated_maps import map_of, request_of
from idlat.explorer.data.workbench.compare_maps import Comparison, compared
from idlat.explorer.data.workbench.map_estimate import Estimate, errors_of
from idlat.explorer.data.workbench.map_families import Family, families_of
from idlat.importance import ImportanceMap
from idlat.parallel import worker_count
from idlat.progress import Progress, tell
from idlat.tiling import Box, Tile, Triple, box_shape, crop

__all__ = ["MOST_CHUNKS", "Workbench"]

MOST_CHUNKS = 64
"""Chunks of 64³ voxels that one estimate takes."""


@dataclass(frozen=True, eq=False)
class Workbench:
    """Tries importance on a dataset that has its field.

    Attributes
    ----------
    dataset : Dataset
        The archive tells model, normalisation and grid; the field tells the values.
    variable : str, optional
        The first one unless named.
    workers : int, optional
        Threads; one for each processor unless given.
    """

    dataset: Dataset
    variable: str | None = None
    workers: int | None = None

    def estimate(
        self,
        expression: str,
        quality: float,
        step: int,
        chunks: Sequence[Triple] | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Estimate:
        """Code some chunks under an expression and a quality, decode them, and measure.

        The bytes are those that an archive would hold, to what the larger tiles of :func:`idlat.compress`
        change: a few in a thousand. Chunks whose importance is as it was are not coded again.

        Parameters
        ----------
        expression
            Importance; it may name variables, but no file.
        quality
            0 to 100.
        step
            Which step.
        chunks
            Places (z, y, x) of chunks, at most 64; unless given all of the step, or those around its middle
            where it has more.
        progress
            Told of the stage ``estimate``.
        cancelled
            Asked between chunks.

        Raises
        ------
        FieldError
            There is no field.
        ImportanceError, IdlatError
            The expression, quality, step or chunks are not possible.
        CancelledError
            `cancelled` said so.
        """
        gain = Target("quality", quality).gain(self.dataset.archive.model.gain_limits)
        assert gain is not None
        made = map_of(self.dataset, expression, self.variable)
        trials = self._trials(made, gain, self.dataset.check_step(step))
        tiles = self._tiles(chunks)
        tick = _ticking(len(trials) * len(tiles), progress, cancelled)
        workers = worker_count(self.workers)
        coded = tuple(tuple(trial.encode(tiles, workers, tick)) for trial in trials)
        decoded = tuple(trial.decode(own, tick) for trial, own in zip(trials, coded, strict=True))
        grid = trials[0].source.grid
        region = grid.voxels_of(bounding_cells(tiles))
        voxels = sum(math.prod(box_shape(grid.voxels_of(tile.core))) for tile in tiles)
        record = trials[0].source.variable
        return Estimate(
            expression=made.text,
            variable=record.name,
            step=step,
            quality=quality,
            gain=gain,
            region=region,
            whole=len(tiles) == len(grid.chunks(self.dataset.archive.model.chunk_cells)),
            bytes=sum(each.stored for own in coded for each in own),
            bytes_original=voxels * record.components * record.item_bytes,
            errors=errors_of(trials, coded, decoded, region),
            importance=_importance(trials[0], coded[0], region),
            decoded=decoded,
            trials=trials,
            coded=coded,
        )

    def compare(
        self,
        a: Estimate,
        b: Estimate,
        clusters: int = 4,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Comparison:
        """Compare two estimates of the same chunks; see :func:`compared`."""
        return compared(a, b, clusters, seed, progress)

    def families(self, progress: Progress | None = None) -> list[Family]:
        """List the forms that importance may take here, with ranges from the data: work for a job."""
        return families_of(self.dataset, self.variable, progress)

    def save(
        self,
        expression: str,
        quality: float,
        output: str | Path,
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Path:
        """Compress all steps of all variables under an expression and a quality.

        Parameters
        ----------
        expression, quality
            As for :meth:`estimate`.
        output
            A folder, or a file that ends in ``.zip``.
        overwrite
            Replace an archive that is there, once the new one is complete.
        progress
            Told of the stages ``scan``, ``encode`` and ``measure``.
        cancelled
            Asked at each report of progress; what was written is taken away.

        Raises
        ------
        IdlatError
            There is no field, or what :func:`idlat.compress` says.
        """
        if Path(output).absolute() == Path(self.dataset.archive.path).absolute():
            raise IdlatError(f"{output} is the archive that is open: choose another name")
        record, names = self.dataset.archive.record, self.dataset.variables
        if not self.dataset.has_field:
            raise FieldError("an archive is made of the field: start the explorer with it after the archive")

        def report(stage: str, done: int, total: int) -> None:
            if cancelled is not None and cancelled():
                raise CancelledError("compression was cancelled")
            tell(progress, stage, done, total)

        compress(
            [self.dataset.readers[name].field for name in names],
            output,
            request_of(self.dataset, expression),
            self.dataset.archive.model,
            quality=quality if self.dataset.adjustable else None,
            max_error=record.settings.max_error,
            transform=record.variables[0].normalisation(0).transform,
            missing=record.settings.missing,
            periodic=record.settings.periodic,
            mode="w" if overwrite else "w-",
            self_contained=record.settings.self_contained,
            keep_importance=True,
            workers=self.workers,
            progress=report,
        ).close()
        return Path(output)

    def chunks_of(self, region: Box) -> list[Triple]:
        """List the chunks that a region of voxels touches."""
        grid = self.dataset.archive.decoder(self.dataset.record(self.variable).name).grid
        return grid.chunks_of(grid.cells_of(region), self.dataset.archive.model.chunk_cells)

    def _trials(self, made: ImportanceMap, gain: float, step: int) -> tuple[ChunkTrial, ...]:
        """Set up the coding of each component of a step."""
        dataset = self.dataset
        record = dataset.record(self.variable)
        grid = dataset.archive.decoder(record.name).grid
        source = VariableInput(record, grid, dataset.readers[record.name], made)
        frames = range(step * record.components, (step + 1) * record.components)
        model = dataset.archive.decoder(record.name).model
        return tuple(ChunkTrial(source, model, gain, frame, dataset.cache) for frame in frames)

    def _tiles(self, chunks: Sequence[Triple] | None) -> list[Tile]:
        """Return the chunks with what the analysis sees around them.

        Raises
        ------
        IdlatError
            There is no such chunk, none at all, or too many.
        """
        decoder = self.dataset.archive.decoder(self.dataset.record(self.variable).name)
        grid, n = decoder.grid, decoder.model.chunk_cells
        tiles = {tile.index: tile for tile in grid.tiles((n, n, n), decoder.model.window_halo)}
        if chunks is None:
            last = np.array(max(tiles))
            middle = sorted(tiles, key=lambda at: (float(np.abs(at - last / 2).max()), at))
            return [tiles[at] for at in sorted(middle[:MOST_CHUNKS])]
        wanted = sorted({(int(z), int(y), int(x)) for z, y, x in chunks})
        unknown = [at for at in wanted if at not in tiles]
        if unknown or not wanted:
            raise IdlatError(f"there is no chunk {unknown[0] if unknown else ''}: they run to {max(tiles)}")
        if len(wanted) > MOST_CHUNKS:
            raise IdlatError(f"{len(wanted)} chunks are too many to try at once: choose up to {MOST_CHUNKS}")
        return [tiles[at] for at in wanted]


def _ticking(
    chunks: int, progress: Progress | None, cancelled: Callable[[], bool] | None
) -> Callable[[], None]:
    """Return what is called after each piece of work: it counts chunks, and ends all when cancelled."""
    done = 0

    def tick() -> None:
        nonlocal done
        if cancelled is not None and cancelled():
            raise CancelledError("the estimate was cancelled")
        done = min(done + 1, chunks)
        tell(progress, "estimate", done, chunks)

    return tick


def _importance(trial: ChunkTrial, coded: Sequence[CodedChunk], region: Box) -> NDArray[np.float32]:
    """Lay the map of the chunks out over the region; NaN in other chunks."""
    values = np.full(box_shape(region), np.nan, np.float32)
    for each in coded:
        box = trial.source.grid.voxels_of(each.tile.core)
        values[crop(box, region)] = each.importance
    return values
