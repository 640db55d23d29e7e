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

from idlat.archive.parallel import Progress, run_tasks
from idlat.archive.source import FieldReader
from idlat.fields.missing import VALID, valid_mask
from idlat.tiling import Box, Grid, Triple, box_slices

__all__ = ["ComponentScan", "FieldScan", "scan_field", "tile_core"]

_TILE = (64, 128, 128)  # voxels

_SAMPLE = 2**20  # values


def tile_core(grid: Grid) -> Triple:
    """Cells (z, y, x) of a tile's core: 64×128×128 voxels, one chunk by two by two.

    >>> tile_core(Grid((128, 128, 128)))
    (8, 16, 16)
    """
    z, y, x = (n // grid.cell for n in _TILE)
    return z, y, x


@dataclass(frozen=True)
class ComponentScan:
    """The valid values of one component, over all steps.

    Parameters
    ----------
    minimum, maximum
        0 where none is valid.
    sample
        Evenly spread, about a million at most.
    """

    minimum: float
    maximum: float
    sample: NDArray[Any]


@dataclass(frozen=True)
class FieldScan:
    """What a pass over one variable found.

    Parameters
    ----------
    components
        Of a scalar field, one.
    mask
        ``none`` where every value is valid, ``constant`` where the same are missing at every step, else
        ``varying``.
    fingerprint
        Hash of every value, of the shape and the dtype.
    """

    components: tuple[ComponentScan, ...]
    mask: str
    fingerprint: str


@dataclass(frozen=True)
class _BoxScan:
    minimum: float
    maximum: float
    sample: NDArray[Any]
    mask: bytes  # hash of the kinds, empty where every value is valid
    digest: bytes


def scan_field(
    reader: FieldReader,
    grid: Grid,
    fill_values: Sequence[float],
    workers: int,
    progress: Progress | None = None,
) -> FieldScan:
    """Read the whole of one variable once.

    Parameters
    ----------
    reader
        The variable.
    grid
        Of its volume.
    fill_values
        What stands for a missing value besides NaN and the infinities.
    workers
        Threads.
    progress
        Told of the stage ``scan``.
    """
    boxes = [grid.voxels_of(tile.core) for tile in grid.tiles(tile_core(grid))]
    stride = _spread(math.prod(reader.volume) * reader.steps)
    tasks = [(frame, box) for frame in range(reader.steps * reader.components) for box in boxes]
    found: list[_BoxScan] = []
    work = run_tasks(lambda task: _scan_box(reader, task[0], task[1], fill_values, stride), tasks, workers)
    for scan in work:
        found.append(scan)
        if progress is not None:
            progress("scan", len(found), len(tasks))
    frames = [found[i : i + len(boxes)] for i in range(0, len(found), len(boxes))]
    a_step = len(boxes) * reader.components
    masks = {tuple(scan.mask for scan in found[i : i + a_step]) for i in range(0, len(found), a_step)}
    shape = (reader.volume, reader.components) if reader.components > 1 else reader.volume
    digest = hashlib.sha256(f"{reader.dtype.name} {reader.steps} {shape}".encode())
    for scan in found:
        digest.update(scan.digest)
    return FieldScan(
        components=tuple(_component(frames[c :: reader.components]) for c in range(reader.components)),
        mask="none" if not any(map(any, masks)) else "constant" if len(masks) == 1 else "varying",
        fingerprint=digest.hexdigest(),
    )


def _component(frames: Sequence[Sequence[_BoxScan]]) -> ComponentScan:
    """Put together what was found in the boxes of one component's frames."""
    scans = [scan for frame in frames for scan in frame]
    valid = [scan for scan in scans if scan.minimum <= scan.maximum]
    return ComponentScan(
        minimum=min((scan.minimum for scan in valid), default=0.0),
        maximum=max((scan.maximum for scan in valid), default=0.0),
        sample=np.concatenate([scan.sample for scan in scans]),
    )


def _scan_box(
    reader: FieldReader, frame: int, box: Box, fill_values: Sequence[float], stride: int
) -> _BoxScan:
    values = np.ascontiguousarray(reader.frame(frame)[box_slices(box)])
    flat = values.reshape(-1)
    digest = hashlib.blake2b(flat.view(np.uint8).data, digest_size=16).digest()
    low, high = flat.min(), flat.max()
    if np.isfinite([low, high]).all() and not any(low <= fill <= high for fill in fill_values):
        return _BoxScan(float(low), float(high), flat[::stride].copy(), b"", digest)
    kinds = valid_mask(flat, fill_values)
    valid = flat[kinds == VALID]
    mask = hashlib.blake2b(kinds.data, digest_size=16).digest() if valid.size < flat.size else b""
    low, high = (valid.min(), valid.max()) if valid.size else (np.inf, -np.inf)
    return _BoxScan(float(low), float(high), valid[::stride], mask, digest)


def _spread(total: int) -> int:
    """Return a stride that takes about a million values; a prime, so that it follows no axis of the field."""
    stride = -(-total // _SAMPLE)
    while any(stride % divisor == 0 for divisor in range(2, int(stride**0.5) + 1)):
        stride += 1
    return stride
