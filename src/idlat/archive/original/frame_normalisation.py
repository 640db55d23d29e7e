"""How a variable's values become the model's: normalised by their usual range, and by step where it differs.

::

    pass over the field ──▶ usual limits a frame or a component ──▶ a second pass where outliers lie beyond
      ──▶ one normalisation a component, or one a frame where the steps' ranges differ much
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from idlat.archive.format.variable_record import MOST_STORED, Part, VariableRecord
from idlat.archive.original.field_scan import FieldScan, FrameScan
from idlat.archive.original.outlier_limits import Limits, representatives, usual_limits
from idlat.errors import FieldError
from idlat.normalise import Normalisation, fit_normalisation, transformed

__all__ = ["Fit", "continued", "differs", "fit_frames", "joined_outliers"]

_EXACT = 2**53  # integers up to it are exact in float64
_FACTOR = 8.0  # by which a step's scale may differ from the common one

Scan = Callable[[Sequence[Limits | None]], FieldScan]


@dataclass(frozen=True)
class Fit:
    """A pass over a variable and the normalisations that follow from it, one a component or one a frame."""

    scan: FieldScan
    normalisations: tuple[Normalisation, ...]


def fit_frames(name: str, first: FieldScan, components: int, transform: str, room: int, again: Scan) -> Fit:
    """Choose the normalisations of a variable's frames.

    Parameters
    ----------
    name
        The variable's, for errors.
    first
        A pass without limits.
    components
        Of a value.
    transform
        ``none``, ``log10`` or ``asinh``.
    room
        How many values may be kept apart, each as it is.
    again
        Makes another pass with limits.

    Raises
    ------
    FieldError
        Integers beyond 2⁵³, which float64 cannot tell from their neighbours, and too many to be kept apart.
    IdlatError
        As :func:`idlat.normalise.fit_normalisation`.
    """
    frames = first.frames
    together = [_pooled(frames[c::components]) for c in range(components)]
    common, common_limits = _fits(together, transform)
    own, own_limits = (common, common_limits) if len(frames) == components else _fits(frames, transform)
    apart = any(
        differs(own[i], common[i % components]) for i, frame in enumerate(frames) if frame.sample.size
    )
    fits, limits = (own, own_limits) if apart else (common, common_limits)
    scan = first
    if any(limits):
        scan = again([limits[i % len(limits)] for i in range(len(frames))])
    if not all(_exact(frame) for frame in scan.frames):
        scan, apart = _all_apart(name, again, len(frames), room), False
    frames = scan.frames
    if scan is not first:
        kept = frames if apart else [_pooled(frames[c::components]) for c in range(components)]
        fits = tuple(_fitted(frame, transform) for frame in kept)
    return Fit(scan, fits)


def _exact(frame: FrameScan) -> bool:
    """Whether the arithmetic can tell a frame's values from their neighbours."""
    return not isinstance(frame.minimum, int) or max(-frame.minimum, frame.maximum) <= _EXACT


def _all_apart(name: str, again: Scan, frames: int, room: int) -> FieldScan:
    """Return a pass in which every value is an outlier, kept as it is; raise where there are too many."""
    scan = again([(np.inf, -np.inf)] * frames)
    if len(scan.outliers) > room:
        raise FieldError(
            f"variable {name!r} has integers from {scan.outliers[0]} to {scan.outliers[-1]}; beyond 2^53 "
            "neighbours cannot be told apart: subtract an offset from them first, or keep them in a lossless "
            "format such as gzipped NRRD"
        )
    return scan


def differs(own: Normalisation, common: Normalisation) -> bool:
    """Whether a frame wants another normalisation than a common one, by scale or by place.

    A constant frame does where the others vary: by its own it comes back exactly.

    Examples
    --------
    >>> common = Normalisation("none", 0.0, 1.0, -3.0, 3.0)
    >>> differs(Normalisation("none", 0.5, 0.3, -1.0, 1.0), common)
    False
    >>> differs(Normalisation("none", 0.0, 1e-6, -1e-6, 1e-6), common)
    True
    """
    beyond = own.minimum > common.maximum or own.maximum < common.minimum
    constant = [each.minimum == each.maximum for each in (own, common)]
    if any(constant):
        return beyond or not all(constant)
    return beyond or not common.scale / _FACTOR <= own.scale <= common.scale * _FACTOR


def continued(before: Part, part: Part, components: int) -> tuple[Normalisation, ...]:
    """Return the normalisations of appended steps: those of the steps before where they fit, else their own.

    Parameters
    ----------
    before, part
        The existing steps, and those to append, which were fitted alone.
    components
        Of a value.
    """
    kept, own = before.normalisations, part.normalisations
    if len(kept) != components or len(own) != components or any(map(differs, own, kept)):
        return own
    return tuple(replace(a, minimum=b.minimum, maximum=b.maximum) for a, b in zip(kept, own, strict=True))


def joined_outliers(old: VariableRecord, new: VariableRecord) -> tuple[float, ...]:
    """Return the outliers' values of a variable that grows, those of the existing steps first.

    Raises
    ------
    FieldError
        The mask has no room for one more.
    """
    further = [value for value in new.outlier_values if value not in old.outlier_values]
    room = MOST_STORED - len(old.stored_values)
    if further and not room:
        raise FieldError(
            f"the steps to append to {old.name!r} have values far from all others, such as {further[0]:g}, "
            "and the archive has no room for more of these: begin a new archive"
        )
    return (*old.outlier_values, *(representatives(np.array(further), room) if further else ()))


def _fits(
    frames: Sequence[FrameScan], transform: str
) -> tuple[tuple[Normalisation, ...], list[Limits | None]]:
    """Fit each frame, or what is put together of several, without the outliers that its sample shows."""
    limits = [_limits(frame, transform) for frame in frames]
    kept = [_within(frame, ends) for frame, ends in zip(frames, limits, strict=True)]
    return tuple(_fitted(frame, transform) for frame in kept), limits


def _fitted(frame: FrameScan, transform: str) -> Normalisation:
    return fit_normalisation(frame.sample, float(frame.minimum), float(frame.maximum), transform)


def _limits(frame: FrameScan, transform: str) -> Limits | None:
    """Return the limits of the usual values, in their own unit."""
    if frame.minimum == frame.maximum or frame.sample.size == 0:
        return None
    values = np.append(frame.sample.astype(np.float64), [frame.minimum, frame.maximum])
    with np.errstate(all="ignore"):
        scaled = transformed(values, transform, np.dtype(np.float64)).astype(np.float64, copy=False)
        if not np.isfinite(scaled).all() or not np.isfinite(scaled[-1] - scaled[-2]):
            return None  # what cannot be fitted says so
    found = usual_limits(scaled)
    if found is None:
        return None
    usual = values[(scaled >= found[0]) & (scaled <= found[1])]
    return _between(values, usual, found, transform)


def _between(
    values: NDArray[np.float64], usual: NDArray[np.float64], found: Limits, transform: str
) -> Limits:
    """Return limits in the values' own unit; under a transform the usual values' own extremes."""
    if transform == "none":
        return found
    low = float(usual.min()) if (values < usual.min()).any() else -np.inf
    high = float(usual.max()) if (values > usual.max()).any() else np.inf
    return low, high


def _within(frame: FrameScan, limits: Limits | None) -> FrameScan:
    """Return a frame without what lies beyond the limits, as far as its sample tells."""
    if limits is None:
        return frame
    sample = frame.sample[(frame.sample >= limits[0]) & (frame.sample <= limits[1])]
    ends = [end for end in (frame.minimum, frame.maximum) if limits[0] <= end <= limits[1]]
    ends += [float(sample.min()), float(sample.max())] if sample.size else []
    return FrameScan(min(ends, default=0.0), max(ends, default=0.0), frame.lowest, frame.highest, sample)


def _pooled(frames: Sequence[FrameScan]) -> FrameScan:
    """Put the steps of one component together."""
    valid = [frame for frame in frames if frame.sample.size] or frames[:1]
    return FrameScan(
        minimum=min(frame.minimum for frame in valid),
        maximum=max(frame.maximum for frame in valid),
        lowest=min(frame.lowest for frame in valid),
        highest=max(frame.highest for frame in valid),
        sample=np.concatenate([frame.sample for frame in frames]),
    )
