"""The default model fitted to a variable: to windows of it, and to how its time steps follow one another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from idlat.model.subband.chunk_header import LevelTables
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.field_window import FieldWindow
from idlat.model.subband.fitting.fit_coding import fit_coding
from idlat.model.subband.fitting.fit_effort import FitEffort
from idlat.model.subband.fitting.fit_series import fit_series
from idlat.model.subband.model_file import CodingPriors
from idlat.model.subband.second_tiles import Mode

__all__ = ["VariableFit"]

Tile = tuple[NDArray[np.float32], NDArray[np.float32]]


class VariableFit(ABC):
    """What a model does to fit itself to a variable.

    Attributes
    ----------
    coding : CodingSettings
        What is fitted to a variable.
    """

    coding: CodingSettings
    _priors: CodingPriors
    _levels: LevelTables
    _effort: FitEffort

    @property
    @abstractmethod
    def importance_range(self) -> float:
        """a of w = exp(a·I + g)."""

    @abstractmethod
    def step(self, gain: float) -> float:
        """Δ₀: the finest quantisation step, in normalised units."""

    @abstractmethod
    def _with(self, settings: CodingSettings) -> Self:
        """Return the model for a variable of other settings."""

    @property
    def fit_voxels(self) -> int:
        """The most voxels of a variable that :meth:`fitted` is to be given; 0: it need not be called."""
        return self._effort.voxels

    def fitted(
        self,
        windows: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
        gain: float,
        scale: float = 1.0,
    ) -> Self:
        """Return the model fitted to a variable.

        Parameters
        ----------
        windows : sequence of two ndarrays of float32
            Normalised values and importance, (Z, Y, X) each, of boxes that begin with a cell.
        gain : float
            g.
        scale : float
            How many times as large the whole variable is.
        """
        step = self.step(gain)
        boxes = [FieldWindow(x / np.float32(step), i, self.importance_range) for x, i in windows]
        settings = fit_coding(boxes, self._priors, self._levels, scale, self._effort)
        if not any(np.ptp(box.wanted) for box in boxes):  # then the modes are alike, and one needs no levels
            even: Mode = "finest"
            settings = replace(settings, modes=dict.fromkeys(settings.modes, even))
        return self._with(settings)

    def fitted_to_series(
        self,
        pairs: Sequence[tuple[Tile, Tile]],
        gain: float,
        key_every: int,
        scale: float = 1.0,
    ) -> Self:
        """Return the fitted model with time steps coded under the step before, where that pays.

        Parameters
        ----------
        pairs : sequence of two pairs of ndarrays of float32
            Normalised values and importance, (Z, Y, X) each, of a box in one step and in the next.
        gain : float
            g.
        key_every : int
            Each so many steps, one is coded alone: at least 2.
        scale : float
            How many times as large the whole variable is as the boxes of one step.
        """
        step = self.step(gain)
        windows = [
            tuple(FieldWindow(x / np.float32(step), i, self.importance_range) for x, i in pair)
            for pair in pairs
        ]
        both = [(first, second) for first, second in windows]
        return self._with(fit_series(both, self.coding, self._priors, self._levels, key_every, scale))
