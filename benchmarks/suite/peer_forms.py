"""What a peer can be given: the field as it is, or what a user who knows the importance would make of it.

    plain, smoothed away from the region, clipped to its range, cropped to its box, or cropped and clipped;
    a series step by step (plain), or in four dimensions

What is cropped away decodes as its mean, which costs no more than a header.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.ndimage
from shared.peers import PREPARATIONS

from suite.fields import SuiteField
from suite.maps import SuiteMap

Real = npt.NDArray[np.float32]
Window = tuple[slice, ...]

_BOX_BYTES = 6 * 4 + 4  # corners, and the mean outside
_LARGEST_WINDOW = 0.9  # of the field; a larger one crops nothing worth it


@dataclass(frozen=True, eq=False)
class PeerForm:
    """A field prepared for a peer.

    Parameters
    ----------
    name
        `plain`, `smoothed`, `clipped`, `cropped`, `cropped clipped` or `4-D`.
    given
        What the peer compresses, `(z, y, x)` or `(time, z, y, x)`.
    restore
        Makes a field of the original's shape of what the peer decoded.
    extra_bytes
        What must be kept besides.
    """

    name: str
    given: Real
    restore: Callable[[Real], Real]
    extra_bytes: int


def forms_of(field: SuiteField, chosen: SuiteMap, names: tuple[str, ...]) -> list[PeerForm]:
    """Prepare a field in those of the forms that differ from the plain one under this map."""
    forms = []
    window = _window(chosen.importance)
    cropping = window is not None and chosen.kind == "region"
    for name in names:
        if name == "plain":
            forms.append(PeerForm(name, field.filled, lambda decoded: decoded, field.mask_bytes))
        elif name == "4-D":
            if field.is_series:
                forms.append(_four_dimensional(field))
        elif chosen.kind == "uniform" or ("cropped" in name and not cropping):
            continue
        elif "cropped" in name:
            assert window is not None
            source = PREPARATIONS["clipped"] if "clipped" in name else PREPARATIONS["plain"]
            prepared = source(field.filled, chosen.importance)
            given = np.ascontiguousarray(prepared[window])
            restore = _Outside(field.filled, window)
            forms.append(PeerForm(name, given, restore, field.mask_bytes + _BOX_BYTES))
        else:
            given = PREPARATIONS[name](field.filled, chosen.importance)
            forms.append(PeerForm(name, given, lambda decoded: decoded, field.mask_bytes))
    return forms


def _four_dimensional(field: SuiteField) -> PeerForm:
    """Give a series as one array, each step scaled to the same range, as the errors are."""
    low = field.filled.min((1, 2, 3), keepdims=True)
    span = np.ptp(field.filled, (1, 2, 3), keepdims=True)
    given = (field.filled - low) / np.where(span > 0, span, 1)
    extra = field.mask_bytes + 8 * len(field.filled)
    return PeerForm("4-D", given, lambda decoded: decoded * span + low, extra)


@dataclass(frozen=True, eq=False)
class _Outside:
    """Puts a decoded window back among the mean of what lies outside it."""

    field: Real
    window: Window

    def __call__(self, decoded: Real) -> Real:
        outside = np.ones(self.field.shape, bool)
        outside[self.window] = False
        whole = np.full(self.field.shape, self.field[outside].mean(), np.float32)
        whole[self.window] = decoded
        return whole


def _window(importance: Real) -> Window | None:
    """Return the box of what matters; None where it is nearly the whole field, or nothing matters."""
    found = scipy.ndimage.find_objects((importance >= 0.5).astype(np.uint8))
    if not found:
        return None
    window: Window = found[0]
    return window if importance[window].size < _LARGEST_WINDOW * importance.size else None
