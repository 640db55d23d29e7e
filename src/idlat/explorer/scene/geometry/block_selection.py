"""Which blocks are shown: from a mask of blocks to one of voxels, and the box around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from idlat.errors import RenderError
from idlat.explorer.scene.geometry.value_codes import MISSING

__all__ = ["Selection"]

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Selection:
    """Blocks that are shown.

    Attributes
    ----------
    shape : tuple of int
        Of the volume, (z, y, x).
    blocks : bool array (zb, yb, xb) or None
        True where shown; None shows all.
    block : int
        Voxels a side.
    """

    shape: tuple[int, int, int]
    blocks: NDArray[np.bool_] | None = None
    block: int = 16

    def __post_init__(self) -> None:
        if self.block < 1:
            raise RenderError(f"a block must have 1 voxel a side or more, got {self.block}")
        if self.blocks is not None and (self.blocks.shape != self.grid or self.blocks.dtype != bool):
            raise RenderError(
                f"a selection of {self.block}³ blocks in a volume {self.shape} must be a boolean array "
                f"{self.grid}, got {self.blocks.dtype} {self.blocks.shape}"
            )

    @property
    def grid(self) -> tuple[int, int, int]:
        """How many blocks cover the volume, along z, y, x."""
        z, y, x = (-(-n // self.block) for n in self.shape)
        return z, y, x

    @cached_property
    def shown(self) -> NDArray[np.bool_]:
        """True where a block is shown (zb, yb, xb)."""
        return np.ones(self.grid, bool) if self.blocks is None else self.blocks

    @cached_property
    def box(self) -> Box:
        """The smallest box of voxels that holds what is shown and a voxel around; empty where nothing is."""
        spans = []
        for axis, length in enumerate(self.shape):
            found = np.flatnonzero(self.shown.any(axis=tuple(a for a in range(3) if a != axis)))
            if not found.size:
                return (slice(0, 0),) * 3
            start, stop = int(found[0]) * self.block - 1, (int(found[-1]) + 1) * self.block + 1
            spans.append(slice(max(start, 0), min(stop, length)))
        return spans[0], spans[1], spans[2]

    def thinned(self, stride: int) -> Selection:
        """Return the selection for a volume of every so manieth voxel; the block's side is a multiple of it.

        Examples
        --------
        >>> Selection((5, 4, 4), np.array([True, False]).reshape(2, 1, 1), 4).thinned(2).shape
        (3, 2, 2)
        """
        if stride not in self._thinned:
            z, y, x = (-(-n // stride) for n in self.shape)
            self._thinned[stride] = Selection((z, y, x), self.blocks, self.block // stride)
        return self._thinned[stride]

    @cached_property
    def _thinned(self) -> dict[int, Selection]:
        """Those that were made, for all panels share them."""
        return {1: self}

    @cached_property
    def _inside(self) -> NDArray[np.uint8]:
        """255 where a voxel of the box is shown, 0 where not."""
        inside = self.shown * np.uint8(255)
        for axis, span in enumerate(self.box):
            inside = inside.take(np.arange(span.start, span.stop) // self.block, axis=axis)
        return inside

    def of_voxels(self, voxels: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell whether voxels (n, 3), z, y, x, are shown."""
        z, y, x = (voxels // self.block).T
        result: NDArray[np.bool_] = self.shown[z, y, x]
        return result

    def cut(self, codes: NDArray[np.uint8], outside: int) -> NDArray[np.uint8]:
        """Return what is shown of bytes: those inside the box, one byte for what is not shown or missing.

        Examples
        --------
        >>> blocks = np.array([True, False, False]).reshape(1, 1, 3)
        >>> Selection((2, 2, 6), blocks, 2).cut(np.full((2, 2, 6), 9, np.uint8), 0)[0, 0]
        array([9, 9, 0], dtype=uint8)
        """
        part = codes[self.box]
        if outside != MISSING and not part.all():
            part = np.where(part == MISSING, np.uint8(outside), part)
        if self.blocks is None or not part.size:
            return part
        kept = part & self._inside  # a third of the time that a choice by condition takes
        if outside:
            kept |= ~self._inside & np.uint8(outside)
        return kept
