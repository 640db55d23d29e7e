"""Errors of an archive against its field, measured by decoding it (Eq. 13, 14), a tile at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from idlat.archive.decode import VariableDecoder
from idlat.archive.inputs import VariableInput
from idlat.archive.parallel import Progress, run_tasks
from idlat.archive.variable import Errors, VariableRecord
from idlat.fields.missing import VALID, valid_mask
from idlat.metrics import ErrorAccumulator, ErrorSummary, ErrorSums, measure
from idlat.tiling import Box, Tile, box_slices

__all__ = ["errors_of", "measure_errors", "pooled_errors", "with_errors"]


_THREADS = 2  # tiles as for two threads, however many there are: the stated errors must not depend on it


def measure_errors(
    decoders: Sequence[VariableDecoder],
    sources: Sequence[VariableInput],
    workers: int,
    progress: Progress | None = None,
) -> ErrorAccumulator:
    """Decode everything that the sources have, and compare it with them.

    Parameters
    ----------
    decoders, sources
        One of each for every variable: the archive's side, and the original values and their importance.
    workers
        Threads.
    progress
        Told of the stage ``measure``.

    Returns
    -------
    ErrorAccumulator
        Filled over all variables and frames, the components of a step each as a step of its own; only valid
        voxels count.
    """
    tasks = [
        (index, frame, tile)
        for index, decoder in enumerate(decoders)
        for frame in sources[index].frames
        for tile in decoder.tiles(_whole(decoder), decoder.variable.frames, _THREADS)
    ]

    def compare(task: tuple[int, int, Tile]) -> tuple[str, int, ErrorSums]:
        index, frame, tile = task
        decoder = decoders[index]
        box, decoded = decoder.decode_tile(frame, tile)
        original = sources[index].values(frame)[box_slices(box)]
        importance = sources[index].importance_of(frame)[box_slices(box)]
        valid = valid_mask(original, decoder.variable.fill_values) == VALID
        return decoder.variable.name, frame, measure(original, decoded, importance, valid)

    accumulated = ErrorAccumulator()
    for done, (name, frame, sums) in enumerate(run_tasks(compare, tasks, workers), start=1):
        accumulated.add_sums(sums, variable=name, step=frame)
        if progress is not None:
            progress("measure", done, len(tasks))
    return accumulated


def _whole(decoder: VariableDecoder) -> Box:
    z, y, x = decoder.variable.volume
    return (0, z), (0, y), (0, x)


def with_errors(variable: VariableRecord, summary: ErrorSummary) -> VariableRecord:
    """Return a variable's record with its errors, and what they were pooled over."""
    return replace(
        variable,
        errors=errors_of(summary),
        importance_sum=summary.weight,
        valid_count=summary.count,
    )


def errors_of(summary: ErrorSummary) -> Errors:
    """Return a summary as the archive stores it, None for what is not finite."""
    values = (summary.wpsnr, summary.psnr, summary.max_error)
    return Errors(*(value if math.isfinite(value) else None for value in values))


def pooled_errors(old: VariableRecord, new: VariableRecord) -> VariableRecord:
    """Return the record of a variable that has grown, with the errors of its steps before and after.

    Parameters
    ----------
    old, new
        The variable before, and after with the errors of the new steps alone.
    """
    a, b = old.errors, new.errors
    assert a is not None
    assert b is not None
    largest = [e.max_error for e in (a, b) if e.max_error is not None]
    errors = Errors(
        wpsnr=_pooled([(a.wpsnr, old.importance_sum), (b.wpsnr, new.importance_sum)]),
        psnr=_pooled([(a.psnr, old.valid_count), (b.psnr, new.valid_count)]),
        max_error=max(largest) if len(largest) == 2 else None,
    )
    return replace(
        new,
        errors=errors,
        importance_sum=old.importance_sum + new.importance_sum,
        valid_count=old.valid_count + new.valid_count,
    )


def _pooled(parts: Sequence[tuple[float | None, float]]) -> float | None:
    """Pool PSNRs (Eq. 14) by what each stands for; None stands for no error, and comes of none or nothing."""
    weight = math.fsum(w for _, w in parts)
    squares = math.fsum(w * 10 ** (-psnr / 10) for psnr, w in parts if psnr is not None)
    return -10 * math.log10(squares / weight) if squares > 0 else None
