"""Plan of one append: the new record and the frames to write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from idlat.archive.append.append_checks import check_like
from idlat.archive.append.grow_arrays import add_variable, grow_variable, relabel
from idlat.archive.append.join_coordinates import join_steps
from idlat.archive.check.measure_errors import pooled_errors, with_errors
from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.array_paths import group_paths
from idlat.archive.format.create_arrays import read_coding
from idlat.archive.format.mask_array import set_masks
from idlat.archive.format.root_document import write_record
from idlat.archive.format.variable_record import Part, VariableRecord
from idlat.archive.original.archive_grid import check_grid
from idlat.archive.original.field_reader import FieldReader
from idlat.archive.original.frame_normalisation import continued, joined_outliers
from idlat.archive.original.mask_numbers import MaskNumbers
from idlat.archive.original.tile_reader import VariableInput, variable_inputs
from idlat.archive.read.archive import Archive
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.archive.write.compression_plan import ScannedVariable, scan_variable
from idlat.archive.write.frame_writer import FrameWriter
from idlat.errors import FieldError
from idlat.parallel import Workers
from idlat.progress import Progress

if TYPE_CHECKING:
    from idlat.importance import ImportanceMap

__all__ = ["AppendPlan"]


@dataclass(frozen=True)
class AppendPlan:
    """A checked append; `steps` tells whether it adds steps, else variables."""

    archive: Archive
    store: ArchiveStore
    readers: tuple[FieldReader, ...]
    maps: tuple[ImportanceMap, ...]
    steps: bool
    transform: str
    workers: Workers
    progress: Progress | None
    secure: Callable[[], None]
    """Waits until the disk has all of it, before the record says so."""

    def is_stored(self) -> bool:
        """Whether the archive already ends with these steps: the job was killed at its very end."""
        return all(
            _same_steps(self._scan(reader, old).record.parts[0], old.parts[-1])
            for reader, old in self._pairs()
        )

    def record(self) -> ArchiveRecord:
        """Return the new record, marked incomplete."""
        old = self.archive.record
        numbers = MaskNumbers(old.variables[0].volume, old.masks)
        if self.steps:
            grown = {before.name: self._grown(reader, before, numbers) for reader, before in self._pairs()}
            variables = tuple(grown[variable.name] for variable in old.variables)
        else:
            check_grid(self.archive.template(old.variables[0].name), self.readers[0].field)
            variables = (*old.variables, *self._added(numbers))
        return replace(old, variables=variables, masks=tuple(numbers.hashes), complete=False)

    def write(self, record: ArchiveRecord, *, resume: bool) -> None:
        """Write the new frames, measure them, and make the record the archive's."""
        old, model = self.archive.record, self.archive.model.with_effort(record.settings.tries)
        sources, labels = self._sources(record), {}
        set_masks(self.store, record, model.cell)
        for source in sources:
            if self.steps:
                before = old.variable(source.variable.name)
                labels[before.name] = join_steps(self.archive.template(before.name), source.reader.field)
                grow_variable(self.store, source.variable, record)
            else:
                add_variable(self.store, source, record, model, self.archive.gain)
        models = [read_coding(self.store, source.variable, record, model) for source in sources]
        writer = FrameWriter(self.store, record, models, sources, self.workers, self.progress)
        writer.encode(self.archive.gain, resume=resume)
        measured = self._measured(writer)
        taken = {variable.path for variable in record.variables} | {"model", "c"}
        for source in writer.sources:
            if self.steps:
                name = source.variable.name
                relabel(self.store, old.variable(name), source.variable, labels[name], record.id, taken)
        variables = tuple(measured.get(v.name, v) for v in record.variables)
        done = replace(record, variables=variables, complete=True)
        self.secure()
        write_record(self.store, done)

    def _pairs(self) -> list[tuple[FieldReader, VariableRecord]]:
        return [(reader, self.archive.record.variable(reader.name)) for reader in self.readers]

    def _scan(self, reader: FieldReader, like: VariableRecord) -> ScannedVariable:
        """Read the new steps of a variable once; what comes back is of them alone."""
        return self._scanned(reader, like.path, like.parts[-1].normalisations[0].transform)

    def _scanned(self, reader: FieldReader, path: str, transform: str) -> ScannedVariable:
        """Read a variable once, normalised as it is told."""
        settings = replace(self.archive.record.settings, transform=transform)
        return scan_variable(reader, path, settings, self.archive.model, self.workers, self.progress)

    def _grown(self, reader: FieldReader, old: VariableRecord, numbers: MaskNumbers) -> VariableRecord:
        """Return the record of a variable with the new steps after the old ones."""
        scan = self._scan(reader, old)
        new = scan.record
        check_like(self.archive, new, old)
        join_steps(self.archive.template(old.name), reader.field)
        (part,) = new.parts
        steps = old.steps + new.steps
        dims = ("time", *(dim for dim in old.dims if dim != "time"))
        lead = [steps] if old.components == 1 and "component" not in dims else [steps, old.components]
        grown = replace(
            old,
            dims=dims,
            shape=(*lead, *old.volume),
            item_bytes=min(old.item_bytes, new.item_bytes),
            parts=(*old.parts, replace(part, normalisations=continued(old.parts[-1], part, old.components))),
            outlier_values=joined_outliers(old, new),
            errors=None,
        )
        return numbers.numbered(grown, scan.masks)

    def _added(self, numbers: MaskNumbers) -> list[VariableRecord]:
        """Return the records of further variables."""
        old = self.archive.record
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
            scan = self._scanned(reader, path, self.transform)
            added.append(numbers.numbered(scan.record, scan.masks))
        return added

    def _sources(self, record: ArchiveRecord) -> list[VariableInput]:
        """Return what reads the new frames."""
        variables = [record.variable(reader.name) for reader in self.readers]
        model, first = self.archive.model, self.archive.record.variables[0].steps if self.steps else 0
        return variable_inputs(variables, self.readers, self.maps, record, model.cell, first)

    def _measured(self, writer: FrameWriter) -> dict[str, VariableRecord]:
        """Decode the new frames; return the records of what has grown, with the errors of all frames."""
        errors = writer.measure(self.archive.gain)
        measured = {}
        for source in writer.sources:
            name = source.variable.name
            new = with_errors(source.variable, errors)
            measured[name] = pooled_errors(self.archive.record.variable(name), new) if self.steps else new
        return measured


def _same_steps(one: Part, other: Part) -> bool:
    """Whether two parts hold the same values under the same labels."""
    return (one.fingerprint, one.labels) == (other.fingerprint, other.labels)
