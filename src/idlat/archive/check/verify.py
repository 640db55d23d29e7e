"""Checking that an archive is whole: every checksum, every chunk; with the field, every measured error."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from idlat.archive.check.block_maps import part_of, request_on
from idlat.archive.check.check_objects import Verification, check_objects
from idlat.archive.check.compare_original import compare_original
from idlat.archive.check.match_original import match_field
from idlat.archive.original.field_reader import Field, FieldReader
from idlat.archive.read.archive import Archive
from idlat.archive.read.open_archive import opened
from idlat.errors import ArchiveError
from idlat.importance import Importance, ImportanceRequest
from idlat.parallel import Scheduler, Workers, executor_of
from idlat.progress import Progress, tell

__all__ = ["Verification", "verify"]


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
    with opened(archive) as held, executor_of(workers, scheduler) as executor:
        if held.blocks:
            return _verify_blocks(held, field, importance, variables, executor, progress)
        records = [held.record.variable(name) for name in variables or held.variables]
        found = check_objects(held, records, executor, progress)
        if field is None or found.faults:
            return found
        request = ImportanceRequest.of(importance)
        return replace(
            found, faults=tuple(compare_original(held, field, request, records, executor, progress))
        )


def _verify_blocks(
    archive: Archive,
    field: Field | None,
    importance: Importance,
    variables: Sequence[str] | None,
    workers: Workers,
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
        found.append(verify(block.archive, own, asked, variables=variables, workers=workers))
        tell(progress, "verify", done, len(archive.blocks))
    faults = tuple(fault for each in found for fault in each.faults)
    return Verification(sum(each.chunks for each in found), faults, archive.losses.objects)
