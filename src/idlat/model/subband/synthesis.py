"""From latents back to values."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.exact_synthesis import exact_step, exact_synthesis
from idlat.model.tile_analysis import Low
from idlat.transform.cells import from_cells, put_band
from idlat.transform.cuts import NO_CUTS, band_scale
from idlat.transform.second_layout import at_positions
from idlat.transform.subbands import CELL, Shape

__all__ = ["Synthesis"]

Latents = NDArray[np.int32]


class Synthesis(ABC):
    """Decodes the latents of a variable.

    Attributes
    ----------
    coding : CodingSettings
        What is fitted to it.
    """

    coding: CodingSettings

    @property
    @abstractmethod
    def importance_range(self) -> float:
        """a of w = exp(a·I + g)."""

    @abstractmethod
    def step(self, gain: float) -> float:
        """Δ₀: the finest quantisation step, in normalised units."""

    def synthesise(
        self, latents: Latents, gain: float, low: Low | None = None, shape: Shape | None = None
    ) -> NDArray[np.float32]:
        """Normalised values (Z, Y, X) of latents (C, z, y, x), exact :attr:`halo` inside the tile.

        Parameters
        ----------
        latents : ndarray of int32
        gain : float
        low : mapping of key to ndarray, optional
            The subbands that are transformed again: in the steps of their cells, or, where these are taken in
            the finest, in units of that.
        shape : Shape, optional
            Voxels; whole cells unless given.
        """
        kinds = self.coding.kinds
        _, z, y, x = latents.shape
        voxels = shape or (CELL * z, CELL * y, CELL * x)
        steps = np.exp2(-latents[0]).astype(np.float32)
        values = latents[1:].astype(np.float32)
        values *= steps
        c = np.empty((z, CELL, y, CELL, x, CELL), np.float32)
        c[...] = values.reshape(CELL, CELL, CELL, z, y, x).transpose(3, 0, 4, 1, 5, 2)
        for key, band in (low or {}).items():
            if self.coding.modes[key] == "scaled":
                at = at_positions(latents[0], key, kinds, band.shape)
                band = band * np.exp2(-at)
            elif self.coding.cuts != NO_CUTS:
                band = band * band_scale(voxels, key, self.coding.cuts, band.shape)
            put_band(c, key, kinds, band)
        c *= np.float32(self.step(gain))
        return self.coding.companding.backward(from_cells(c, kinds, voxels, self.coding.cuts))

    def synthesise_exactly(
        self, latents: Latents, gain: float, low: Low | None = None, shape: Shape | None = None
    ) -> NDArray[np.float64]:
        """What :meth:`synthesise` gives, in float64 and the same bits on every machine."""
        return exact_synthesis(latents, exact_step(self.importance_range + gain), self.coding, low, shape)
