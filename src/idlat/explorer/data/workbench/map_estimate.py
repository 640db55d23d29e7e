"""What a map and a gain come to on some chunks: size, errors inside and outside, arrays to look at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive import ChunkTrial, CodedChunk, bounding_cells, channel_cells, join_cells
from idlat.explorer.data.dataset import BLOCK
from idlat.explorer.data.open_fields import magnitudes
from idlat.metrics import ErrorSums, decibels, measure
from idlat.tiling import Box, Triple, box_shape, crop

__all__ = ["INSIDE", "Estimate", "TrialErrors", "errors_of"]

INSIDE = 0.5
"""Voxels of this importance or more are inside."""

Real = NDArray[np.float32]


@dataclass(frozen=True)
class TrialErrors:
    """Errors of a part of a field, in dB (Eq. 13, 14); infinite where there are none, NaN where nothing is.

    Attributes
    ----------
    wpsnr, psnr, inside, outside : float
        Weighted by the map, and with I = 1 everywhere, where I ≥ 0.5, and elsewhere.
    largest : float
        The largest absolute error, in the field's unit.
    share : float
        Of the valid voxels that is inside, 0 to 1.
    """

    wpsnr: float
    psnr: float
    inside: float
    outside: float
    largest: float
    share: float


@dataclass(frozen=True, eq=False)
class Estimate:
    """An expression and a quality tried on some chunks of a step.

    Who asked for it holds it, beside the dataset's cache. Its arrays are of the box around the chunks: who
    keeps estimates chooses chunks that lie together.

    Attributes
    ----------
    expression : str
        In canonical text.
    variable : str
        Of the archive.
    step : int
        Which step.
    quality, gain : float
        0 to 100, and the g of w = e^{aI+g} that it stands for.
    region : Box
        The voxels around the chunks; all arrays are of it.
    whole : bool
        Whether the chunks are all of the step's.
    bytes, bytes_original : int
        Of the chunks' stored objects, and of their voxels in the field's file.
    errors : TrialErrors
        Of the chunks' voxels.
    importance : float32 array (z, y, x)
        The map; NaN in other chunks.
    decoded : tuple of float32 array (z, y, x)
        The decoded values of each component; NaN in other chunks and where missing.
    trials, coded
        What coded the chunks of each component, and the chunks.
    """

    expression: str
    variable: str
    step: int
    quality: float
    gain: float
    region: Box
    whole: bool
    bytes: int
    bytes_original: int
    errors: TrialErrors
    importance: Real = field(repr=False)
    decoded: tuple[Real, ...] = field(repr=False)
    trials: tuple[ChunkTrial, ...] = field(repr=False)
    coded: tuple[tuple[CodedChunk, ...], ...] = field(repr=False)

    @cached_property
    def reconstruction(self) -> Real:
        """The decoded values (z, y, x), of components their length; NaN as in `decoded`."""
        return self.decoded[0] if len(self.decoded) == 1 else magnitudes(np.stack(self.decoded))

    @property
    def chunks(self) -> frozenset[Triple]:
        """Places of the chunks that were tried: two estimates compare where these are the same."""
        return frozenset(each.tile.index for each in self.coded[0])

    def errors_under(self, other: Estimate) -> TrialErrors:
        """Return the errors as the map of another estimate of the same chunks weighs and divides them."""
        return errors_of(self.trials, self.coded, self.decoded, self.region, other.coded)

    @property
    def lsr(self) -> float:
        """Original bytes of the chunks over those of their streams (Eq. 12)."""
        return self.bytes_original / self.bytes

    @property
    def wpsnr(self) -> float:
        """Weighted by the map, in dB."""
        return self.errors.wpsnr

    @property
    def psnr_inside(self) -> float:
        """Where I ≥ 0.5, in dB."""
        return self.errors.inside

    @property
    def psnr_outside(self) -> float:
        """Elsewhere, in dB."""
        return self.errors.outside

    @property
    def first_block(self) -> Triple:
        """The block of the field at which the grids of blocks begin."""
        z, y, x = (start // BLOCK for start, _ in self.region)
        return z, y, x

    @cached_property
    def latents(self) -> NDArray[np.int32]:
        """Latent vectors of the region's blocks (Z, Y, X, F); zero in other chunks."""
        n = BLOCK // self.trials[0].source.grid.cell
        cells = bounding_cells([each.tile for each in self.coded[0]])
        parts = []
        for coded in self.coded:
            canvas = np.zeros((coded[0].latents.shape[0], *box_shape(cells)), np.int32)
            for each in coded:
                canvas[(slice(None), *crop(each.tile.core, cells))] = each.core
            parts.append(join_cells(canvas, n))
        return np.concatenate(parts, axis=-1)

    @property
    def channel_cells(self) -> int | list[int]:
        """How many latents of a vector each channel has, as :func:`idlat.archive.channel_cells` tells."""
        return channel_cells(self.trials[0].model, BLOCK)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values; None for what is not finite."""
        figures = {
            "lsr": self.lsr,
            "psnr": self.errors.psnr,
            "psnr_inside": self.psnr_inside,
            "psnr_outside": self.psnr_outside,
            "wpsnr": self.wpsnr,
            "max_error": self.errors.largest,
            "share_inside": self.errors.share,
        }
        return {
            "expression": self.expression,
            "variable": self.variable,
            "step": self.step,
            "quality": self.quality,
            "gain": self.gain,
            "region": [list(span) for span in self.region],
            "whole": self.whole,
            "bytes": self.bytes,
            "bytes_original": self.bytes_original,
            **{name: value if math.isfinite(value) else None for name, value in figures.items()},
        }


def errors_of(
    trials: tuple[ChunkTrial, ...],
    coded: tuple[tuple[CodedChunk, ...], ...],
    decoded: Sequence[Real],
    region: Box,
    judges: tuple[tuple[CodedChunk, ...], ...] | None = None,
) -> TrialErrors:
    """Compare what was decoded with the originals, each component in units of its own range of values.

    The range is that of the component's valid values at the step, as everywhere.
    The map is that of `judges`, the same chunks coded under another one, where it is given.
    """
    everything = [_Pool(), _Pool(), _Pool(), _Pool()]
    for trial, chunks, values, own in zip(trials, coded, decoded, judges or coded, strict=True):
        low, high = trial.source.variable.value_range(trial.frame)
        span = high - low or 1.0
        for each, judge in zip(chunks, own, strict=True):
            box = trial.source.grid.voxels_of(each.tile.core)
            place = crop(box, region)
            valid, inside = each.valid, judge.importance >= INSIDE
            for pool, part in zip(everything[1:], (valid, valid & inside, valid & ~inside), strict=True):
                pool.add(measure(each.original, values[place], None, part), span, weighted=False)
            everything[0].add(
                measure(each.original, values[place], judge.importance, valid), span, weighted=True
            )
    weighted, plain, inner, outer = everything
    share = inner.weight / plain.weight if plain.weight else math.nan
    return TrialErrors(weighted.psnr, plain.psnr, inner.psnr, outer.psnr, plain.largest, share)


class _Pool:
    """Squared errors in units of a range, over components and chunks (Eq. 13, 14)."""

    def __init__(self) -> None:
        self.squares, self.weight, self.largest = 0.0, 0.0, 0.0

    def add(self, sums: ErrorSums, span: float, *, weighted: bool) -> None:
        """Add the errors of a chunk."""
        self.squares += (sums.weighted if weighted else sums.squared) / span**2
        self.weight += sums.weight if weighted else sums.count
        self.largest = max(self.largest, sums.max_error)

    @property
    def psnr(self) -> float:
        """In dB."""
        return decibels(self.squares, self.weight)
