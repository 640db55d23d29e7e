"""Encoding frames of variables into existing arrays, and measuring what they decode to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from idlat.archive.check.measure_errors import MeasuredErrors, measure_errors
from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.integrity import Binding
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.original.tile_reader import VariableInput
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.archive.write.low_parts import LowPart
from idlat.archive.write.residual_encoder import ResidualEncoder
from idlat.archive.write.variable_encoder import TileGroup, VariableEncoder
from idlat.model.latent_model import LatentModel
from idlat.parallel import Workers, join_tasks, run_tasks
from idlat.progress import Progress, counted
from idlat.tiling import Tile

__all__ = ["FrameWriter"]


@dataclass(frozen=True)
class FrameWriter:
    """Writes frames of a new archive, or those that are appended to one.

    Attributes
    ----------
    store
        The archive's, writable.
    record
        The archive's; its arrays exist.
    models
        What encodes and decodes each variable, fitted to it.
    sources
        Values and importance of the variables that get frames.
    workers
        Threads.
    progress
        Told of the stages ``encode``, ``correct`` and ``measure``.
    """

    store: ArchiveStore
    record: ArchiveRecord
    models: Sequence[LatentModel]
    sources: Sequence[VariableInput]
    workers: Workers
    progress: Progress | None = None

    def encode(self, gain: float, *, resume: bool = False) -> None:
        """Write every object of the frames; with `resume`, only those that are missing."""
        keep = self.record.settings.keep_importance
        owners = self._mask_owners()
        encoders = [
            VariableEncoder(
                self.store, source, model, self._binding(source.variable, gain), keep,
                owners.get(source.variable.path, frozenset()),
            )
            for source, model in zip(self.sources, self.models, strict=True)
        ]  # fmt: skip
        groups = [
            ((at, group), [(at, group, tile) for tile in tiles])
            for at, encoder in enumerate(encoders)
            for group, tiles in encoder.groups
        ]

        def encode_one(task: tuple[int, TileGroup, Tile]) -> list[LowPart] | None:
            at, group, tile = task
            return encoders[at].encode_tile(group, tile, resume=resume)

        def join(owner: tuple[int, TileGroup], parts: Sequence[list[LowPart] | None]) -> None:
            at, group = owner
            encoders[at].join(group, parts)

        done = join_tasks(encode_one, groups, join, self.workers)
        for _ in counted(done, "encode", sum(len(tiles) for _, tiles in groups), self.progress):
            pass
        self._correct(gain, resume=resume)

    def _correct(self, gain: float, *, resume: bool) -> None:
        """Write the corrections of variables that have an error bound; all latents are stored."""
        encoders = [
            ResidualEncoder(self.store, source, decoder)
            for source, decoder in zip(self.sources, self._decoders(gain), strict=True)
        ]
        tasks = [(at, *task) for at, encoder in enumerate(encoders) for task in encoder.tasks]

        def encode_one(task: tuple[int, int, Tile]) -> None:
            at, frame, tile = task
            encoders[at].encode_tile(frame, tile, resume=resume)

        for _ in counted(run_tasks(encode_one, tasks, self.workers), "correct", len(tasks), self.progress):
            pass

    def _mask_owners(self) -> dict[str, frozenset[int]]:
        """By variable, the frames that are the first of the archive to have their mask."""
        owners: dict[str, frozenset[int]] = {}
        seen: set[int] = set()
        for variable in self.record.variables:
            first: dict[int, int] = {}
            for frame in range(variable.frames):
                mask = variable.mask_of(frame)
                if mask is not None and mask not in seen:
                    first.setdefault(mask, frame)
            seen |= set(first)
            owners[variable.path] = frozenset(first.values())
        return owners

    def measure(self, gain: float) -> MeasuredErrors:
        """Decode the frames and compare them with what was given."""
        return measure_errors(self._decoders(gain), self.sources, self.workers, self.progress)

    def _decoders(self, gain: float) -> list[VariableDecoder]:
        return [
            VariableDecoder(self.store, s.variable, s.grid, model, self._binding(s.variable, gain))
            for s, model in zip(self.sources, self.models, strict=True)
        ]

    def _binding(self, variable: VariableRecord, gain: float) -> Binding:
        return self.record.binding(variable, gain)
