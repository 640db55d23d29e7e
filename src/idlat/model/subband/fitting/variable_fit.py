"""The default model fitted to a variable: to windows of it, and to how its time steps follow one another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import numpy as np

from idlat.model.subband.chunk_header import LevelTables
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.field_window import FieldWindow
from idlat.model.subband.fitting.fit_coding import fit_coding
from idlat.model.subband.fitting.fit_effort import FitEffort
from idlat.model.subband.fitting.fit_series import fit_series
from idlat.model.subband.fitting.value_companding import value_companding
from idlat.model.subband.model_file import CodingPriors
from idlat.model.subband.second_tiles import Mode
from idlat.model.tile_analysis import FitWindow
from idlat.transform.companding import LINEAR
from idlat.transform.cuts import NO_CUTS, lapped_cuts, moved_cuts

__all__ = ["VariableFit"]

_TELLING = 32  # voxels along an axis of a window, of which levels are looked at first


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
        windows: Sequence[FitWindow],
        gain: float,
        scale: float = 1.0,
        *,
        linear: bool = False,
    ) -> Self:
        """Return the model fitted to a variable.

        Parameters
        ----------
        windows : sequence of FitWindow
        gain : float
            g.
        scale : float
            How many times as large the whole variable is.
        linear : bool
            Whether values are not to be companded.
        """
        windows = [FitWindow(*window) for window in windows]
        forms = self._forms(windows, gain, companding=not linear)
        boxes = [[form._window(window, gain) for window in windows] for form in forms]
        chosen, settings = fit_coding(boxes, self._priors, self._levels, scale, self._effort)
        form = forms[chosen].coding
        settings = replace(settings, cuts=lapped_cuts(form.cuts, settings.kinds), companding=form.companding)
        if settings.cuts == NO_CUTS and not any(map(_uneven, boxes[chosen])):
            # then the modes are alike, and one needs no levels
            even: Mode = "finest"
            settings = replace(settings, modes=dict.fromkeys(settings.modes, even))
        return self._with(settings)

    def _forms(self, windows: Sequence[FitWindow], gain: float, *, companding: bool) -> list[Self]:
        """Return the model as it is and, where they differ, companding and without cuts."""
        forms = [self]
        if companding:
            found = value_companding(windows, self.importance_range, self.step(gain))
            if found != LINEAR:
                forms.append(self._with(replace(self.coding, cuts=NO_CUTS, companding=found)))
        if self.coding.cuts != NO_CUTS:
            forms.append(self._with(replace(self.coding, cuts=NO_CUTS)))
        return forms

    def fitted_to_series(
        self,
        pairs: Sequence[tuple[FitWindow, FitWindow]],
        gain: float,
        key_every: int,
        scale: float = 1.0,
    ) -> Self:
        """Return the fitted model with time steps coded under the step before, where that pays.

        Parameters
        ----------
        pairs : sequence of two FitWindows
            A box in one step and in the next.
        gain : float
            g.
        key_every : int
            Each so many steps, one is coded alone: at least 2.
        scale : float
            How many times as large the whole variable is as the boxes of one step.
        """
        both = [(self._window(first, gain), self._window(second, gain)) for first, second in pairs]
        return self._with(fit_series(both, self.coding, self._priors, self._levels, key_every, scale))

    def _window(self, window: FitWindow, gain: float) -> FieldWindow:
        """Return a window in units of the finest step, with the variable's cuts."""
        x, importance, origin = window
        cuts = moved_cuts(self.coding.cuts, origin)
        step, companding = self.step(gain), self.coding.companding
        return FieldWindow.of(x, importance, self.importance_range, step, companding, cuts)


def _uneven(window: FieldWindow) -> bool:
    """Whether the map asks for levels that differ from cell to cell; a part in the middle often tells."""
    telling = window.middle([min(n, _TELLING) for n in window.shape])
    return bool(np.ptp(telling.wanted) or np.ptp(window.wanted))
