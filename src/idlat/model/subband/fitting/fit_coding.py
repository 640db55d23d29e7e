"""Fitting to a variable: its form, the transform of each axis, what is transformed again, and tables.

All is chosen by what windows of the variable cost at the quality asked for: bits, and error in bits.

    windows ─ as they are; companded; without cuts ─▶ form
            ─ lapped cells; octaves along an axis where that costs less ─▶ transform
            ─ each low subband: alone, or by octaves ─▶ second transform
            ─ histograms of symbols by class ─▶ tables
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

from idlat.model.subband.chunk_header import CHUNK_CELLS, LevelTables
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.field_window import FieldWindow
from idlat.model.subband.fitting.coding_candidate import CodingCandidate, Fitted
from idlat.model.subband.fitting.estimated_bits import estimated_bits
from idlat.model.subband.fitting.fit_effort import DEFAULT_EFFORT, EFFORTS, FitEffort
from idlat.model.subband.model_file import CodingPriors
from idlat.transform.subbands import CELL, Kind, Kinds

__all__ = ["fit_coding"]

_CHUNK = CHUNK_CELLS * CELL
_LAPPED: Kinds = ("lapped", "lapped", "lapped")
_FAR = 1.05  # of the least cost: transforms that cost more are not looked at again
# Estimated bits of a coefficient from which on estimates tell which transform is better. Of 118 cases (ten
# real fields, three random ones) in which octaves would have been left out, they cost less in three, by at
# most 2 %.
_TELLING = 0.05
_ROUGH = 4  # how many times as much of a rough variable is fitted to as it is compared on


def fit_coding(
    forms: Sequence[Sequence[FieldWindow]],
    priors: CodingPriors,
    levels: LevelTables,
    scale: float = 1.0,
    effort: FitEffort = EFFORTS[DEFAULT_EFFORT],
) -> tuple[int, CodingSettings]:
    """Return which form of a variable costs least in what is important, and what codes that best.

    Parameters
    ----------
    forms : sequence of sequences of FieldWindow
        The same windows: as they are, companded, without cuts.
    priors : CodingPriors
        The model's.
    levels : LevelTables
    scale : float
        How many times as large the whole variable is.
    effort : FitEffort
        How much is tried; its `voxels` are the windows'.
    """
    if effort.glance and _size(forms[0]) * scale > effort.few:
        seen = [_glance(windows, priors, levels, scale, effort, len(forms) > 1) for windows in forms]
        best = min(range(len(forms)), key=lambda k: seen[k].cost_inside)
        if not seen[best].chooses_more():
            return best, _fit_rough(forms[best], seen[best], priors, levels, scale, effort)
    several = len(forms) > 1
    fits = [_fit_smooth(windows, priors, levels, scale, effort, several) for windows in forms]
    best = min(range(len(forms)), key=lambda k: fits[k][0])
    return best, fits[best][1]


def _glance(
    windows: Sequence[FieldWindow],
    priors: CodingPriors,
    levels: LevelTables,
    scale: float,
    effort: FitEffort,
    at_edges: bool,
) -> CodingCandidate:
    """Look at a part of the windows, in lapped cells."""
    parts = _parts(windows, effort.glance, at_edges=at_edges)
    seen = CodingCandidate(parts, _LAPPED, priors, levels, scale * _size(windows) / _size(parts))
    seen.improve(1)
    return seen


def _fit_smooth(
    windows: Sequence[FieldWindow],
    priors: CodingPriors,
    levels: LevelTables,
    scale: float,
    effort: FitEffort,
    several: bool,
) -> tuple[float, CodingSettings]:
    """Fit to a variable of any kind; return what is important of it costs in windows, and settings.

    All of the windows tell the cost, for a part may lack where forms differ most; it means nothing unless
    there are `several` to compare.
    """
    parts = _parts(windows, effort.compared) if effort.compared else list(windows)
    size = _size(windows)
    share, rounds = _size(parts) / size, effort.rounds + (size * scale <= effort.few)

    def candidate(kinds: Kinds, first: Fitted | None = None) -> CodingCandidate:
        found = CodingCandidate(parts, kinds, priors, levels, scale / share, first if rounds == 1 else None)
        found.improve(rounds)
        if effort.compared and rounds == 1 and found.chooses_more():
            found.improve(1)  # a smooth field's transforms compare only with their second ones
        return found

    best = candidate(_LAPPED)
    if not effort.compared:
        return best.cost_inside, best.best
    if effort.all_transforms:
        others = [candidate(kinds, best.first) for kinds in _transforms(_long(windows)) if "octaves" in kinds]
        best = min([best, *others], key=_cost)
    else:
        for axis in _long(windows):
            best = min(best, candidate(_with_octaves(best.kinds, axis), best.first), key=_cost)
    if share < 1:
        best = CodingCandidate(windows, best.kinds, priors, levels, scale, start=best)
    if not effort.tried and size * scale > effort.few:
        settings = best.adapted(measured=several)
        return best.cost_inside, settings
    best.improve(rounds)
    return best.cost_inside, best.best


def _fit_rough(
    windows: Sequence[FieldWindow],
    seen: CodingCandidate,
    priors: CodingPriors,
    levels: LevelTables,
    scale: float,
    effort: FitEffort,
) -> CodingSettings:
    """Fit to a rough variable: transforms are compared on the windows `seen`, and less is fitted to."""
    best, lapped = seen, estimated_bits(seen.windows, seen.kinds)
    for axis in _long(windows):
        alone = _with_octaves(seen.kinds, axis)
        if lapped > _TELLING and estimated_bits(seen.windows, alone) > lapped:
            continue
        other = CodingCandidate(
            seen.windows, _with_octaves(best.kinds, axis), priors, levels, seen.scale, seen.first
        )
        other.improve(1)
        if other.cost < _FAR * best.cost and other.chooses_more():
            other.improve(1)
        best = min(best, other, key=_cost)
    rough = _parts(windows, _ROUGH * effort.glance)
    scale *= _size(windows) / _size(rough)
    return CodingCandidate(rough, best.kinds, priors, levels, scale, start=best).adapted()


def _cost(candidate: CodingCandidate) -> float:
    return candidate.cost


def _long(windows: Sequence[FieldWindow]) -> list[int]:
    """Axes along which a window has more than one voxel."""
    return [axis for axis in range(3) if max(window.shape[axis] for window in windows) > 1]


def _with_octaves(kinds: Kinds, axis: int) -> Kinds:
    """The transforms with octaves along an axis."""
    z, y, x = ("octaves" if a == axis else kind for a, kind in enumerate(kinds))
    return z, y, x


def _size(windows: Sequence[FieldWindow]) -> int:
    """Voxels of windows together."""
    return sum(window.x.size for window in windows)


def _transforms(axes: Sequence[int]) -> Iterator[Kinds]:
    """Yield every choice of transforms along some axes."""
    both: tuple[Kind, ...] = ("lapped", "octaves")
    z, y, x = (both if axis in axes else both[:1] for axis in range(3))
    yield from product(z, y, x)


def _parts(windows: Sequence[FieldWindow], most: int, *, at_edges: bool = False) -> list[FieldWindow]:
    """Return the middle of each window, of whole chunks where it can be, not too large together.

    `at_edges` instead of the middle the part in whose cells importance changes most.
    """
    sides = [list(window.shape) for window in windows]
    while sum(map(math.prod, sides)) > most:
        side = max(sides, key=math.prod)
        n = max(side)
        unit = _CHUNK if n > _CHUNK else CELL
        shorter = max(unit, (n + 1) // 2 // unit * unit)
        if shorter >= n:
            break
        side[side.index(n)] = shorter
    part = FieldWindow.at_edges if at_edges else FieldWindow.middle
    return [part(window, side) for window, side in zip(windows, sides, strict=True)]
