"""The record of a variable of all blocks of a run: the whole grid, the steps that all have, widest ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from idlat.archive.format.variable_record import Errors, Part, VariableRecord
from idlat.normalise import Normalisation
from idlat.tiling import Triple

__all__ = ["whole_record"]


def whole_record(shape: Triple, blocks: Sequence[VariableRecord]) -> VariableRecord:
    """Return the record of a variable on a grid of `shape`, of the records of its blocks.

    A value is an outlier where it lies beyond what is usual in every block. Of the errors only the largest is
    known, and the number of voxels that changed or are outliers, halos counted twice.
    """
    first = blocks[0]
    steps = min(each.steps for each in blocks)
    frames = range(steps * first.components)
    outliers = dict.fromkeys(value for each in blocks for value in each.outlier_values)
    part = Part(
        steps=steps,
        fingerprint="",
        labels="",
        normalisations=tuple(_usual([each.normalisation(frame) for each in blocks]) for frame in frames),
        ranges=tuple(_hull([each.value_range(frame) for each in blocks]) for frame in frames),
        masks=(-1,) * len(frames),
    )
    lead = (steps, *first.shape[1:-3]) if first.has_time else first.shape[:-3]
    return replace(
        first,
        shape=(*lead, *shape),
        parts=(part,),
        outlier_values=tuple(outliers),
        item_bytes=min(each.item_bytes for each in blocks),
        errors=_errors([each.errors for each in blocks if each.errors is not None]),
    )


def _usual(each: Sequence[Normalisation]) -> Normalisation:
    return replace(each[0], minimum=min(n.minimum for n in each), maximum=max(n.maximum for n in each))


def _hull(ranges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _errors(blocks: Sequence[Errors]) -> Errors:
    largest = [each.max_error for each in blocks]
    known = [error for error in largest if error is not None]
    return Errors(
        wpsnr=None,
        psnr=None,
        max_error=max(known) if known and len(known) == len(largest) else None,
        changed=sum(each.changed for each in blocks),
        outliers=sum(each.outliers for each in blocks),
    )
