"""From real coefficients to the integers that are coded, chunk by chunk.

y ─ nearest integers ─▶ means (rounding) ─▶ coefficients (rounding, then shaping) ─▶ ŷ
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from idlat.coding.interpolation import SIDE
from idlat.coding.learned.chunk_frames import frame_of
from idlat.coding.learned.chunk_stream import NetworkChunkCoder
from idlat.coding.learned.integer_networks import Groups
from idlat.coding.learned.symbol_costs import SymbolCosts
from idlat.model.learned.coefficient_rdo import settled, settled_means
from idlat.model.learned.rounding_error_shaping import Shaper, emphasis

Chunk = tuple[slice, slice, slice]

_AT_ONCE = 4  # whole chunks


def padded(chunk: NDArray[Any], frame: Sequence[int]) -> NDArray[Any]:
    """Fill a chunk (C, z, y, x) up with zeros to a frame of cells."""
    return np.pad(chunk, [(0, 0), *((0, f - n) for f, n in zip(frame, chunk.shape[1:], strict=True))])


@dataclass(frozen=True)
class Wanted:
    """A tile before anything is chosen.

    Attributes
    ----------
    y : ndarray of float32
        (K, d, h, w): the coefficients, unrounded.
    weight : ndarray of float32
        (1, d, h, w): by how much an error counts more than the cell's level says.
    exponent : Tensor
        (d, h, w, 512): a·I of the cells' voxels.
    """

    y: NDArray[np.float32]
    weight: NDArray[np.float32]
    exponent: Tensor


@dataclass(frozen=True)
class Chooser:
    """Chooses by bits and error; see the modules `coefficient_rdo` and `rounding_error_shaping`.

    Attributes
    ----------
    coder : NetworkChunkCoder
        Whose networks say what a symbol costs.
    hyper : callable
        Chunks (B, C, d, h, w) to their ẑ.
    costs : SymbolCosts
    shaper : Shaper
    """

    coder: NetworkChunkCoder
    hyper: Callable[[NDArray[np.int64]], NDArray[np.int64]]
    costs: SymbolCosts
    shaper: Shaper

    def choose(self, latents: NDArray[np.int32], wanted: Wanted, chunks: Sequence[Chunk]) -> None:
        """Choose the coefficients of some chunks of a tile (C, d, h, w) in place; its levels are chosen."""
        frame = frame_of([s.stop - s.start for s in chunk] for chunk in chunks)
        at_once = _AT_ONCE * SIDE**3 // math.prod(frame)
        for start in range(0, len(chunks), at_once):
            self._choose(latents, wanted, chunks[start : start + at_once])

    def _choose(self, latents: NDArray[np.int32], wanted: Wanted, chunks: Sequence[Chunk]) -> None:
        frame = frame_of([s.stop - s.start for s in chunk] for chunk in chunks)
        whole = np.stack([padded(latents[(slice(None), *chunk)], frame) for chunk in chunks]).astype(np.int64)
        real, weights = (
            np.stack([padded(values[(slice(None), *chunk)], frame) for chunk in chunks])
            for values in (wanted.y[1:], wanted.weight)
        )
        hyper = self.hyper(whole)
        means = self.coder.expected_means(whole, hyper)
        boxes = [tuple(slice(0, s.stop - s.start) for s in chunk) for chunk in chunks]
        for i, (chunk, box) in enumerate(zip(chunks, boxes, strict=True)):
            group = Groups(means.scale[i, 1][box], means.mean[i, 1][box])
            own = wanted.y[(0, *chunk)], whole[i, 0][box], wanted.weight[(0, *chunk)]
            whole[i, 1][box] = settled_means(*own, group, self.costs)
        groups = self.coder.expected(whole, hyper)
        whole[:, 2:] = settled(real, whole[:, 2:], weights, groups, self.costs)
        for i, (chunk, box) in enumerate(zip(chunks, boxes, strict=True)):
            inside = (slice(None), *box)
            found = Groups(groups.scale[i][inside], groups.mean[i][inside])
            latents[(slice(1, None), *chunk)] = self._shape(whole[i, 1:][inside], wanted, chunk, found)

    def _shape(
        self, symbols: NDArray[np.int64], wanted: Wanted, chunk: Chunk, groups: Groups
    ) -> NDArray[np.int64]:
        """Shape the error of one chunk (K, d, h, w) within its cells."""
        k = len(symbols)
        flat = Groups(groups.scale.reshape(k - 1, -1), groups.mean.reshape(k - 1, -1))
        real, weight = wanted.y[(slice(None), *chunk)].reshape(k, -1), wanted.weight[(0, *chunk)].ravel()
        exponent = wanted.exponent[chunk]
        rho = emphasis(exponent.reshape(-1, exponent.shape[-1]))
        shaped = self.shaper.shaped(real, symbols.reshape(k, -1), weight, rho, flat, self.costs)
        return shaped.reshape(symbols.shape)
