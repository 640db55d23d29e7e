"""The part of a large field that is shown voxel by voxel, and what lies in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.data import Blocks, ExplorerState, Volume
from idlat.explorer.data.detail_boxes import checked_region, cut, region_of
from idlat.explorer.views.space.block_resampling import scaled, scaled_labels
from idlat.tiling import Box, Triple

if TYPE_CHECKING:
    from idlat.explorer.views.space.space_view import SpaceView

__all__ = ["Closeup"]


class Closeup:
    """Full detail of the box around the chosen blocks, of a field that is too large to be shown whole.

    Parameters
    ----------
    space
        The view that draws it.
    """

    def __init__(self, space: SpaceView) -> None:
        self._space = space
        self.region: Box | None = None

    def initial(self) -> dict[str, Any]:
        """Return what the page begins with."""
        dataset = self._space.session.dataset
        return {"large": dataset.large, "closeup": "", "slice_spans": [[0, n - 1] for n in dataset.shape]}

    def ask(self, on: bool) -> None:
        """Show the box around the chosen blocks, or all.

        Raises
        ------
        IdlatError
            Nothing is chosen, or too much.
        """
        session, region = self._space.session, None
        if session.blocks is None:
            return
        if on:
            marks = session.selection
            rows = np.flatnonzero(marks) if marks is not None else np.empty(0, np.intp)
            region = region_of(session.dataset, session.blocks.selected(rows))
        self._set(region)
        if region is not None:
            self._space.state.slices = [(start + stop) // 2 for start, stop in region]
        self._space.loaded()

    def keep(self) -> tuple[int, ...]:
        """Return the region's six numbers; none for all."""
        return () if self.region is None else tuple(i for span in self.region for i in span)

    def restore(self, state: ExplorerState) -> None:
        """Take a state's region, if it is one of this field."""
        self._set(checked_region(self._space.session.dataset, state.region))

    def _set(self, region: Box | None) -> None:
        self.region, state = region, self._space.state
        named = zip("zyx", region or (), strict=False)
        state.closeup = "  ".join(f"{axis} {a}–{b}" for axis, (a, b) in named)
        spans = region or [(0, n) for n in self._space.session.dataset.shape]
        state.slice_spans = [[start, stop - 1] for start, stop in spans]
        within = zip(state.slices, spans, strict=True)
        state.slices = [min(max(i, start), stop - 1) for i, (start, stop) in within]

    def holds(self, voxel: Triple) -> bool:
        """Tell whether a voxel (z, y, x) is shown."""
        spans = self.region or [(0, n) for n in self._space.session.dataset.shape]
        return all(start <= i < stop for i, (start, stop) in zip(voxel, spans, strict=True))

    def chosen(self, blocks: Blocks, volume: Volume) -> tuple[NDArray[np.bool_] | None, int]:
        """Return which blocks (z, y, x) of a volume are chosen, None for all, and their side in samples."""
        marks = self._space.session.selection
        size = blocks.dataset.block
        if marks is None:
            return scaled(None, size, volume.stride)
        grid = cut(blocks.selected(np.flatnonzero(marks)), volume.region, size)
        return scaled(grid, size, volume.stride)

    def labels(self, blocks: Blocks, volume: Volume, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the labels (z, y, x) of a volume's blocks, of which there is one a row; -1 where none is."""
        grid = cut(blocks.grid(rows), volume.region, blocks.dataset.block)
        return scaled_labels(grid, blocks.dataset.block, volume.stride)

    def slices(self, volume: Volume) -> Triple:
        """Return the samples at which a volume is sliced."""
        wanted = zip(self._space.state.slices, volume.region, volume.values.shape, strict=True)
        z, y, x = (min(max(int(i) - a, 0) // volume.stride, n - 1) for i, (a, _), n in wanted)
        return z, y, x

    def placed(self, place: Triple, volume: Volume) -> Triple:
        """Return the block of the field that a block of a volume is, the first where it is several."""
        size = self._space.session.dataset.block
        several = max(1, volume.stride // size)
        z, y, x = (i * several + start // size for i, (start, _) in zip(place, volume.region, strict=True))
        return z, y, x
