"""Blocks in physical space: outlined by cluster, pointed at, and chosen by the values that they hold."""

from __future__ import annotations

import numpy as np

from idlat.explorer.scene.geometry.block_outlines import Outlines
from idlat.explorer.scene.handles.map_shapes import BoxShape
from idlat.explorer.scene.handles.shape_handles import Voxels
from idlat.explorer.scene.handles.shape_overlay import Gizmo
from idlat.explorer.views.space.canvas import Canvas
from idlat.explorer.views.space.detail_region import DetailRegion

__all__ = ["BlockMarks"]


class BlockMarks:
    """What marks blocks in the picture.

    Parameters
    ----------
    canvas
        Draws them.
    detail
        The part of the field that is shown.
    """

    def __init__(self, canvas: Canvas, detail: DetailRegion) -> None:
        self._canvas, self._detail = canvas, detail

    def outlines(self) -> Outlines | None:
        """Return clusters of the blocks in sight and their colours; None where they are not told apart."""
        host, volume, state = self._canvas.host, self._canvas.volume, self._canvas.state
        if host.blocks is None or host.editor is None or volume is None:
            return None
        if not (state.outlines or state.tinted):
            return None
        leaves, labels = np.unique(host.editor.labels(), return_inverse=True)
        grid = self._detail.labels(host.blocks, volume, labels)
        return Outlines(grid, tuple(host.editor.colour(leaf) for leaf in leaves.tolist()))

    def block(self, row: int | None, voxels: Voxels | None) -> Gizmo | None:
        """Return the outline of a block that is in sight."""
        blocks = self._canvas.host.blocks
        if row is None or blocks is None or voxels is None or row >= blocks.count:
            return None
        low, high = blocks.reach(row)
        return Gizmo(BoxShape(low, high), voxels, grips=False) if self._detail.holds(low) else None

    def choose_brushed(self) -> None:
        """Choose the blocks that hold a value of the window."""
        host, volume, brush = self._canvas.host, self._canvas.volume, self._canvas.state.brush
        if host.blocks is None or volume is None or not brush:
            return
        held = (volume.values >= brush[0]) & (volume.values <= brush[1])
        marks = host.blocks.rows_of(self._detail.spread(held, volume))
        host.select(marks if marks.any() else None, 0)
