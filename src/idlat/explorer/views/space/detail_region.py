"""The part of a large field that is shown voxel by voxel, and what lies in it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.explorer.data import Blocks, Dataset, ExplorerState, Volume
from idlat.explorer.views.space.canvas import Canvas
from idlat.tiling import Box, Triple, block_reduce, box_shape

__all__ = ["DetailRegion", "checked_region", "cut", "region_of", "scaled_labels"]


class DetailRegion:
    """Full detail of the box around the chosen blocks, of a field that is too large to be shown whole.

    Parameters
    ----------
    canvas
        Shows it.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.region: Box | None = None

    def initial(self) -> dict[str, Any]:
        """Return what the page begins with."""
        dataset = self._canvas.host.dataset
        return {"large": dataset.large, "closeup": "", "slice_spans": [[0, n - 1] for n in dataset.shape]}

    def ask(self, on: bool) -> None:
        """Show the box around the chosen blocks, or all.

        Raises
        ------
        IdlatError
            Nothing is chosen, or too much.
        """
        host, region = self._canvas.host, None
        if host.blocks is None:
            return
        if on:
            marks = host.selection
            rows = np.flatnonzero(marks) if marks is not None else np.empty(0, np.intp)
            region = region_of(host.dataset, host.blocks.selected(rows))
        self._set(region)
        if region is not None:
            self._canvas.state.slices = [(start + stop) // 2 for start, stop in region]
        self._canvas.decode_again()

    def keep(self) -> tuple[int, ...]:
        """Return the region's six numbers; none for all."""
        return () if self.region is None else tuple(i for span in self.region for i in span)

    def restore(self, state: ExplorerState) -> None:
        """Take a state's region, if it is one of this field."""
        self._set(checked_region(self._canvas.host.dataset, state.region))

    def _set(self, region: Box | None) -> None:
        self.region, state = region, self._canvas.state
        named = zip("zyx", region or (), strict=False)
        state.closeup = "  ".join(f"{axis} {a}–{b}" for axis, (a, b) in named)
        spans = region or [(0, n) for n in self._canvas.host.dataset.shape]
        state.slice_spans = [[start, stop - 1] for start, stop in spans]
        within = zip(state.slices, spans, strict=True)
        state.slices = [min(max(i, start), stop - 1) for i, (start, stop) in within]

    def holds(self, voxel: Triple) -> bool:
        """Tell whether a voxel (z, y, x) is shown."""
        spans = self.region or [(0, n) for n in self._canvas.host.dataset.shape]
        return all(start <= i < stop for i, (start, stop) in zip(voxel, spans, strict=True))

    def chosen(self, blocks: Blocks, volume: Volume) -> tuple[NDArray[np.bool_] | None, int]:
        """Return which blocks (z, y, x) of a volume are chosen, None for all, and their side in samples.

        Where a sample stands for several blocks, it shows if any of them does.
        """
        marks, size = self._canvas.host.selection, blocks.dataset.block
        side, several = max(1, size // volume.stride), volume.stride // size
        if marks is None:
            return None, side
        spans = (slice(start // size, -(-stop // size)) for start, stop in volume.region)
        grid = blocks.selected(np.flatnonzero(marks))[tuple(spans)]
        return block_reduce(grid, several, np.logical_or) if several > 1 else grid, side

    def labels(self, blocks: Blocks, volume: Volume, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the labels (z, y, x) of a volume's blocks, of which there is one a row; -1 where none is."""
        grid = cut(blocks.grid(rows), volume.region, blocks.dataset.block)
        return scaled_labels(grid, blocks.dataset.block, volume.stride)

    def spread(self, held: NDArray[np.bool_], volume: Volume) -> NDArray[np.bool_]:
        """Return the field's blocks (z, y, x) that hold a marked sample (z, y, x) of a volume."""
        dataset = self._canvas.host.dataset
        side, several = max(1, dataset.block // volume.stride), max(1, volume.stride // dataset.block)
        part = block_reduce(held, side, np.logical_or)
        for axis in range(3) if several > 1 else ():
            part = part.repeat(several, axis)
        found = np.zeros(dataset.block_shape, bool)
        spans = (slice(start // dataset.block, -(-stop // dataset.block)) for start, stop in volume.region)
        place = tuple(spans)
        inside = found[place]
        inside[...] = part[tuple(slice(n) for n in inside.shape)]
        return found

    def slices(self, volume: Volume) -> Triple:
        """Return the samples at which a volume is sliced."""
        wanted = zip(self._canvas.state.slices, volume.region, volume.values.shape, strict=True)
        z, y, x = (min(max(int(i) - a, 0) // volume.stride, n - 1) for i, (a, _), n in wanted)
        return z, y, x

    def placed(self, place: Triple, volume: Volume) -> Triple:
        """Return the block of the field that a block of a volume is, the first where it is several."""
        size = self._canvas.host.dataset.block
        several = max(1, volume.stride // size)
        z, y, x = (i * several + start // size for i, (start, _) in zip(place, volume.region, strict=True))
        return z, y, x


def region_of(dataset: Dataset, chosen: NDArray[np.bool_]) -> Box:
    """Return the voxels of the smallest box that holds the chosen blocks (z, y, x).

    Raises
    ------
    IdlatError
        None is chosen, or the box holds more voxels than can be shown.
    """
    if not chosen.any():
        raise IdlatError("choose blocks first: full detail is shown of the box around them")
    size, spans = dataset.block, []
    for axis, length in enumerate(dataset.shape):
        found = np.flatnonzero(chosen.any(axis=tuple(other for other in range(3) if other != axis)))
        spans.append((int(found[0]) * size, min((int(found[-1]) + 1) * size, length)))
    region: Box = (spans[0], spans[1], spans[2])
    voxels, side = math.prod(box_shape(region)), round(dataset.largest ** (1 / 3))
    if voxels > dataset.largest:
        sides = " × ".join(map(str, box_shape(region)))
        raise IdlatError(
            f"the box around the chosen blocks has {sides} voxels, and full detail is for {side}³ at most: "
            "choose fewer blocks, or some nearer to each other"
        )
    return region


def checked_region(dataset: Dataset, numbers: tuple[int, ...]) -> Box | None:
    """Return the region of six numbers (z, z end, y, …); None if it is none of whole blocks of a large field.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> field = SimpleNamespace(shape=(40, 64, 64), block=16, largest=40_000, large=True)
    >>> checked_region(field, (16, 40, 0, 32, 0, 32)), checked_region(field, (0, 40, 0, 64, 0, 64))
    (((16, 40), (0, 32), (0, 32)), None)
    """
    if len(numbers) != 6 or not dataset.large:  # all of a small field is shown in full
        return None
    region: Box = (numbers[0:2], numbers[2:4], numbers[4:6])
    for (start, stop), length in zip(region, dataset.shape, strict=True):
        whole = start % dataset.block == 0 and (stop % dataset.block == 0 or stop == length)
        if not (whole and 0 <= start < stop <= length):
            return None
    return region if math.prod(box_shape(region)) <= dataset.largest else None


def cut(grid: NDArray[Any], region: Box, block: int) -> NDArray[Any]:
    """Return the part of a grid of blocks (z, y, x) that a region of voxels touches.

    Examples
    --------
    >>> cut(np.arange(6).reshape(1, 1, 6), ((0, 16), (0, 16), (32, 60)), 16)
    array([[[2, 3]]])
    """
    return grid[tuple(slice(start // block, -(-stop // block)) for start, stop in region)]


def scaled_labels(labels: NDArray[np.intp], block: int, stride: int) -> NDArray[np.intp]:
    """Return the labels (z, y, x) of blocks for a volume of which one sample stands for `stride` voxels.

    Where a sample stands for several blocks, it takes the label of the first of them that has one, -1 else.

    Examples
    --------
    >>> scaled_labels(np.array([[[-1, 4, 2]]]), 16, 32)
    array([[[4, 2]]])
    """
    if stride <= block:
        return labels
    several = stride // block
    padded = np.pad(labels, [(0, -n % several) for n in labels.shape], constant_values=-1)
    z, y, x = (n // several for n in padded.shape)
    parts = (
        padded.reshape(z, several, y, several, x, several).transpose(0, 2, 4, 1, 3, 5).reshape(z, y, x, -1)
    )
    first = (parts >= 0).argmax(axis=-1)
    return np.take_along_axis(parts, first[..., None], axis=-1)[..., 0]
