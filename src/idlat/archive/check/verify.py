"""Checking that an archive is whole: every checksum, every chunk; with the field, every measured error."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Any

from idlat.archive.check.block_maps import part_of, request_on
from idlat.archive.check.match_original import match_field
from idlat.archive.check.measure_errors import measure_errors
from idlat.archive.check.part_maps import maps_by_part
from idlat.archive.format.create_arrays import read_model_bytes, variable_arrays
from idlat.archive.format.mask_array import MaskObjects
from idlat.archive.format.mask_places import mask_arrays
from idlat.archive.format.root_document import JOURNAL
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.format.zarr_documents import read_document
from idlat.archive.original.field_reader import Field, FieldReader, as_fields
from idlat.archive.original.field_scan import scan_field
from idlat.archive.original.importance_maps import maps_of
from idlat.archive.original.tile_reader import ImportanceSteps, variable_inputs
from idlat.archive.read.archive import Archive
from idlat.archive.read.block_importance import ImportanceReader
from idlat.archive.read.open_archive import open_archive
from idlat.archive.read.stored_variable import StoredLabels
from idlat.errors import ArchiveError, IdlatError
from idlat.importance import Importance, ImportanceRequest
from idlat.parallel import Scheduler, Workers, executor_of, run_tasks
from idlat.progress import Progress, counted, tell

__all__ = ["Verification", "verify"]

_SAME = 1e-3  # dB, and relative: decoded values may differ in the last digits between machines


@dataclass(frozen=True)
class Verification:
    """What ``idlat verify`` found.

    Attributes
    ----------
    chunks
        Number of chunks checked, of latents, corrections, masks and kept importance.
    faults
        One line each; empty where the archive is whole.
    lost
        Keys of objects that the archive itself says are lost; each has its line, too.
    """

    chunks: int
    faults: tuple[str, ...]
    lost: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no fault."""
        return not self.faults


def verify(
    archive: Archive | str | os.PathLike[str],
    field: Field | None = None,
    importance: Importance = None,
    *,
    variables: Sequence[str] | None = None,
    workers: Workers | None = None,
    scheduler: Scheduler | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Read and decode every chunk of an archive, and report all faults.

    Parameters
    ----------
    archive
        Open, or the path of one.
    field
        The original: its values must be those that were compressed, the errors those that the archive states,
        and no voxel's beyond its bound.
    importance
        As in :func:`idlat.evaluate`: an ``ImportanceRequest`` has the further variables that the stored
        expression names. Where nothing is given and the importance was no expression, weighted errors are not
        compared.
    variables
        Names of the archive's variables to look at; all unless given.
    workers
        Threads; one for each processor unless given.
    scheduler
        A Dask cluster to run on instead of threads: see :func:`idlat.compress`.
    progress
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    IdlatError
        The archive cannot be opened at all, or `field` is another one.
    """
    if not isinstance(archive, Archive):
        with open_archive(archive) as opened:
            return verify(
                opened,
                field,
                importance,
                variables=variables,
                workers=workers,
                scheduler=scheduler,
                progress=progress,
            )
    if archive.blocks:
        return _of_blocks(archive, field, importance, variables, workers, scheduler, progress)
    records = [archive.record.variable(name) for name in variables or archive.variables]
    with executor_of(workers, scheduler) as executor:
        found = _check_objects(archive, records, executor, progress)
        if field is None or found.faults:
            return found
        request = ImportanceRequest.of(importance)
        faults = _check_field(archive, field, request, records, executor, progress)
        return replace(found, faults=tuple(faults))


def _of_blocks(
    archive: Archive,
    field: Field | None,
    importance: Importance,
    variables: Sequence[str] | None,
    workers: Workers | None,
    scheduler: Scheduler | None,
    progress: Progress | None,
) -> Verification:
    """Check the blocks of a parallel run one after the other, each against its part of the field."""
    request, given = ImportanceRequest.of(importance), list[FieldReader]()
    if field is not None:
        records = [archive.record.variable(name) for name in variables or archive.variables]
        given = match_field(archive, field, records)
        if len({block.archive.record.variables[0].steps for block in archive.blocks}) > 1:
            raise ArchiveError(
                f"{archive.path}: some blocks are steps ahead of others: compare the field once all are done"
            )
    found = []
    for done, block in enumerate(archive.blocks, start=1):
        own = [part_of(reader, block.stored).field for reader in given] or None
        asked = request_on(request, block.stored)
        found.append(
            verify(block.archive, own, asked, variables=variables, workers=workers, scheduler=scheduler)
        )
        tell(progress, "verify", done, len(archive.blocks))
    faults = tuple(fault for each in found for fault in each.faults)
    return Verification(sum(each.chunks for each in found), faults, archive.losses.objects)


def _check_objects(
    archive: Archive, records: Sequence[VariableRecord], workers: Workers, progress: Progress | None
) -> Verification:
    """Check all that is stored of variables, and what they share."""
    noted = archive.losses
    faults = [f"{archive.path}: {key} is lost, as `idlat repair` noted" for key in noted.objects]
    faults += _faults_of(lambda: read_model_bytes(archive.store, archive.record))
    faults.extend(_forgotten(archive))
    chunks = 0
    with_masks = mask_arrays(records).values()
    for variable in records:
        if noted.of(variable).everything:
            continue
        for fault in _check_chunks(archive, variable, workers, progress, masks=variable in with_masks):
            chunks += 1
            faults.extend(fault)
        decoder = archive.decoder(variable.name)
        arrays = variable_arrays(variable, archive.record, second=decoder.second is not None)
        for path, length in arrays.items():
            faults.extend(_faults_of(partial(_check_array, archive, path, length)))
        labels = StoredLabels(decoder, noted)  # read anew
        faults.extend(_faults_of(partial(attrgetter("field"), labels)))
    return Verification(chunks, tuple(faults), noted.objects)


def _check_array(archive: Archive, path: str, length: int) -> None:
    """Check the document of an array, and that the array is as long as the record says.

    Raises
    ------
    ArchiveError
        It is damaged or another's, or of before an append or after one.
    """
    stored = read_document(archive.store, path, archive.record.id)["shape"][0]
    if stored < length or (stored > length and not archive.store.exists(JOURNAL)):
        raise ArchiveError(
            f"{archive.path}: {path}/zarr.json has room for {stored}, the record names {length}: one of them "
            "is an older one; restore both from one copy"
        )


def _forgotten(archive: Archive) -> Iterator[str]:
    """Yield a fault for each variable of this archive that its record, then an older one, does not name."""
    store, named = archive.store, {variable.path for variable in archive.record.variables}
    named |= mask_arrays(archive.record.variables).keys()
    if store.exists(JOURNAL):  # an append has begun
        return
    for name in store.entries():
        if name not in named and store.exists(f"{name}/zarr.json"):
            try:
                read_document(store, name, archive.record.id)
            except IdlatError:  # a coordinate, the model, or not this archive's
                continue
            yield f"{archive.path}: its record does not name {name}: zarr.json is an older one"


def _check_chunks(
    archive: Archive, variable: VariableRecord, workers: Workers, progress: Progress | None, *, masks: bool
) -> Iterator[list[str]]:
    """Yield the faults of each chunk of latents, corrections, kept importance, and perhaps of masks.

    Those that are noted as lost are left out.
    """
    decoder = archive.decoder(variable.name)
    latents, lost = decoder.latents, decoder.losses
    reads: list[Callable[..., object]] = []  # of each kind of object
    tasks: list[tuple[int, tuple[Any, ...]]] = []  # kind and arguments: small, for they may travel

    def add(read: Callable[..., object], arguments: Iterable[tuple[Any, ...]]) -> None:
        tasks.extend((len(reads), each) for each in arguments)
        reads.append(read)

    add(latents.decode, (([index],) for index in latents.indices() if index not in lost.latents))
    if (second := decoder.second) is not None:
        add(second.tile, ((f, at) for f, at in second.indices() if (f, *at) not in lost.second))
    if (residual := decoder.residual) is not None:
        steps = [index for index in residual.step_indices() if index not in lost.step]
        add(residual.levels, ((index[0], index[1:]) for index in steps))
        corrected = [index for index in residual.indices() if index not in lost.residual]
        known = [i for i in corrected if (variable.step_of(i[0]), *i[1:]) not in lost.step]
        add(residual.chunk, ((index,) for index in known))
    if masks:
        objects = MaskObjects(archive.store, decoder.binding, decoder.grid)
        add(objects.read, ((index,) for index in objects.indices if index not in lost.mask))
    if archive.record.settings.keep_importance:
        importance = ImportanceReader(archive.store, decoder.binding)
        add(importance.chunk, ((i,) for i in importance.indices() if i not in lost.importance))

    def check(task: tuple[int, tuple[Any, ...]]) -> list[str]:
        kind, arguments = task
        return _faults_of(partial(reads[kind], *arguments))

    yield from counted(run_tasks(check, tasks, workers), "verify", len(tasks), progress)


def _faults_of(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except IdlatError as error:
        return [str(error)]
    return []


def _check_field(
    archive: Archive,
    field: Field,
    request: ImportanceRequest,
    records: Sequence[VariableRecord],
    workers: Workers,
    progress: Progress | None,
) -> list[str]:
    """Compare the field with the archive's fingerprint, and the errors with those that it states."""
    readers = match_field(archive, field, records)
    faults = [
        f"{archive.path}: variable {variable.name!r} was compressed from other values than these"
        for reader, variable in zip(readers, records, strict=True)
        if not _same_values(archive, reader, variable, workers, progress)
    ]
    if faults:
        return faults
    source = archive.record.importance
    stored = source.kind == "expression"
    known = stored or request.importance is not None
    beside = as_fields(field, archive.record.settings.missing)
    maps: Sequence[ImportanceSteps]
    if stored and request.importance is None:
        maps = maps_by_part(request.again(source), readers, records, beside, workers)
    else:
        maps, _ = maps_of(request if known else None, readers, beside, workers)
    decoders = [archive.decoder(variable.name) for variable in records]
    sources = variable_inputs(records, readers, maps, archive.record, archive.model.cell)
    measured = measure_errors(decoders, sources, workers, progress, stored_bounds=not stored)
    for name, share in measured.over_bound.items():
        if share > 1:
            faults.append(f"{archive.path}: {name!r} has an error of {share:.6g} times its bound")
    for variable in records:
        found, stated = measured.of(variable.name), variable.errors
        for name in ("wpsnr", "psnr", "max_error") if known else ("psnr", "max_error"):
            a, b = getattr(found, name), getattr(stated, name)
            if (a is None) != (b is None) or (
                a is not None and not math.isclose(a, b, rel_tol=_SAME, abs_tol=_SAME)
            ):
                faults.append(f"{archive.path}: {name} of {variable.name!r} is {a}, the archive states {b}")
    return faults


def _same_values(
    archive: Archive,
    reader: FieldReader,
    variable: VariableRecord,
    workers: Workers,
    progress: Progress | None,
) -> bool:
    """Whether a field has the values that each part of a variable was compressed from."""
    grid = archive.record.grid(variable, archive.model.cell)
    start = 0
    for part in variable.parts:
        steps = reader.steps_of(start, start + part.steps)
        if scan_field(steps, grid, variable.fill_values, workers, progress).fingerprint != part.fingerprint:
            return False
        start += part.steps
    return True
