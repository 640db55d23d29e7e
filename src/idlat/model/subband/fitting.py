"""Fitting to a variable: which transform each axis takes, what is transformed again, and tables.

All is chosen by what windows of the variable cost at the quality asked for: bits, and error in bits.

    windows ─ lapped cells; octaves along an axis where that costs less ─▶ transform
            ─ each low subband: alone, or by octaves ─▶ second transform
            ─ histograms of symbols by class ─▶ tables
"""

from __future__ import annotations

from collections.abc import Sequence

from idlat.coding.context_model import ContextModel
from idlat.model.subband.chunk_coder import LevelTables
from idlat.model.subband.coding_candidate import CodingCandidate
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.field_window import FieldWindow
from idlat.transform.subbands import Kind

__all__ = ["fit_coding"]

_ROUNDS = 2  # of fitting, before transforms are compared; as many follow


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

    def candidate(kinds: list[Kind]) -> CodingCandidate:
        found = CodingCandidate(windows, (kinds[0], kinds[1], kinds[2]), contexts, levels, scale)
        found.improve(_ROUNDS)
        return found

    best = candidate(["lapped"] * 3)
    for axis in range(3):
        if max(w.shape[axis] for w in windows) > 1:
            kinds = list(best.kinds)
            kinds[axis] = "octaves"
            best = min(best, candidate(kinds), key=lambda c: c.cost)
    best.improve(_ROUNDS)
    return best.best
