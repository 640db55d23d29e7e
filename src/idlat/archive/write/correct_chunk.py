"""Corrections of a chunk that keep each of its voxels within its bound.

Every voxel is compared with what a reader will make of the object, before it is written: what is still beyond
its bound is kept as it is. Where a chunk's corrections take many bits, two other ways are tried, and the
shortest is taken: corrections foretold from their neighbours, and bins from a constant, which does without
what the latents decode to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.codecs.residual_codec import Residual
from idlat.archive.format.error_bound import VoxelBounds
from idlat.archive.read.residual_reader import expanded
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.coding.residual import ESCAPED
from idlat.fields.arrays.missing_values import VALID, valid_mask
from idlat.tiling import Box

__all__ = ["ChunkToCorrect"]

_LARGEST = 2.0**28
_MANY = 1.5  # bits a voxel, from which on other ways are tried


@dataclass(frozen=True)
class ChunkToCorrect:
    """A chunk of voxels and what it is to come back as.

    Attributes
    ----------
    decoder
        Of the variable, which has bounds.
    frame, box
        Which voxels.
    original
        Their values (z, y, x).
    levels
        Of their bounds, by cells of 4³ voxels.
    """

    decoder: VariableDecoder
    frame: int
    box: Box
    original: NDArray[Any]
    levels: NDArray[np.uint8]

    @property
    def bounds(self) -> VoxelBounds:
        """Of the variable."""
        assert self.decoder.variable.bounds is not None
        return self.decoder.variable.bounds

    def payload(self, foretold: NDArray[np.float64]) -> bytes:
        """Return the shortest payload, given what the latents decode to (z, y, x)."""
        plain = self.correct(foretold)
        found = self._coded(plain)
        if 8 * len(found) > _MANY * self.original.size and self.levels.min() == self.levels.max():
            found = min([found, *map(self._coded, self._others(plain))], key=len)
        return found

    def _coded(self, residual: Residual) -> bytes:
        if self.bounds.varies:
            return residual.to_bytes(self.levels, self.bounds.sizes)
        return residual.to_bytes()

    def correct(self, foretold: NDArray[np.float64], base: float | None = None) -> Residual:
        """Return the corrections that bring what is foretold to within the bounds."""
        variable, x = self.decoder.variable, self.original
        present = valid_mask(x, variable.fill_values) == VALID
        valid = variable.kinds(x, self.frame) == VALID  # without outliers, which the mask tells, about
        wanted = np.where(valid, x, np.zeros((), x.dtype)).astype(np.float64)
        at = (
            expanded(self.levels, self.box, self.box) if self.bounds.varies else np.zeros((1, 1, 1), np.uint8)
        )
        widths, limits = np.array(self.bounds.widths)[at], self.bounds.of_levels[at]
        start = self.bounds.start(foretold, x.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            count = np.rint((wanted - start) / widths)
            far = ~(np.abs(count) < _LARGEST)
        bins = np.where(far | ~valid, 0, count).astype(np.int32)
        with np.errstate(over="ignore", invalid="ignore"):
            decoded = self.decoder.finished(start + bins * widths, self.frame, self.box)
            error = np.abs(decoded.astype(np.float64) - x.astype(np.float64))
        beyond = present & (decoded != x) & ((valid & far) | ~(error <= limits))
        bins[beyond] = ESCAPED
        return Residual(bins, base, x[beyond])

    def _others(self, plain: Residual) -> Iterator[Residual]:
        """Yield other corrections, of chunks whose bound is the same everywhere and that keep no value."""
        if not plain.kept.size:
            yield replace(plain, predict=True)
        valid = self.decoder.variable.kinds(self.original, self.frame) == VALID
        if not valid.any():
            return
        base = float(self.original[valid][0])
        flat = self.correct(np.full(self.original.shape, base), base)
        if not flat.kept.size:
            yield replace(flat, bins=_continued(flat.bins, valid), predict=True)


def _continued(bins: NDArray[np.int32], valid: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Give missing voxels the bins of the voxel before them, which are cheap to say.

    >>> _continued(np.array([[[0, 5, 0, 7]]]), np.array([[[False, True, False, True]]])).tolist()
    [[[5, 5, 5, 7]]]
    """
    last = np.maximum.accumulate(np.where(valid.ravel(), np.arange(valid.size), -1))
    last[last < 0] = np.flatnonzero(valid.ravel())[0]
    return bins.ravel()[last].reshape(bins.shape)
