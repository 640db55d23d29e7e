"""Blocks for training, read lazily, complex ones more often (paper, Sect. 5.5.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.fields.arrays.missing_values import VALID, valid_mask
from idlat.normalise import fit_normalisation

BLOCK = 64
HIGH_SHARE = 10 / 11  # ten blocks of high entropy to one of low (Sect. 5.5.2)
_PER_FIELD = 64  # candidate blocks whose entropy is measured
_BINS = 128


@dataclass(frozen=True)
class TrainingVolume:
    """One step of one field: `read(slices)` gives its values (z, y, x), normalised.

    `span` is the range of the values, normalised; 1 for a constant field.
    """

    shape: tuple[int, int, int]
    read: Callable[[tuple[slice, slice, slice]], NDArray[np.float32]]
    span: float = 1.0


def volumes(field: xr.DataArray, missing: Sequence[float] = ()) -> list[TrainingVolume]:
    """Split a field (z, y, x) or (time, z, y, x) into normalised volumes.

    Missing values (not finite, or one of `missing`) read as the mean.

    Raises
    ------
    IdlatError
        If the field has other dimensions or no valid value.
    """
    if field.ndim == 4:
        return [volume for step in range(field.shape[0]) for volume in volumes(field[step], missing)]
    if field.ndim != 3:
        raise IdlatError(f"training needs dimensions (z, y, x) or (time, z, y, x), not {field.dims}")
    strides = tuple(slice(None, None, max(1, n // 48)) for n in field.shape)
    sample = np.asarray(field[strides])
    valid = sample[valid_mask(sample, missing) == VALID]
    if valid.size == 0:
        raise IdlatError(f"{field.name or 'the field'} has no valid value to train on")
    normalisation = fit_normalisation(valid, float(valid.min()), float(valid.max()))

    def read(slices: tuple[slice, slice, slice]) -> NDArray[np.float32]:
        values = np.asarray(field[slices])
        known = valid_mask(values, missing) == VALID
        filled = np.where(known, values, values.dtype.type(0))
        return np.where(known, normalisation.forward(filled), np.float32(0))

    z, y, x = field.shape
    span = (normalisation.maximum - normalisation.minimum) / normalisation.scale
    return [TrainingVolume((z, y, x), read, span or 1.0)]


def read_block(
    volume: TrainingVolume, start: Sequence[int], halo: int = 0, side: int = BLOCK
) -> NDArray[np.float32]:
    """Read the block at `start`, (side + 2·halo)³ voxels; what lies outside the field is mirrored."""
    slices, padding = [], []
    for begin, size in zip(start, volume.shape, strict=True):
        low, high = begin - halo, begin + side + halo
        slices.append(slice(max(low, 0), min(high, size)))
        padding.append((max(-low, 0), max(high - size, 0)))
    z, y, x = slices
    return np.pad(volume.read((z, y, x)), padding, mode="symmetric")


def entropy(block: NDArray[np.float32]) -> float:
    """Histogram entropy in bits of a normalised block."""
    counts, _ = np.histogram(block[::2, ::2, ::2], bins=_BINS, range=(-4, 4))
    p = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(p * np.log2(p)).sum())


class Drawn(NamedTuple):
    """A block, the generator that goes on from it, and the span of its volume."""

    block: NDArray[np.float32]
    rng: np.random.Generator
    span: float


class BlockSampler:
    """Draws blocks of a set of volumes; block i of step s depends on (seed, s, i) alone.

    Parameters
    ----------
    sources : list of TrainingVolume
        At least one.
    seed : int
        Seeds the candidates and every draw.
    side : int
        Voxels of a block along each axis, halo left out.
    """

    def __init__(self, sources: list[TrainingVolume], seed: int, side: int = BLOCK) -> None:
        self.sources, self.seed, self.side = sources, seed, side
        rng = np.random.default_rng((seed, 0))
        candidates: list[tuple[int, tuple[int, ...]]] = []
        entropies = []
        most = _PER_FIELD * (BLOCK // side) if side < BLOCK else _PER_FIELD
        each = max(4, min(most, 2048 // len(sources)))
        for number, volume in enumerate(sources):
            for _ in range(each):
                start = tuple(int(rng.integers(0, max(n - side, 0) + 1)) for n in volume.shape)
                candidates.append((number, start))
                entropies.append(entropy(read_block(volume, start, side=side)))
        order = np.argsort(entropies, kind="stable")
        half = len(order) // 2
        self.low = [candidates[i] for i in order[:half]]
        self.high = [candidates[i] for i in order[half:]]

    def draw(self, step: int, index: int, halo: int = 0) -> Drawn:
        """Return a normalised block (side + 2·halo)³, axes permuted and flipped, and the generator."""
        rng = np.random.default_rng((self.seed, 1, step, index))
        pool = self.high if rng.random() < HIGH_SHARE or not self.low else self.low
        number, start = pool[int(rng.integers(len(pool)))]
        volume = self.sources[number]
        jitter = [
            int(np.clip(s + rng.integers(-16, 17), 0, max(n - self.side, 0)))
            for s, n in zip(start, volume.shape, strict=True)
        ]
        block = read_block(volume, jitter, halo, self.side).transpose(rng.permutation(3))
        flips = tuple(slice(None, None, int(d)) for d in rng.choice([-1, 1], 3))
        return Drawn(np.ascontiguousarray(block[flips]), rng, volume.span)
