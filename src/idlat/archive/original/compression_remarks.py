"""What a user should know of a field that was compressed, said in remarks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.original.field_reader import FieldReader
from idlat.archive.original.field_scan import FieldScan
from idlat.errors import Remark
from idlat.fields.arrays.missing_values import SENTINEL

__all__ = ["Notes", "take_notes", "warn_of_new_outliers", "warn_user"]

_SIDE = 96  # voxels of the box whose neighbours are looked at
_MOST_LABELS = 256
_ALIKE = 0.5  # share of neighbours that are equal where there are labels
_REPEATED = 3  # times that a value occurs which may stand for missing data
_JUMPS = 0.25  # share of the other neighbours that differ by more than a step from one value to the next


@dataclass(frozen=True)
class Notes:
    """What a pass over a variable showed besides its record.

    Attributes
    ----------
    unseen
        The value that the caller declared missing, where it does not occur; else None.
    unpacked
        What `unseen` would be if it were in the packed units of the file; None where nothing is packed.
    labels
        How many labels there are; None where the values do not look like labels.
    distinct_outliers
        How many different values lie far from all others.
    """

    unseen: float | None
    unpacked: float | None
    labels: int | None
    distinct_outliers: int


def take_notes(reader: FieldReader, scan: FieldScan, fill_values: Sequence[float]) -> Notes:
    """Note what may deserve a remark; the parameters are those of a variable that was scanned."""
    encoding = reader.field.encoding
    unseen, unpacked = encoding.get("idlat_missing"), None
    if unseen is not None and SENTINEL + list(fill_values).index(unseen) in scan.kinds:
        unseen = None
    if unseen is not None and ("scale_factor" in encoding or "add_offset" in encoding):
        unpacked = unseen * encoding.get("scale_factor", 1.0) + encoding.get("add_offset", 0.0)
    sample = np.concatenate([frame.sample for frame in scan.frames])
    return Notes(unseen, unpacked, _labels(reader, sample), len(scan.outliers))


def _labels(reader: FieldReader, sample: NDArray[Any]) -> int | None:
    """Return how many labels a field has: few whole numbers, mostly alike nearby, else far apart."""
    if sample.size < 2 * _MOST_LABELS or not (np.rint(sample[:_MOST_LABELS]) == sample[:_MOST_LABELS]).all():
        return None
    values = np.unique(sample)
    least = 2 if sample.dtype.kind in "iu" else 3  # two real values are rather a fraction, 0 or 1
    if not least <= len(values) <= _MOST_LABELS or (np.rint(values) != values).any():
        return None
    z, y, x = (slice(max(0, (n - _SIDE) // 2), (n + _SIDE) // 2) for n in reader.volume)
    places = np.searchsorted(values, reader.frame(0)[z, y, x])
    steps = np.concatenate([np.abs(np.diff(places, axis=axis)).ravel() for axis in range(3)])
    away = steps[steps > 0]
    if steps.size - away.size < _ALIKE * steps.size:
        return None
    ordered = len(values) > 2 and np.count_nonzero(away > 1) < _JUMPS * away.size
    return None if ordered else len(values)


def warn_user(variables: Sequence[VariableRecord], notes: Sequence[Notes]) -> None:
    """Warn of what would mislead a user; once for each variable and kind.

    Parameters
    ----------
    variables
        With their errors.
    notes
        Of each.
    """
    _say_unseen(variables, notes)
    for variable, each in zip(variables, notes, strict=True):
        _say_outliers(variable, each.distinct_outliers)
        errors = variable.errors
        if each.labels is not None and errors is not None and errors.changed:
            share = 100 * errors.changed / max(variable.valid_count, 1)
            _warn(
                f"{variable.name!r} looks like {each.labels} labels, and {share:.2g} % of the voxels came "
                "back as another one: keep labels exactly, as integers with --max-error 0.5 (max_error=0.5), "
                "or in a lossless format such as gzipped NRRD"
            )


def _say_unseen(variables: Sequence[VariableRecord], notes: Sequence[Notes]) -> None:
    """Warn where no variable has the value that was declared missing."""
    if any(each.unseen is None for each in notes):
        return
    ranges = [variable.value_range(0) for variable in variables]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    text = f"--missing {notes[0].unseen:g} matches no voxel, whose values lie from {low:g} to {high:g}"
    unpacked = notes[0].unpacked
    if unpacked is not None and low <= unpacked <= high:
        text += f"; the file packs its values, and {notes[0].unseen:g} unpacks to {unpacked:g}"
    _warn(text)


def warn_of_new_outliers(before: Sequence[VariableRecord], after: Sequence[VariableRecord]) -> None:
    """Warn of outliers that an append brought; the parameters are an archive's variables."""
    known = {v.name: v.errors.outliers for v in before if v.errors is not None}
    for variable in after:
        if variable.errors is not None and variable.errors.outliers > known.get(variable.name, 0):
            _say_outliers(variable, len(variable.outlier_values))


def _say_outliers(variable: VariableRecord, distinct: int) -> None:
    errors, kept = variable.errors, variable.outlier_values
    if errors is None or not errors.outliers or not errors.changed:
        return
    largest = str(np.dtype(variable.dtype).type(max(kept, key=abs)))
    how = "exactly" if distinct <= len(kept) else f"as one of {len(kept)} values near them"
    many = "1 value" if errors.outliers == 1 else f"{errors.outliers} values"
    text = (
        f"{variable.name!r} has {many} far from all others, such as {largest}, kept {how}: the PSNR is in "
        "units of the range with them"
    )
    if len(kept) == 1 and errors.outliers >= _REPEATED:
        text += f"; if they stand for missing data, say --missing {largest}"
    _warn(text)


def _warn(text: str) -> None:
    warnings.warn(text, Remark, stacklevel=4)
