"""Fitting to a variable: which transform each axis takes, what is transformed again, and tables.

All is chosen by what windows of the variable cost at the quality asked for: bits, and error in bits.

    windows ─ lapped cells; octaves along an axis where that costs less ─▶ transform
            ─ each low subband: alone, or by octaves ─▶ second transform
            ─ histograms of symbols by class ─▶ tables
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from idlat.coding.context_model import ContextModel
from idlat.model.subband.chunk_header import CHUNK_CELLS, LevelTables
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.field_window import FieldWindow
from idlat.model.subband.fitting.coding_candidate import CodingCandidate
from idlat.transform.subbands import CELL, Kind

__all__ = ["fit_coding"]

_CHUNK = CHUNK_CELLS * CELL
_ROUNDS = 2  # of fitting, before transforms are compared; as many follow
_MOST = 2**20  # voxels on which transforms are compared


def fit_coding(
    windows: Sequence[FieldWindow], contexts: ContextModel, levels: LevelTables, scale: float = 1.0
) -> CodingSettings:
    """Return what codes the windows best.

    Parameters
    ----------
    windows : sequence of FieldWindow
    contexts : ContextModel
        The model's.
    levels : LevelTables
    scale : float
        How many times as large the whole variable is.
    """
    parts = _parts(windows)
    share = sum(part.x.size for part in parts) / sum(window.x.size for window in windows)

    def candidate(kinds: list[Kind]) -> CodingCandidate:
        z, y, x = kinds
        found = CodingCandidate(parts, (z, y, x), contexts, levels, scale / share)
        found.improve(_ROUNDS)
        return found

    best = candidate(["lapped"] * 3)
    for axis in range(3):
        if max(w.shape[axis] for w in windows) > 1:
            kinds = list(best.kinds)
            kinds[axis] = "octaves"
            best = min(best, candidate(kinds), key=lambda c: c.cost)
    if share < 1:
        best = CodingCandidate(windows, best.kinds, contexts, levels, scale, best)
    best.improve(_ROUNDS)
    return best.best


def _parts(windows: Sequence[FieldWindow]) -> list[FieldWindow]:
    """Return the middle of each window, of whole chunks where it can be, not too large together."""
    sides = [list(window.shape) for window in windows]
    while sum(map(math.prod, sides)) > _MOST:
        side = max(sides, key=math.prod)
        n = max(side)
        unit = _CHUNK if n > _CHUNK else CELL
        shorter = max(unit, (n + 1) // 2 // unit * unit)
        if shorter >= n:
            break
        side[side.index(n)] = shorter
    return [window.middle(side) for window, side in zip(windows, sides, strict=True)]
