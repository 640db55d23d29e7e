"""The record of one variable of an archive: what it was, how it was normalised, how well it came out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.format.array_paths import is_group_path
from idlat.archive.format.checked_json import Count, Finite, Length, Number
from idlat.archive.format.error_bound import VoxelBounds
from idlat.archive.format.nearest_value import nearest
from idlat.errors import ArchiveError
from idlat.fields.arrays.missing_values import SENTINEL, VALID, valid_mask
from idlat.normalise import TRANSFORMS, Normalisation

__all__ = ["MOST_STORED", "Errors", "Part", "VariableRecord"]

MOST_STORED = 255 - SENTINEL
"""Fill values and outliers that the mask's categories can tell; its last one marks an absent chunk."""

_BEYOND = 2**64  # what no integer of a field is
_DIMS = tuple((*lead, "z", "y", "x") for lead in ((), ("time",), ("component",), ("time", "component")))


@dataclass(frozen=True)
class Errors:
    """Errors measured by decoding; None where not finite, such as the PSNR of an exact copy.

    Attributes
    ----------
    wpsnr, psnr
        Weighted PSNR and PSNR in dB (Eq. 13, 14).
    max_error
        Largest absolute error.
    changed
        Voxels whose value came back as another one.
    outliers
        Valid voxels far from all others, which are kept apart (:mod:`idlat.archive.original.outlier_limits`).
    psnr_without_outliers
        PSNR of the other voxels in units of their own range; None also where there are no outliers.
    worst_step, worst_step_psnr
        The time step of the lowest PSNR, and that; None without time, and where every step is exact.
    """

    wpsnr: Finite | None
    psnr: Finite | None
    max_error: Finite | None
    changed: Count = 0
    outliers: Count = 0
    psnr_without_outliers: Finite | None = None
    worst_step: Count | None = None
    worst_step_psnr: Finite | None = None


@dataclass(frozen=True)
class Part:
    """The steps of a variable that one call of :func:`idlat.compress` wrote.

    Attributes
    ----------
    steps
        How many; 1 for a field without time.
    fingerprint
        Hash of their values.
    labels
        Hash of their coordinates, attributes and encoding.
    normalisations
        How physical values became the model's: one for each component, or one for each component of each
        step where the steps' ranges differ much. What lies outside a normalisation's extremes is an outlier.
    ranges
        Least and largest valid value of each component of each step, outliers included.
    masks
        Which of the archive's masks each component has, −1 where all its values are valid; of each step
        where the steps differ.
    """

    steps: Length
    fingerprint: str
    labels: str
    normalisations: tuple[Normalisation, ...]
    ranges: tuple[tuple[Finite, Finite], ...]
    masks: tuple[int, ...]

    def check(self) -> None:
        """Raise :class:`ArchiveError` where a normalisation is none."""
        for each in self.normalisations:
            numbers = (each.offset, each.scale, each.minimum, each.maximum)
            if each.transform not in TRANSFORMS or not all(map(math.isfinite, numbers)) or each.scale <= 0:
                raise ArchiveError(f"{each} is no normalisation")


@dataclass(frozen=True)
class VariableRecord:
    """One variable of an archive.

    Each component of each step is a *frame* (z, y, x), coded alone: frame = step · components + component.

    Attributes
    ----------
    name, path
        The variable's name, and its group's path in the archive.
    dims, shape, dtype
        z, y, x, before them component and time where the field has them; NumPy's name of the type.
    item_bytes
        Of a value in the input, which may be packed; the fewest where its steps were packed differently.
    parts
        What wrote its steps, in order.
    fill_values, outlier_values
        The values of the mask's categories 4, 5 …: fill values first, then valid values far from all
        others.
    bounds
        On the error of every voxel, None where there are none.
    errors
        None until the archive is complete.
    importance_sum, valid_count
        Σ I and number of the valid voxels, over which the errors are pooled.
    """

    name: str
    path: str
    dims: tuple[str, ...]
    shape: tuple[Length, ...]
    dtype: str
    item_bytes: Count
    parts: tuple[Part, ...]
    fill_values: tuple[Number, ...] = ()
    outlier_values: tuple[Number, ...] = ()
    bounds: VoxelBounds | None = None
    errors: Errors | None = None
    importance_sum: Finite = 0.0
    valid_count: Count = 0

    @property
    def has_time(self) -> bool:
        """Whether the field has a time axis."""
        return self.dims[0] == "time"

    @property
    def steps(self) -> int:
        """Time steps, 1 for a field without time."""
        return self.shape[0] if self.has_time else 1

    @property
    def components(self) -> int:
        """Components of a value, 1 for a scalar field."""
        return self.shape[-4] if "component" in self.dims else 1

    @property
    def frames(self) -> int:
        """Components of all steps."""
        return self.steps * self.components

    @property
    def has_mask(self) -> bool:
        """Whether any frame has a mask."""
        return any(mask >= 0 for part in self.parts for mask in part.masks)

    @property
    def volume(self) -> tuple[int, int, int]:
        """Voxels (z, y, x) of one frame."""
        z, y, x = self.shape[-3:]
        return z, y, x

    @property
    def bytes_original(self) -> int:
        """All voxels times the input's item size, in bytes."""
        return math.prod(self.shape) * self.item_bytes

    def step_of(self, frame: int) -> int:
        """Return the step to which a frame belongs."""
        return frame // self.components

    def frame_before(self, frame: int, key_every: int) -> int | None:
        """Return the frame under which a frame is coded; None where it is coded alone.

        The first step that a call wrote, and each `key_every` steps one, are coded alone.
        """
        _, at = self._place(frame)
        if at < self.components or self.step_of(frame) % key_every == 0:
            return None
        return frame - self.components

    def part(self, step: int) -> Part:
        """Return the part to which a step belongs."""
        return self._place(step * self.components)[0]

    def normalisation(self, frame: int) -> Normalisation:
        """Return how a frame was normalised."""
        part, at = self._place(frame)
        return part.normalisations[at % len(part.normalisations)]

    def mask_of(self, frame: int) -> int | None:
        """Return which of the archive's masks a frame has; None where all its values are valid."""
        part, at = self._place(frame)
        mask = part.masks[at % len(part.masks)]
        return None if mask < 0 else mask

    def value_range(self, frame: int) -> tuple[float, float]:
        """Return the least and the largest valid value of a frame, outliers included."""
        part, at = self._place(frame)
        return part.ranges[at]

    def _place(self, frame: int) -> tuple[Part, int]:
        """Return the part that a frame belongs to, and which of its frames it is."""
        at = frame
        for part in self.parts:
            if at < part.steps * self.components:
                return part, at
            at -= part.steps * self.components
        raise IndexError(f"frame {frame} of {self.frames}")

    @property
    def stored_values(self) -> tuple[float, ...]:
        """The values of the mask's categories 4, 5 … ."""
        return (*self.fill_values, *self.outlier_values)

    def kinds(self, values: NDArray[Any], frame: int) -> NDArray[np.uint8]:
        """Return the categories of a frame's values as the mask has them: valid, missing, or an outlier."""
        kinds = valid_mask(values, self.fill_values)
        if self.outlier_values:
            usual = self.normalisation(frame)
            with np.errstate(invalid="ignore"):
                far = (kinds == VALID) & ((values < usual.minimum) | (values > usual.maximum))
            if far.any():
                first = SENTINEL + len(self.fill_values)
                kinds[far] = (first + nearest(values[far], self.outlier_values)).astype(np.uint8)
        return kinds

    def check(self) -> None:
        """Raise :class:`ArchiveError` where members do not fit each other."""
        if self.dims not in _DIMS or len(self.shape) != len(self.dims):
            raise ArchiveError(
                f"axes {self.dims} of shape {self.shape}: expected z, y, x, perhaps after time and component"
            )
        if self.dtype not in _DTYPES:
            raise ArchiveError(f"dtype {self.dtype!r}: expected one of {', '.join(_DTYPES)}")
        if not is_group_path(self.path):
            raise ArchiveError(f"path {self.path!r}: expected a plain name, inside the archive")
        if sum(part.steps for part in self.parts) != self.steps or not all(map(self._fits, self.parts)):
            raise ArchiveError(f"parts: expected those of {self.steps} steps of {self.components} components")
        if len(self.stored_values) > MOST_STORED or not all(-_BEYOND < v < _BEYOND for v in _integers(self)):
            raise ArchiveError(f"stored values: expected at most {MOST_STORED}, of 64 bits")
        for part in self.parts:
            part.check()
        if self.bounds is not None:
            self.bounds.check()

    def _fits(self, part: Part) -> bool:
        """Whether a part has the normalisations, ranges and masks of its frames."""
        frames = part.steps * self.components
        either = (self.components, frames)
        return len(part.normalisations) in either and len(part.ranges) == frames and len(part.masks) in either


_INTEGERS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
_DTYPES = ("float16", "float32", "float64", *_INTEGERS)


def _integers(variable: VariableRecord) -> list[int]:
    return [value for value in variable.stored_values if isinstance(value, int)]
