"""What a fit goes by, whatever the variable: the model's chances, how much is tried, and threads."""

from __future__ import annotations

from dataclasses import dataclass

from idlat.model.subband.chunk_header import LevelTables
from idlat.model.subband.fitting.fit_effort import DEFAULT_EFFORT, EFFORTS, FitEffort
from idlat.model.subband.model_file import CodingPriors

__all__ = ["FitSetup"]


@dataclass(frozen=True)
class FitSetup:
    """What a fit goes by.

    Attributes
    ----------
    priors : CodingPriors
        The model's.
    levels : LevelTables
    effort : FitEffort
        How much is tried.
    threads : int
        That windows and chunks are looked at by; what is found does not depend on it.
    """

    priors: CodingPriors
    levels: LevelTables
    effort: FitEffort = EFFORTS[DEFAULT_EFFORT]
    threads: int = 1
