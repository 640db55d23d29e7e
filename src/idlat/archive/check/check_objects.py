"""Checking what is stored of an archive: each document, chunk and mask, against checksums and the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from idlat.archive.format.create_arrays import read_model_bytes, variable_arrays
from idlat.archive.format.mask_array import MaskObjects
from idlat.archive.format.mask_places import mask_arrays
from idlat.archive.format.root_document import JOURNAL
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.format.zarr_documents import opened_array, read_document
from idlat.archive.read.archive import Archive
from idlat.archive.read.block_importance import ImportanceReader
from idlat.archive.read.stored_variable import StoredLabels
from idlat.errors import ArchiveError, IdlatError
from idlat.parallel import Workers, run_tasks
from idlat.progress import Progress, counted

__all__ = ["Verification", "check_objects"]


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


def check_objects(
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
    stored = opened_array(archive.store, path, archive.record.id).shape[0]
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
