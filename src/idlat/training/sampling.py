"""Blocks for training, read lazily, complex ones more often (paper, Sect. 5.5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.fields.arrays.missing_values import VALID, valid_mask
from idlat.normalise import Normalisation, fit_normalisation
from idlat.parallel import Workers, run_tasks
from idlat.progress import Progress, counted

BLOCK = 64
HIGH_SHARE = 10 / 11  # ten blocks of high entropy to one of low (Sect. 5.5.2)
_PER_FIELD = 64  # candidate blocks whose entropy is measured
_BINS = 128
_TASK_BLOCKS = 16  # whose entropy a task measures

Candidate = tuple[int, tuple[int, ...]]
"""A volume's number, and where a block of it begins."""


@dataclass(frozen=True)
class TrainingVolume:
    """One step of one field, normalised; goes to other processes with the field.

    Attributes
    ----------
    field
        (z, y, x) or (time, z, y, x).
    step
        Which step; 0 without a time axis.
    missing
        Values that stand for missing data; where values are missing, the mean is read.
    normalisation
        Of this step.
    """

    field: xr.DataArray
    step: int
    missing: tuple[float, ...]
    normalisation: Normalisation

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y and x."""
        z, y, x = self.field.shape[-3:]
        return z, y, x

    @property
    def span(self) -> float:
        """Range of the values, normalised; 1 for a constant field."""
        limits = self.normalisation
        return (limits.maximum - limits.minimum) / limits.scale or 1.0

    def read(self, slices: tuple[slice, slice, slice]) -> NDArray[np.float32]:
        """Read a box (z, y, x), normalised."""
        values = _values(self.field, self.step, slices)
        known = valid_mask(values, self.missing) == VALID
        filled = np.where(known, values, values.dtype.type(0))
        return np.where(known, self.normalisation.forward(filled), np.float32(0))


def volumes(field: xr.DataArray, missing: Sequence[float] = (), workers: Workers = 1) -> list[TrainingVolume]:
    """Split a field (z, y, x) or (time, z, y, x) into volumes, each normalised by a sample of its own.

    Missing values (not finite, or one of `missing`) read as the mean.

    Raises
    ------
    IdlatError
        If the field has other dimensions or no valid value.
    """
    if field.ndim not in (3, 4):
        raise IdlatError(f"training needs dimensions (z, y, x) or (time, z, y, x), not {field.dims}")
    steps, declared = range(field.shape[0] if field.ndim == 4 else 1), tuple(missing)
    found = run_tasks(partial(_normalisation, field, declared), steps, workers)
    return [TrainingVolume(field, step, declared, each) for step, each in zip(steps, found, strict=True)]


def _normalisation(field: xr.DataArray, missing: tuple[float, ...], step: int) -> Normalisation:
    """Fit the normalisation of a step to a sample of its values."""
    z, y, x = (slice(None, None, max(1, n // 48)) for n in field.shape[-3:])
    sample = _values(field, step, (z, y, x))
    valid = sample[valid_mask(sample, missing) == VALID]
    if valid.size == 0:
        raise IdlatError(f"{field.name or 'the field'} has no valid value to train on")
    return fit_normalisation(valid, float(valid.min()), float(valid.max()))


def _values(field: xr.DataArray, step: int, slices: tuple[slice, slice, slice]) -> NDArray[Any]:
    """Read a box of a step."""
    part = field.variable[(step, *slices) if field.ndim == 4 else slices]
    # dask must not hand this to a cluster: it may be a worker of one that reads
    return np.asarray(part.compute(scheduler="synchronous").values)


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
    workers : Workers
        What measures the entropies of candidates.
    progress : Progress, optional
        Told of the stage ``sample``.
    """

    def __init__(
        self,
        sources: list[TrainingVolume],
        seed: int,
        side: int = BLOCK,
        workers: Workers = 1,
        progress: Progress | None = None,
    ) -> None:
        self.sources, self.seed, self.side = sources, seed, side
        rng = np.random.default_rng((seed, 0))
        most = _PER_FIELD * (BLOCK // side) if side < BLOCK else _PER_FIELD
        each = max(4, min(most, 2048 // len(sources)))
        candidates: list[Candidate] = [
            (number, tuple(int(rng.integers(0, max(n - side, 0) + 1)) for n in volume.shape))
            for number, volume in enumerate(sources)
            for _ in range(each)
        ]
        tasks = [candidates[at : at + _TASK_BLOCKS] for at in range(0, len(candidates), _TASK_BLOCKS)]
        measured = run_tasks(partial(_entropies, sources, side), tasks, workers)
        found = counted(measured, "sample", len(tasks), progress)
        entropies = [value for values in found for value in values]
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


def _entropies(sources: list[TrainingVolume], side: int, candidates: list[Candidate]) -> list[float]:
    """Measure the entropy of some blocks."""
    return [entropy(read_block(sources[number], start, side=side)) for number, start in candidates]
