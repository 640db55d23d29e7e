"""What maps make of a field's cells, for comparing them: nearest integers, not what coding chooses."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from idlat.model.subband.cell_levels import levels_of_patches, wanted_levels
from idlat.transform.cells import to_cells
from idlat.transform.subbands import CELL

__all__ = ["CellComparison"]

_LARGEST = 2.0**30 - 1


class CellComparison(ABC):
    """Represents a tile under several maps.

    Attributes
    ----------
    analysis_halo : int
        Voxels around a tile on which its representation depends.
    """

    analysis_halo = CELL

    @property
    @abstractmethod
    def importance_range(self) -> float:
        """a of w = exp(a·I + g)."""

    @abstractmethod
    def step(self, gain: float) -> float:
        """Δ₀: the finest quantisation step, in normalised units."""

    def represent(
        self, x: NDArray[np.float32], importance: NDArray[np.float32], gain: float
    ) -> NDArray[np.int32]:
        """Latents of a tile under several maps, to compare these: nearest integers, not what coding chooses.

        Parameters
        ----------
        x : ndarray of float32
            (Z, Y, X), multiples of 8.
        importance : ndarray of float32
            (B, Z, Y, X): the maps.
        gain : float
            g.

        Returns
        -------
        ndarray of int32
            (B, C, Z/8, Y/8, X/8).
        """
        c = self.coefficients(x, gain)
        maps = []
        for one in importance:
            level = np.rint(wanted_levels(one, self.importance_range))
            y = np.rint(np.clip(c * np.exp2(-level), -_LARGEST, _LARGEST))
            maps.append(np.concatenate([-level[None], y]).astype(np.int32))
        return np.stack(maps)

    def coefficients(self, x: NDArray[np.float32], gain: float) -> NDArray[np.float32]:
        """Transform a tile (Z, Y, X): coefficients (K, Z/8, Y/8, X/8) at level 0; level −1 halves them."""
        c = to_cells(x * np.float32(1 / self.step(gain)), ("lapped",) * 3)
        z, _, y, _, w, _ = c.shape
        return np.ascontiguousarray(c.transpose(1, 3, 5, 0, 2, 4)).reshape(-1, z, y, w)

    def levels(self, shares: NDArray[np.float32]) -> NDArray[np.int32]:
        """Levels (B, Z/8, Y/8, X/8), at most 0, that maps of ones and zeros ask for, rounded.

        Parameters
        ----------
        shares : ndarray of float32
            (B, Z/4, Y/4, X/4): the share of ones in each patch of 4³ voxels.
        """
        weight = shares + (1 - shares) * math.exp(-self.importance_range)
        return np.stack([-np.rint(levels_of_patches(one)) for one in weight]).astype(np.int32)
