"""One pass over a field before it is encoded: extremes, a sample, what is missing, and a fingerprint.

The pass goes a box of 64×128×128 voxels at a time, so that the field need not fit in memory.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.original.field_reader import FieldReader
from idlat.archive.original.outlier_limits import Limits
from idlat.archive.original.reread_check import bit_sum
from idlat.fields.arrays.missing_values import VALID, valid_mask
from idlat.parallel import Workers, run_tasks
from idlat.progress import Progress, counted
from idlat.tiling import Box, Grid, box_slices, tile_core

__all__ = ["FieldScan", "FrameMask", "FrameScan", "scan_field"]

_SAMPLE = 2**20  # values

_DIGEST = 16  # bytes


@dataclass(frozen=True)
class FrameScan:
    """The valid values of one component of one step.

    Attributes
    ----------
    minimum, maximum
        Of those within the limits; 0 where there is none.
    lowest, highest
        Of all; 0 where there is none.
    sample
        Of those within the limits, evenly spread; about a million at most, all frames together.

    Extremes of integers are integers, of any size.
    """

    minimum: float
    maximum: float
    lowest: float
    highest: float
    sample: NDArray[Any]


@dataclass(frozen=True)
class FrameMask:
    """The mask of one component of one step.

    Attributes
    ----------
    categories
        Hash of them, and of the values beyond the limits; empty where every value is valid and within.
    outliers
        Whether some lie beyond.
    """

    categories: bytes
    outliers: bool


@dataclass(frozen=True)
class FieldScan:
    """What a pass over one variable found.

    Attributes
    ----------
    frames
        Component by component, step by step.
    masks
        Of the frames.
    outliers
        The distinct values beyond the limits, rising, in the field's dtype.
    kinds
        The categories of the mask that occur (:mod:`idlat.fields.arrays.missing_values`), outliers aside.
    fingerprint
        Hash of every value, of the shape and the dtype.
    """

    frames: tuple[FrameScan, ...]
    masks: tuple[FrameMask, ...]
    outliers: NDArray[Any]
    kinds: frozenset[int]
    fingerprint: str


@dataclass(frozen=True)
class _BoxScan:
    extremes: tuple[Any, Any] | None  # of the values within the limits
    far: NDArray[Any]  # distinct values beyond them
    sample: NDArray[Any]
    mask: bytes  # hash of the kinds, empty where every value is valid and within the limits
    kinds: frozenset[int]
    digest: bytes
    sum: int


def scan_field(
    reader: FieldReader,
    grid: Grid,
    fill_values: Sequence[float],
    workers: Workers,
    progress: Progress | None = None,
    limits: Sequence[Limits | None] | None = None,
) -> FieldScan:
    """Read the whole of one variable once.

    Parameters
    ----------
    reader
        The variable.
    grid
        Of its volume.
    fill_values
        Values that mean missing, besides NaN and the infinities.
    workers
        Threads.
    progress
        Told of the stage ``scan``.
    limits
        For each frame those beyond which a value is an outlier; None where there is none.

    """
    boxes = [grid.voxels_of(tile.core) for tile in grid.tiles(tile_core(grid))]
    stride = _spread(math.prod(reader.volume) * reader.steps)
    tasks = [(frame, box) for frame in range(reader.steps * reader.components) for box in boxes]
    found: list[_BoxScan] = []

    def scan_box(task: tuple[int, Box]) -> _BoxScan:
        frame, box = task
        values = np.ascontiguousarray(reader.frame(frame)[box_slices(box)]).reshape(-1)
        return _scan_values(values, fill_values, stride, None if limits is None else limits[frame])

    found.extend(counted(run_tasks(scan_box, tasks, workers), "scan", len(tasks), progress))
    reader.sums.note({task: scan.sum for task, scan in zip(tasks, found, strict=True)})
    frames = [found[i : i + len(boxes)] for i in range(0, len(found), len(boxes))]
    shape = (reader.volume, reader.components) if reader.components > 1 else reader.volume
    digest = hashlib.sha256(f"{reader.dtype.name} {reader.steps} {shape}".encode())
    for scan in found:
        digest.update(scan.digest)
    return FieldScan(
        frames=tuple(_frame(scans) for scans in frames),
        masks=tuple(_mask(scans) for scans in frames),
        kinds=frozenset().union(*(scan.kinds for scan in found)),
        outliers=np.unique(np.concatenate([scan.far for scan in found])),
        fingerprint=digest.hexdigest(),
    )


def _frame(scans: Sequence[_BoxScan]) -> FrameScan:
    """Put together what was found in the boxes of one frame."""
    usual = [end for scan in scans if scan.extremes is not None for end in scan.extremes]
    every = usual + [end for scan in scans for end in (scan.far[:1].tolist() + scan.far[-1:].tolist())]
    return FrameScan(
        minimum=min(usual, default=0),
        maximum=max(usual, default=0),
        lowest=min(every, default=0),
        highest=max(every, default=0),
        sample=np.concatenate([scan.sample for scan in scans]),
    )


def _mask(scans: Sequence[_BoxScan]) -> FrameMask:
    """Put together what was found of the mask in the boxes of one frame."""
    if not any(scan.mask for scan in scans):
        return FrameMask(b"", outliers=False)
    found = hashlib.sha256(b"".join(scan.mask or bytes(_DIGEST) for scan in scans))
    return FrameMask(found.digest(), outliers=any(scan.far.size for scan in scans))


def _scan_values(
    flat: NDArray[Any], fill_values: Sequence[float], stride: int, limits: Limits | None
) -> _BoxScan:
    digest = hashlib.blake2b(flat.view(np.uint8).data, digest_size=_DIGEST).digest()
    total = bit_sum(flat)
    low, high = flat.min(), flat.max()
    least, most = limits or (-np.inf, np.inf)
    inside = least <= low and high <= most
    if np.isfinite([low, high]).all() and inside and not any(low <= fill <= high for fill in fill_values):
        extremes = (low.item(), high.item())
        return _BoxScan(extremes, flat[:0], flat[::stride].copy(), b"", frozenset(), digest, total)
    kinds = valid_mask(flat, fill_values)
    valid = flat[kinds == VALID]
    beyond = (valid < least) | (valid > most)
    usual, far = valid[~beyond], valid[beyond]
    mask = b""
    if usual.size < flat.size:
        mask = hashlib.blake2b(
            kinds.tobytes() + beyond.tobytes() + far.tobytes(), digest_size=_DIGEST
        ).digest()
    present = frozenset(np.flatnonzero(np.bincount(kinds)).tolist())
    ends = (usual.min().item(), usual.max().item()) if usual.size else None
    return _BoxScan(ends, np.unique(far), usual[::stride], mask, present, digest, total)


def _spread(total: int) -> int:
    """Return a stride that takes about a million values; a prime, so that it follows no axis of the field."""
    stride = -(-total // _SAMPLE)
    while any(stride % divisor == 0 for divisor in range(2, int(stride**0.5) + 1)):
        stride += 1
    return stride
