"""Clusters in physical space: lines around the selected blocks, and the colours of surfaces within them.

Blocks of one cluster that touch have one outline: a line of the block grid is drawn where the four blocks
around it make an edge, not where they lie inside or on a flat side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idlat.errors import RenderError
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.colour_maps import Rgb, hex_colour, lightened
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame

__all__ = ["Outlines", "block_outlines", "bounding_box", "creases"]


_ONE_COLOUR = "#f0b429"


@dataclass(frozen=True, eq=False)
class Outlines:
    """Which clusters are told apart.

    Attributes
    ----------
    labels : int array (zb, yb, xb) or None
        Cluster of each block, below 0 for none; None outlines the selection as a whole.
    colours : sequence of str
        #rrggbb of each cluster.
    """

    labels: NDArray[np.integer] | None = None
    colours: Sequence[str] = ()

    def lines(
        self, frame: VolumeFrame, selection: Selection
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return lines (n, 2, 3) around what is shown, and a colour (n, 3) each.

        Raises
        ------
        RenderError
            The labels are of another grid of blocks than the selection.
        """
        labels = self._labels(selection)
        return block_outlines(np.where(selection.shown, labels, -1), self._shades, frame, selection.block)

    def shades(self, voxels: NDArray[np.intp], selection: Selection, none: Rgb) -> NDArray[np.uint8]:
        """Return the colour (n, 3) of the cluster that each voxel (n, 3), z, y, x, is in, fit to be lit.

        It is `none` where a voxel is in no cluster.

        Raises
        ------
        RenderError
            As :meth:`lines`.
        """
        z, y, x = (voxels // selection.block).T
        label = self._labels(selection)[z, y, x]
        lit = np.array([lightened((r, g, b)) for r, g, b in self._shades.tolist()], np.uint8)
        shades: NDArray[np.uint8] = lit[label % len(lit)]
        shades[label < 0] = none
        return shades

    def _labels(self, selection: Selection) -> NDArray[np.integer]:
        """Return the clusters of a selection's grid of blocks."""
        labels = np.zeros(selection.grid, np.intp) if self.labels is None else self.labels
        if labels.shape != selection.grid:
            raise RenderError(f"labels of blocks must be an array {selection.grid}, got {labels.shape}")
        return labels

    @property
    def _shades(self) -> NDArray[np.uint8]:
        """Colours (clusters, 3)."""
        return np.array([hex_colour(text) for text in self.colours or (_ONE_COLOUR,)], np.uint8)


def creases(inside: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the lines (n, 2, 3) of the block grid, by corners z, y, x, where blocks make an edge.

    Parameters
    ----------
    inside : bool array (zb, yb, xb)
        Blocks of one kind.

    Examples
    --------
    >>> two = np.ones((1, 1, 2), bool)  # touch: drawn as one box of 12 lines, its long ones in two pieces
    >>> len(creases(two))
    16
    """
    found = []
    for axis in range(3):
        others = [a for a in range(3) if a != axis]
        padded = np.pad(inside, [(0, 0) if a == axis else (1, 1) for a in range(3)])
        first, second = (np.diff(padded.astype(np.int8), axis=a) != 0 for a in others)
        # A line is an edge where sides turn: walls on both of the axes across it.
        n, m = (slice(None, -1), slice(1, None))
        walls = []
        for wall, along in ((first, others[1]), (second, others[0])):
            lower = wall[tuple(n if a == along else slice(None) for a in range(3))]
            upper = wall[tuple(m if a == along else slice(None) for a in range(3))]
            walls.append(lower | upper)
        start = np.argwhere(walls[0] & walls[1])
        stop = start.copy()
        stop[:, axis] += 1
        found.append(np.stack([start, stop], axis=1))
    return np.concatenate(found)


def block_outlines(
    labels: NDArray[np.integer], colours: NDArray[np.uint8], frame: VolumeFrame, block: int
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return lines (n, 2, 3) in world coordinates and a colour (n, 3) each.

    Parameters
    ----------
    labels : int array (zb, yb, xb)
        Cluster of each block; below 0 where it is not outlined.
    colours : uint8 array (clusters, 3)
        A cluster's, used again from the first where there are more clusters.
    frame : VolumeFrame
        The grid of the field.
    block : int
        Voxels a side.
    """
    lines, shades = [np.empty((0, 2, 3), np.float32)], [np.empty((0, 3), np.uint8)]
    last = np.array(frame.shape) - 1
    for label in np.unique(labels[labels >= 0]).tolist():
        corners = np.minimum(creases(labels == label) * block, last)
        lines.append((corners[..., ::-1] * np.array(frame.step)).astype(np.float32))
        shades.append(np.broadcast_to(colours[label % len(colours)], (len(corners), 3)))
    return np.concatenate(lines), np.concatenate(shades)


def bounding_box(frame: VolumeFrame) -> NDArray[np.float32]:
    """Return the 12 lines (12, 2, 3) around the volume, in world coordinates."""
    corners = creases(np.ones((1, 1, 1), bool))
    ends: NDArray[np.float32] = (corners[..., ::-1] * np.array(frame.extent)).astype(np.float32)
    return ends
