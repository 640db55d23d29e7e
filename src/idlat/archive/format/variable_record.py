"""The record of one variable of an archive: what it was, how it was normalised, how well it came out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.format.array_paths import is_group_path
from idlat.archive.format.json_fields import JsonFields
from idlat.archive.format.nearest_value import nearest
from idlat.fields.arrays.missing_values import SENTINEL, VALID, valid_mask
from idlat.normalise import TRANSFORMS, Normalisation

__all__ = ["MOST_STORED", "Errors", "Part", "VariableRecord"]

MOST_STORED = 255 - SENTINEL
"""Fill values and outliers that the mask's categories can tell; its last one marks an absent chunk."""

MASK_KINDS = ("none", "constant", "varying")
_DIMS = tuple((*lead, "z", "y", "x") for lead in ((), ("time",), ("component",), ("time", "component")))


@dataclass(frozen=True)
class Errors:
    """Errors measured by decoding; None stands for what is not finite, such as the PSNR of an exact copy.

    Parameters
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

    wpsnr: float | None
    psnr: float | None
    max_error: float | None
    changed: int = 0
    outliers: int = 0
    psnr_without_outliers: float | None = None
    worst_step: int | None = None
    worst_step_psnr: float | None = None

    @classmethod
    def from_json(cls, fields: JsonFields) -> Errors:
        """Read the record out of parsed JSON."""
        return cls(
            wpsnr=fields.optional_number("wpsnr"),
            psnr=fields.optional_number("psnr"),
            max_error=fields.optional_number("max_error"),
            changed=fields.whole("changed"),
            outliers=fields.whole("outliers"),
            psnr_without_outliers=fields.optional_number("psnr_without_outliers"),
            worst_step=fields.optional_whole("worst_step"),
            worst_step_psnr=fields.optional_number("worst_step_psnr"),
        )


@dataclass(frozen=True)
class Part:
    """The steps of a variable that one call of :func:`idlat.compress` wrote.

    Parameters
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
    """

    steps: int
    fingerprint: str
    labels: str
    normalisations: tuple[Normalisation, ...]
    ranges: tuple[tuple[float, float], ...]

    @classmethod
    def from_json(cls, fields: JsonFields) -> Part:
        """Read the record out of parsed JSON."""
        normalisations = tuple(_normalisation(n) for n in fields.objects("normalisations"))
        return cls(
            fields.whole("steps"),
            fields.text("fingerprint"),
            fields.text("labels"),
            normalisations,
            fields.pairs("ranges"),
        )


@dataclass(frozen=True)
class VariableRecord:
    """One variable of an archive.

    Each component of each step is a *frame* (z, y, x), coded alone: frame = step · components + component.

    Parameters
    ----------
    name, path
        The variable's name, and its group's path in the archive.
    dims, shape, dtype
        z, y, x, before them component and time where the field has them; NumPy's name of the type.
    item_bytes
        Of a value in the input, which may be packed.
    parts
        What wrote its steps, in order.
    mask
        ``none``, ``constant`` (the same for all steps) or ``varying``.
    fill_values, outlier_values
        What categories 4, 5 … of the mask stand for: fill values first, then valid values far from all
        others.
    errors
        None until the archive is complete.
    importance_sum, valid_count
        Σ I and number of the valid voxels, over which the errors are pooled.
    """

    name: str
    path: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    item_bytes: int
    parts: tuple[Part, ...]
    mask: str = "none"
    fill_values: tuple[float, ...] = ()
    outlier_values: tuple[float, ...] = ()
    errors: Errors | None = None
    importance_sum: float = 0.0
    valid_count: int = 0

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
    def mask_frames(self) -> int:
        """Frames for which a mask is stored."""
        return {"none": 0, "constant": self.components, "varying": self.frames}[self.mask]

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

    def part(self, step: int) -> Part:
        """Return the part to which a step belongs."""
        return self._place(step * self.components)[0]

    def normalisation(self, frame: int) -> Normalisation:
        """Return how a frame was normalised."""
        part, at = self._place(frame)
        return part.normalisations[at % len(part.normalisations)]

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
        """What categories 4, 5 … of the mask stand for."""
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

    @classmethod
    def from_json(cls, fields: JsonFields) -> VariableRecord:
        """Read the record out of parsed JSON."""
        shape, errors = fields.wholes("shape"), fields.optional_inside("errors")
        dims = fields.texts("dims")
        if dims not in _DIMS:
            raise fields.fail("dims", "z, y, x, perhaps after time and component")
        if len(shape) != len(dims):
            raise fields.fail("shape", f"{len(dims)} numbers")
        dtype = fields.text("dtype")
        if dtype not in _DTYPES:
            raise fields.fail("dtype", f"one of {', '.join(_DTYPES)}")
        mask = fields.text("mask")
        if mask not in MASK_KINDS:
            raise fields.fail("mask", f"one of {', '.join(MASK_KINDS)}")
        path = fields.text("path")
        if not is_group_path(path):
            raise fields.fail("path", "a plain name, inside the archive")
        record = cls(
            name=fields.text("name"),
            path=path,
            dims=dims,
            shape=shape,
            dtype=dtype,
            item_bytes=fields.whole("item_bytes"),
            parts=tuple(Part.from_json(part) for part in fields.objects("parts")),
            mask=mask,
            fill_values=fields.numbers("fill_values"),
            outlier_values=fields.numbers("outlier_values"),
            errors=None if errors is None else Errors.from_json(errors),
            importance_sum=fields.number("importance_sum"),
            valid_count=fields.whole("valid_count"),
        )
        if sum(part.steps for part in record.parts) != record.steps or not all(
            map(record._fits, record.parts)
        ):
            raise fields.fail("parts", f"those of {record.steps} steps of {record.components} components")
        if len(record.stored_values) > MOST_STORED:
            raise fields.fail("outlier_values", f"at most {MOST_STORED} with the fill values")
        return record

    def _fits(self, part: Part) -> bool:
        """Whether a part has the normalisations and ranges of its frames."""
        frames = part.steps * self.components
        return len(part.normalisations) in (self.components, frames) and len(part.ranges) == frames


_INTEGERS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
_DTYPES = ("float16", "float32", "float64", *_INTEGERS)


def _normalisation(fields: JsonFields) -> Normalisation:
    transform = fields.text("transform")
    if transform not in TRANSFORMS:
        raise fields.fail("transform", f"one of {', '.join(TRANSFORMS)}")
    if fields.number("scale") <= 0:
        raise fields.fail("scale", "above 0")
    return Normalisation(
        transform=transform,
        offset=fields.number("offset"),
        scale=fields.number("scale"),
        minimum=fields.number("minimum"),
        maximum=fields.number("maximum"),
    )
