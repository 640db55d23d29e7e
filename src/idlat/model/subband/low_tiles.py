"""The second transform of the default model: tiles of low subbands as bytes, and back."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from idlat.model.subband.cell_map import Key, cells_along
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.second_tiles import SecondCoder
from idlat.model.tile_analysis import Low
from idlat.transform.second_layout import band_shape
from idlat.transform.subbands import PER_CELL, Shape

__all__ = ["LowTiles"]

Integers = NDArray[np.int32]


class LowTiles(ABC):
    """What a model does with the low subbands of a tile.

    Attributes
    ----------
    coding : CodingSettings
        What is fitted to a variable.
    """

    coding: CodingSettings

    @property
    @abstractmethod
    def second(self) -> SecondCoder:
        """Codes tiles of the second transform."""

    def encode_low(
        self, low: Low, levels: NDArray[np.int32], shape: Shape, before: Integers | None = None
    ) -> bytes:
        """Return the bytes of the low subbands of a tile of `shape` voxels, given its cells' levels.

        `before` are the integers of the same tile in the step before, where one is to be used.
        """
        kinds = self.coding.kinds
        sizes = {key: band_shape(shape, key, kinds) for key in self.coding.modes}
        bands = {key: low[key][tuple(map(slice, size))] for key, size in sizes.items()}
        return self.second.encode(bands, -levels.astype(np.int64), shape, self._by_key(before, shape))

    def low_needs_before(self, data: bytes) -> bool:
        """Whether :meth:`encode_low`'s bytes were coded under the step before."""
        return self.second.needs_before(data)

    def low_integers(self, data: bytes, shape: Shape, before: Integers | None = None) -> Integers:
        """Return the integers of :meth:`encode_low`'s bytes, subband by subband, flat.

        Raises
        ------
        CorruptStreamError
            If the bytes are none of a tile.
        """
        _, found = self.second.decode(data, shape, self._by_key(before, shape))
        return np.concatenate([np.zeros(0, np.int32), *found.values()])

    def low_size(self, shape: Shape) -> int:
        """Return how many integers a tile of `shape` voxels has."""
        return sum(math.prod(band_shape(shape, key, self.coding.kinds)) for key in self.coding.modes)

    def decode_low(
        self, data: bytes, shape: Shape, before: Integers | None = None
    ) -> dict[Key, NDArray[np.float64]]:
        """Return the low subbands of a tile of `shape` voxels, as :meth:`synthesise` takes them.

        Raises
        ------
        CorruptStreamError
            If the bytes are none of a tile.
        """
        finest, coefficients = self.second.decode(data, shape, self._by_key(before, shape))
        found = {}
        for key, mode in self.coding.modes.items():
            per = [PER_CELL[kind][k] for kind, k in zip(self.coding.kinds, key, strict=True)]
            band = np.zeros([n * m for n, m in zip(cells_along(shape), per, strict=True)])
            if key in coefficients:
                values = self.second.values(coefficients[key], key, mode, shape)
                band[tuple(map(slice, values.shape))] = values if mode == "scaled" else values * 2.0**finest
            found[key] = band
        return found

    def _by_key(self, integers: Integers | None, shape: Shape) -> dict[Key, Integers] | None:
        """Integers of a tile, flat, by subband."""
        if integers is None:
            return None
        sizes = {key: math.prod(band_shape(shape, key, self.coding.kinds)) for key in self.coding.modes}
        ends = np.cumsum([*sizes.values()])[:-1]
        return dict(zip(sizes, np.split(integers, ends), strict=True))
