"""Whether a field is the one that an archive was made of.

::

    the middle of some steps ─ read, decode ─▶ errors ─ more than the archive states? ─▶ refuse

An archive states the errors that were measured when it was written: the largest one, and the mean square of
all voxels. The right field can exceed neither in any part; another of the same shape nearly always does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from idlat.archive import Archive, FieldReader, VariableRecord
from idlat.errors import FieldError
from idlat.explorer.data.step_volumes import StepValues
from idlat.tiling import Box, Triple

__all__ = ["check_field", "difference_told"]

_SIDE = 64  # voxels of a box
_STEPS = 3  # first, middle, last
_SLACK, _ULPS = 1.01, 1e-5  # of what is stated; of the range: values decode to rounding elsewhere

Real = NDArray[np.float32]


class ComparedData(Protocol):
    """An archive with its field, as :class:`~idlat.explorer.data.dataset.Dataset` is."""

    @property
    def archive(self) -> Archive:
        """What was stored."""

    @property
    def readers(self) -> Mapping[str, FieldReader]:
        """The field's variables, by the archive's names."""

    @property
    def steps(self) -> int:
        """How many there are."""

    @property
    def shape(self) -> Triple:
        """Voxels along z, y, x."""

    def record(self, variable: str | None = None) -> VariableRecord:
        """Return what the archive states of a variable."""

    def value_range(self, step: int, variable: str | None = None) -> tuple[float, float]:
        """Return the lowest and the highest value of a step."""


def check_field(dataset: ComparedData) -> None:
    """Compare a sample of the field with what the archive holds; nothing of it is kept in the cache.

    Raises
    ------
    FieldError
        It is another field.
    IdlatError
        A chunk is damaged, or the field cannot be read.
    """
    for name in dataset.readers:
        steps = sorted({round(i * (dataset.steps - 1) / (_STEPS - 1)) for i in range(_STEPS)})
        for step in steps:
            box = _middle(dataset.shape)
            values = StepValues(dataset.archive.decoder(name), dataset.readers[name], step)
            given, held = values.of("original", box), values.of("reconstruction", box)
            told = difference_told(dataset, name, step, given, held)
            if told is not None:
                raise FieldError(f"{told}: give the field that was compressed")


def difference_told(dataset: ComparedData, variable: str, step: int, given: Real, held: Real) -> str | None:
    """Tell how values of a field differ by more than its archive states; None if they do not.

    Parameters
    ----------
    dataset
        The archive with its field.
    variable, step
        Of what.
    given, held
        The same voxels (z, y, x) of the field and of the archive, NaN where missing.
    """
    record = dataset.record(variable)
    field = dataset.readers[record.name].name
    named = f"{field!r}" if field == record.name else f"{field!r}, taken for {record.name!r},"
    where = f" in step {step}" if dataset.steps > 1 else ""
    told = f"the field is not the one that {dataset.archive.path} was made of: {named} "
    if not np.array_equal(np.isnan(given), np.isnan(held)):
        return f"{told}has values missing elsewhere{where}"
    known = ~np.isnan(given)
    errors = record.errors
    if errors is None or not known.any():
        return None
    away = np.abs(given[known].astype(np.float64) - held[known])
    low, high = dataset.value_range(step, record.name)
    rest = _ULPS * (high - low) + (0.5 if np.dtype(record.dtype).kind in "iu" else 0.0)
    stated = errors.max_error
    if stated is not None and away.max() > math.sqrt(record.components) * _SLACK * stated + rest:
        return f"{told}differs by up to {away.max():.3g}{where}, the archive states {stated:.3g} at most"
    if errors.psnr is not None and record.components == 1 and high > low:
        voxels = dataset.steps * math.prod(dataset.shape)
        squares = (high - low) ** 2 * 10 ** (-errors.psnr / 10) * voxels
        if (away**2).sum() > _SLACK * squares + known.sum() * rest**2:
            usual = math.sqrt((away**2).mean())
            return f"{told}differs by {usual:.3g}{where}, by more than the archive states of all voxels"
    return None


def _middle(shape: Triple) -> Box:
    """Return the box in the middle of a volume."""
    first = [max(0, (length - _SIDE) // 2) for length in shape]
    z, y, x = ((a, min(a + _SIDE, n)) for a, n in zip(first, shape, strict=True))
    return z, y, x
