"""Appending steps or variables to an archive (design section 5).

::

    field ──checked against grid, model, normalisation──▶ record to be ──▶ appending.json
      ──▶ room for the new frames ──▶ their chunks ──▶ measured ──▶ coordinates ──▶ record replaced

Until the record is replaced, in one go, readers see the archive as it was. A killed job leaves
``appending.json``, by which ``--resume`` goes on; an error takes everything back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from idlat.archive.compatible import are_steps, check_like, importance_of, missing_of, renamed
from idlat.archive.decode import VariableDecoder
from idlat.archive.encode import VariableEncoder
from idlat.archive.format import ArchiveRecord
from idlat.archive.growth import add_variable, drop_unused_coordinates, grow_variable, relabel, take_back
from idlat.archive.inputs import VariableInput
from idlat.archive.job import scan_variable
from idlat.archive.joining import check_grid, join_steps
from idlat.archive.latents import MaskReader
from idlat.archive.layout import grid_of, group_paths, write_record
from idlat.archive.maps import maps_of
from idlat.archive.measure import measure_errors, pooled_errors, with_errors
from idlat.archive.models import LatentModel
from idlat.archive.opening import open_archive
from idlat.archive.output import output_error
from idlat.archive.parallel import Progress, worker_count
from idlat.archive.places import LocalPlace, Place, place_of
from idlat.archive.reader import Archive
from idlat.archive.scan import TILE_CORE
from idlat.archive.source import Field, FieldReader, as_fields
from idlat.archive.stores import ArchiveStore
from idlat.archive.variable import VariableRecord
from idlat.errors import ArchiveError, FieldError, IdlatError, OutputExistsError
from idlat.fields.missing import valid_mask
from idlat.tiling import box_slices

if TYPE_CHECKING:
    from idlat.importance import Importance, ImportanceMap

__all__ = ["append_to", "check_settings"]

_JOURNAL = "appending.json"


def append_to(
    path: str | os.PathLike[str],
    field: Field,
    importance: Importance,
    model: LatentModel | str | os.PathLike[str] | None,
    *,
    transform: str,
    missing: float | None,
    resume: bool,
    restart: bool,
    workers: int | None,
    progress: Progress | None,
) -> Archive:
    """Append to an archive: steps to all of its variables, or further variables.

    Parameters
    ----------
    path
        A finished archive.
    field, importance, model, transform, missing, workers, progress
        As :func:`idlat.compress` takes them; `transform` is that of new variables.
    resume, restart
        Go on with an append that was interrupted, or take back what it left and begin anew.

    Returns
    -------
    Archive
        Open for reading.

    Raises
    ------
    IdlatError
        What was asked for cannot be; the archive is as it was.
    """
    if resume and restart:
        raise IdlatError("--overwrite and --resume exclude each other: choose one")
    with open_archive(path, model) as archive:
        place = place_of(path)
        if place.name.endswith(".zip") or (isinstance(place, LocalPlace) and not place.path.is_dir()):
            raise ArchiveError(f"{place.name}: a .zip is finished; append to the folder and pack it again")
        record, store = archive.record, place.open()
        given = as_fields(field, missing_of(record, missing))
        readers = tuple(renamed(reader, record) for reader in given)
        maps, _ = maps_of(importance_of(record, importance), readers)
        steps, threads = are_steps(record, readers), worker_count(workers)
        plan = _Plan(archive, store, readers, tuple(maps), steps, transform, threads, progress)
        if not (resume and steps and plan.stands()):
            with _changing(place):
                _run(plan, resume=resume, restart=restart)
    return open_archive(path, model)


def check_settings(given: Mapping[str, Any]) -> None:
    """Refuse options that an archive's beginning has settled.

    >>> check_settings({"quality": None, "self-contained": False})
    """
    named = [f"--{name}" for name, value in given.items() if value]
    if named:
        raise IdlatError(f"--append keeps the archive's own settings: leave out {', '.join(named)}")


@contextmanager
def _changing(place: Place) -> Iterator[None]:
    """Say in one line what keeps an archive from being written."""
    try:
        yield
    except OSError as error:
        if isinstance(error, IdlatError):
            raise
        raise output_error(place, error) from error


def _run(plan: _Plan, *, resume: bool, restart: bool) -> None:
    """Append; whatever error ends it, the archive is as it was."""
    store, record = plan.store, plan.archive.record
    to_be = plan.record()
    begun = _begun(store, record, to_be, resume=resume, restart=restart)
    try:
        if not begun:
            store.put(_JOURNAL, json.dumps(to_be.to_json()).encode())
        plan.write(to_be, resume=begun)
    except Exception:
        if not begun:
            take_back(store, record, to_be)
            store.delete(_JOURNAL)
        raise
    store.delete(_JOURNAL)


def _begun(
    store: ArchiveStore, record: ArchiveRecord, to_be: ArchiveRecord, *, resume: bool, restart: bool
) -> bool:
    """Whether this append was begun, and interrupted; what is to be forgotten is taken back."""
    journal = store.get(_JOURNAL)
    if journal is None:
        return False
    begun = ArchiveRecord.from_json(json.loads(journal), store.name)
    if restart:
        take_back(store, record, begun)
        store.delete(_JOURNAL)
        return False
    if not resume:
        raise OutputExistsError(
            f"an append to {store.name} was interrupted: go on with --resume, or drop it with --overwrite"
        )
    if not begun.same_job(to_be):
        raise ArchiveError(
            f"{store.name} cannot be resumed: the append was begun with another field or map; use the same "
            "ones, or drop it with --overwrite"
        )
    return True


@dataclass(frozen=True)
class _Plan:
    """An append that can be; `steps` tells whether it is one of steps, else of variables."""

    archive: Archive
    store: ArchiveStore
    readers: tuple[FieldReader, ...]
    maps: tuple[ImportanceMap, ...]
    steps: bool
    transform: str
    workers: int
    progress: Progress | None

    def stands(self) -> bool:
        """Whether the archive ends with these very steps already: a job that was killed at its very end."""
        return all(
            self._scan(reader, old).parts[0].fingerprint == old.parts[-1].fingerprint
            for reader, old in self._pairs()
        )

    def record(self) -> ArchiveRecord:
        """Return the record to be, which is that of an incomplete archive."""
        old = self.archive.record
        if self.steps:
            grown = {before.name: self._grown(reader, before) for reader, before in self._pairs()}
            variables = tuple(grown[variable.name] for variable in old.variables)
        else:
            check_grid(self.archive.template(old.variables[0].name), self.readers[0].field)
            variables = (*old.variables, *self._added())
        return replace(old, variables=variables, complete=False)

    def write(self, record: ArchiveRecord, *, resume: bool) -> None:
        """Write the new frames, measure them, and make the record the archive's."""
        old, model = self.archive.record, self.archive.model
        sources = self._sources(record)
        labels = {}
        for source in sources:
            if self.steps:
                before = old.variable(source.variable.name)
                labels[before.name] = join_steps(self.archive.template(before.name), source.reader.field)
                grow_variable(self.store, before, source.variable, record, model)
            else:
                add_variable(self.store, source.variable, source.reader.field, record, model)
        self._encode(sources, resume=resume)
        measured = self._measure(sources)
        taken = {variable.path for variable in record.variables} | {"model", "c"}
        for source in sources:
            if self.steps:
                relabel(self.store, source.variable, labels[source.variable.name], taken)
        variables = tuple(measured.get(v.name, v) for v in record.variables)
        done = replace(record, variables=variables, complete=True)
        write_record(self.store, done)
        drop_unused_coordinates(self.store, done)

    def _pairs(self) -> list[tuple[FieldReader, VariableRecord]]:
        return [(reader, self.archive.record.variable(reader.name)) for reader in self.readers]

    def _scan(self, reader: FieldReader, like: VariableRecord) -> VariableRecord:
        """Read the new steps of a variable once; return a record of them alone."""
        periodic, model = self.archive.record.periodic, self.archive.model
        transform = like.parts[-1].normalisations[0].transform
        return scan_variable(reader, like.path, transform, periodic, model, self.workers, self.progress)

    def _grown(self, reader: FieldReader, old: VariableRecord) -> VariableRecord:
        """Return the record of a variable with the new steps after the old ones."""
        new = self._scan(reader, old)
        check_like(self.archive, new, old)
        join_steps(self.archive.template(old.name), reader.field)
        (part,) = new.parts
        normalisations = tuple(
            replace(kept, minimum=found.minimum, maximum=found.maximum)
            for kept, found in zip(old.parts[-1].normalisations, part.normalisations, strict=True)
        )
        steps = old.steps + new.steps
        dims = ("time", *(dim for dim in old.dims if dim != "time"))
        lead = [steps] if old.components == 1 and "component" not in dims else [steps, old.components]
        return replace(
            old,
            dims=dims,
            shape=(*lead, *old.volume),
            parts=(*old.parts, replace(part, normalisations=normalisations)),
            mask=self._mask(reader, new, old),
            errors=None,
        )

    def _mask(self, reader: FieldReader, new: VariableRecord, old: VariableRecord) -> str:
        """Tell how the mask of old and new steps together is stored."""
        if new.mask == old.mask == "none":
            return "none"
        if new.mask != "constant" or old.mask != "constant":
            return "varying"
        mask = MaskReader(self.archive.store, old)
        grid = self.archive.decoder(old.name).grid
        for tile in grid.tiles(TILE_CORE):
            box = grid.voxels_of(tile.core)
            for component in range(old.components):
                kinds = valid_mask(reader.frame(component)[box_slices(box)], old.fill_values)
                if (kinds != mask.read(component, box)).any():
                    return "varying"
        return "constant"

    def _added(self) -> list[VariableRecord]:
        """Return the records of further variables."""
        old, model = self.archive.record, self.archive.model
        first = old.variables[0]
        names = [str(name) for reader in self.readers for name in reader.field.coords]
        names += [str(name) for name in self.archive.template(first.name).coords]
        names += [variable.path for variable in old.variables]
        paths = group_paths([reader.name for reader in self.readers], names)
        added = []
        for reader, path in zip(self.readers, paths, strict=True):
            if (reader.volume, reader.steps) != (first.volume, first.steps):
                raise FieldError(
                    f"variable {reader.name!r} has the shape {reader.field.shape}, the archive's "
                    f"{first.name!r} has {first.shape}: variables of one archive share one grid"
                )
            added.append(
                scan_variable(reader, path, self.transform, old.periodic, model, self.workers, self.progress)
            )
        return added

    def _sources(self, record: ArchiveRecord) -> list[VariableInput]:
        sources = []
        for reader, made in zip(self.readers, self.maps, strict=True):
            variable = record.variable(reader.name)
            first = self.archive.record.variable(reader.name).steps if self.steps else 0
            grid = grid_of(variable, record.periodic, self.archive.model.cell)
            sources.append(VariableInput(variable, grid, reader, made, first))
        return sources

    def _encode(self, sources: Sequence[VariableInput], *, resume: bool) -> None:
        archive, keep = self.archive, self.archive.record.request.keep_importance
        encoders = [VariableEncoder(self.store, s, archive.model, archive.gain, keep) for s in sources]
        total, done = sum(encoder.tiles for encoder in encoders), 0
        for encoder in encoders:
            for _ in encoder.encode(self.workers, resume=resume):
                done += 1
                if self.progress is not None:
                    self.progress("encode", done, total)

    def _measure(self, sources: Sequence[VariableInput]) -> dict[str, VariableRecord]:
        """Decode the new frames; return the records of what has grown, with the errors of all frames."""
        model, gain = self.archive.model, self.archive.gain
        decoders = [VariableDecoder(self.store, s.variable, s.grid, model, gain) for s in sources]
        errors = measure_errors(decoders, sources, self.workers, self.progress)
        measured = {}
        for source in sources:
            name = source.variable.name
            new = with_errors(source.variable, errors.of(name))
            measured[name] = pooled_errors(self.archive.record.variable(name), new) if self.steps else new
        return measured
