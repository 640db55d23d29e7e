"""Errors of an archive against its field, measured by decoding it (Eq. 13, 14), a tile at a time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.format.variable_record import Errors, VariableRecord
from idlat.archive.original.reread_check import bit_sum
from idlat.archive.original.tile_reader import VariableInput
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.fields.arrays.missing_values import VALID, valid_mask
from idlat.metrics import ErrorAccumulator, ErrorSums, Moments, measure, measure_moments, unit_exponent
from idlat.parallel import Workers, run_tasks
from idlat.progress import Progress, counted
from idlat.tiling import Box, Tile, box_slices

__all__ = ["MeasuredErrors", "finite", "measure_errors", "pooled_errors", "pooled_psnr", "with_errors"]


_THREADS = 2  # tiles as for two threads, however many there are: the stated errors must not depend on it


@dataclass(frozen=True)
class MeasuredErrors:
    """What was measured of variables and their frames, a component of a step each as a step of its own.

    Attributes
    ----------
    all
        Over the valid voxels.
    usual
        Over those that are no outliers.
    components
        Of each variable.
    over_bound
        The largest error over its bound of each variable that has bounds.
    moments
        Of each variable and frame how original and decoded values go together, outliers left out; empty
        unless asked for.
    """

    all: ErrorAccumulator = field(default_factory=ErrorAccumulator)
    usual: ErrorAccumulator = field(default_factory=ErrorAccumulator)
    components: dict[str, int] = field(default_factory=dict)
    over_bound: dict[str, float] = field(default_factory=dict)
    moments: dict[tuple[str, int], Moments] = field(default_factory=dict)

    def of(self, variable: str) -> Errors:
        """Return the errors of one variable as the archive stores them, None for what is not finite."""
        every, usual = self.all.of(variable), self.usual.of(variable)
        step, worst = self._worst(variable)
        return Errors(
            wpsnr=finite(every.wpsnr),
            psnr=finite(every.psnr),
            max_error=finite(every.max_error),
            changed=every.changed,
            outliers=every.count - usual.count,
            psnr_without_outliers=finite(usual.psnr) if usual.count < every.count else None,
            worst_step=step,
            worst_step_psnr=worst,
        )

    def _worst(self, variable: str) -> tuple[int | None, float | None]:
        """Return the step of the lowest PSNR, and that; None of a single step, and where all is exact."""
        n = self.components[variable]
        frames = self.all.steps_of(variable)
        if len(frames) <= n:
            return None, None
        parts: dict[int, list[tuple[float | None, float]]] = {}
        for frame in frames:
            found = self.all.of(variable, frame)
            parts.setdefault(frame // n, []).append((finite(found.psnr), found.count))
        psnr = {step: pooled_psnr(each) for step, each in parts.items()}
        return min(
            ((step, value) for step, value in psnr.items() if value is not None),
            key=lambda each: each[1],
            default=(None, None),
        )


def measure_errors(
    decoders: Sequence[VariableDecoder],
    sources: Sequence[VariableInput],
    workers: Workers,
    progress: Progress | None = None,
    *,
    stored_bounds: bool = False,
    moments: bool = False,
) -> MeasuredErrors:
    """Decode everything that the sources have, and compare it with them.

    Parameters
    ----------
    decoders, sources
        One of each for every variable: the archive's side, and the original values and their importance.
    workers
        Threads.
    progress
        Told of the stage ``measure``.
    stored_bounds
        Whether errors are measured by the bounds that the archive stores, for want of the map that says them.
    moments
        Whether to measure correlation, too.

    Returns
    -------
    MeasuredErrors
        Of all variables and frames.

    Raises
    ------
    FieldError
        The field has other values than when it was read first.
    """
    tasks = [
        (index, frame, tile)
        for index, decoder in enumerate(decoders)
        for frame in sources[index].frames
        for tile in decoder.tiles(_whole(decoder), decoder.variable.frames, _THREADS)
    ]

    def compare(task: tuple[int, int, Tile]) -> tuple[int, ErrorSums, ErrorSums, float, Moments]:
        index, frame, tile = task
        decoder = decoders[index]
        variable = decoder.variable
        box, decoded = decoder.decode_tile(frame, tile)
        importance = sources[index].importance_of(frame)[box_slices(box)]  # as it may look farther than a box
        original = sources[index].values(frame)[box_slices(box)]
        lost = decoder.lost.within(frame, box)
        valid = _valid(original, variable.fill_values, lost)
        sums = measure(original, decoded, importance, valid)
        share = 0.0
        if variable.bounds is not None and decoder.residual is not None:
            limits = decoder.residual.limits(frame, box) if stored_bounds else variable.bounds.at(importance)
            share = _over_bound(original, decoded, limits, valid)
        usual, usual_sums = valid, sums
        if variable.outlier_values:
            kept = variable.kinds(original, frame) == VALID
            usual = kept if valid is None else valid & kept
            usual_sums = measure(original, decoded, importance, usual)
        together = _moments(variable, frame, original, decoded, usual) if moments else Moments()
        return bit_sum(original), sums, usual_sums, share, together

    measured = MeasuredErrors(components={d.variable.name: d.variable.components for d in decoders})
    totals: Counter[tuple[int, int]] = Counter()
    found = counted(run_tasks(compare, tasks, workers), "measure", len(tasks), progress)
    for (index, frame, _), (bits, sums, usual, share, together) in zip(tasks, found, strict=True):
        name = decoders[index].variable.name
        if decoders[index].variable.bounds is not None:
            measured.over_bound[name] = max(share, measured.over_bound.get(name, 0.0))
        totals[index, frame] += bits
        measured.all.add_sums(sums, variable=name, step=frame)
        measured.usual.add_sums(usual, variable=name, step=frame)
        if moments:
            before = measured.moments.get((name, frame), Moments())
            measured.moments[name, frame] = before.joined(together)
    for (index, frame), total in totals.items():
        sources[index].check_frame(frame, total)
    return measured


def _moments(
    variable: VariableRecord,
    frame: int,
    original: NDArray[Any],
    decoded: NDArray[Any],
    usual: NDArray[np.bool_] | None,
) -> Moments:
    known = variable.normalisation(frame)
    kept = np.isfinite(original) if usual is None else usual
    return measure_moments(original, decoded, kept, unit_exponent(known.minimum, known.maximum))


def _valid(
    original: NDArray[Any], fill_values: Sequence[float], lost: NDArray[np.bool_] | None
) -> NDArray[np.bool_] | None:
    """Return which voxels count; None where these are all that are finite."""
    if not fill_values and lost is None:
        return None
    valid: NDArray[np.bool_] = valid_mask(original, fill_values) == VALID
    return valid if lost is None else valid & ~lost


def _over_bound(
    original: NDArray[Any],
    decoded: NDArray[Any],
    limits: NDArray[np.float64],
    valid: NDArray[np.bool_] | None,
) -> float:
    """Return the largest error over its bound; 0 over a bound of 0 is 0."""
    changed = original != decoded
    changed &= np.isfinite(original) if valid is None else valid
    if not changed.any():
        return 0.0
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        error = np.abs(original[changed].astype(np.float64) - decoded[changed].astype(np.float64))
        share = error / limits[changed]
    return float(np.where(np.isnan(share), np.inf, share).max())


def _whole(decoder: VariableDecoder) -> Box:
    z, y, x = decoder.variable.volume
    return (0, z), (0, y), (0, x)


def with_errors(variable: VariableRecord, measured: MeasuredErrors) -> VariableRecord:
    """Return a variable's record with its errors, and what they were pooled over."""
    summary = measured.all.of(variable.name)
    return replace(
        variable,
        errors=measured.of(variable.name),
        importance_sum=summary.weight,
        valid_count=summary.count,
    )


def finite(value: float) -> float | None:
    """Return a number as archives and programs state it: None for what is not finite."""
    return value if math.isfinite(value) else None


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
    outliers = a.outliers + b.outliers
    usual = [
        (e.psnr_without_outliers if e.outliers else e.psnr, v.valid_count - e.outliers)
        for e, v in ((a, old), (b, new))
    ]
    worst = min(_worst_steps(a, 0) + _worst_steps(b, old.steps), default=(None, None))
    errors = Errors(
        wpsnr=pooled_psnr([(a.wpsnr, old.importance_sum), (b.wpsnr, new.importance_sum)]),
        psnr=pooled_psnr([(a.psnr, old.valid_count), (b.psnr, new.valid_count)]),
        max_error=max(largest) if len(largest) == 2 else None,
        changed=a.changed + b.changed,
        outliers=outliers,
        psnr_without_outliers=pooled_psnr(usual) if outliers else None,
        worst_step=worst[1],
        worst_step_psnr=worst[0],
    )
    return replace(
        new,
        errors=errors,
        importance_sum=old.importance_sum + new.importance_sum,
        valid_count=old.valid_count + new.valid_count,
    )


def _worst_steps(errors: Errors, only: int) -> list[tuple[float, int]]:
    """Return the PSNR and number of the worst step, in a list; `only` is the number of a single step."""
    if errors.worst_step is not None and errors.worst_step_psnr is not None:
        return [(errors.worst_step_psnr, errors.worst_step)]
    return [] if errors.psnr is None else [(errors.psnr, only)]


def pooled_psnr(parts: Sequence[tuple[float | None, float]]) -> float | None:
    """Combine PSNRs (Eq. 14) in the MSE domain, weighted; None means a lossless part."""
    weight = math.fsum(w for _, w in parts)
    squares = math.fsum(w * 10 ** (-psnr / 10) for psnr, w in parts if psnr is not None)
    return -10 * math.log10(squares / weight) if squares > 0 else None
