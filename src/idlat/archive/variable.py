"""The record of one variable of an archive: what it was, how it was normalised, how well it came out."""

from __future__ import annotations

import math
from dataclasses import dataclass

from idlat.archive.jsonfields import JsonFields
from idlat.normalise import TRANSFORMS, Normalisation

__all__ = ["Errors", "VariableRecord"]

MASK_KINDS = ("none", "constant", "varying")


@dataclass(frozen=True)
class Errors:
    """Errors measured by decoding: weighted PSNR and PSNR in dB (Eq. 13, 14), largest absolute error.

    None stands for what is not finite, such as the PSNR of an exact reconstruction.
    """

    wpsnr: float | None
    psnr: float | None
    max_error: float | None

    @classmethod
    def from_json(cls, fields: JsonFields) -> Errors:
        """Read the record out of parsed JSON."""
        return cls(*(fields.optional_number(key) for key in ("wpsnr", "psnr", "max_error")))


@dataclass(frozen=True)
class VariableRecord:
    """One variable of an archive.

    Parameters
    ----------
    name, path
        The variable's name, and its group's path in the archive.
    shape, dtype
        Voxels, of 3 axes (z, y, x) or 4 with time first; NumPy's name of the type.
    normalisation
        How physical values become the model's.
    mask
        ``none``, ``constant`` (one mask for all steps) or ``varying``.
    item_bytes
        Of a value in the input, which may be packed.
    fill_values
        What categories 4, 5 … of the mask stand for.
    errors
        None until the archive is complete.
    """

    name: str
    path: str
    shape: tuple[int, ...]
    dtype: str
    item_bytes: int
    normalisation: Normalisation
    mask: str = "none"
    fill_values: tuple[float, ...] = ()
    errors: Errors | None = None

    @property
    def has_time(self) -> bool:
        """Whether the field has a time axis."""
        return len(self.shape) == 4

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the axes."""
        return ("time", "z", "y", "x")[4 - len(self.shape) :]

    @property
    def steps(self) -> int:
        """Time steps, 1 for a field without time."""
        return self.shape[0] if self.has_time else 1

    @property
    def volume(self) -> tuple[int, int, int]:
        """Voxels (z, y, x) of one step."""
        z, y, x = self.shape[-3:]
        return z, y, x

    @property
    def bytes_original(self) -> int:
        """All voxels times the input's item size, in bytes."""
        return math.prod(self.shape) * self.item_bytes

    @classmethod
    def from_json(cls, fields: JsonFields) -> VariableRecord:
        """Read the record out of parsed JSON."""
        shape, errors = fields.wholes("shape"), fields.optional_inside("errors")
        if len(shape) not in (3, 4):
            raise fields.fail("shape", "3 or 4 numbers")
        dtype = fields.text("dtype")
        if dtype not in _DTYPES:
            raise fields.fail("dtype", f"one of {', '.join(_DTYPES)}")
        mask = fields.text("mask")
        if mask not in MASK_KINDS:
            raise fields.fail("mask", f"one of {', '.join(MASK_KINDS)}")
        return cls(
            name=fields.text("name"),
            path=fields.text("path"),
            shape=shape,
            dtype=dtype,
            item_bytes=fields.whole("item_bytes"),
            normalisation=_normalisation(fields.inside("normalisation")),
            mask=mask,
            fill_values=fields.numbers("fill_values"),
            errors=None if errors is None else Errors.from_json(errors),
        )


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
