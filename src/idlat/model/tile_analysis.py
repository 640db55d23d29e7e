"""What the analysis of a tile gives, whatever the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cells", "FitWindow", "Low", "TileAnalysis"]

Cells: TypeAlias = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""Cells of a tile, first and one beyond the last, along z, y and x."""

Low: TypeAlias = Mapping[tuple[int, ...], NDArray[np.floating[Any]]]
"""Low subbands that are not among the latents of chunks, by key: (z, y, x) at their positions."""


class FitWindow(NamedTuple):
    """A box of a variable that a model is fitted to; it begins with a cell.

    Attributes
    ----------
    x, importance : ndarray of float32
        (Z, Y, X): normalised values, and importance.
    origin : three ints
        Its first voxel, as the variable counts them.
    """

    x: NDArray[np.float32]
    importance: NDArray[np.float32]
    origin: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class TileAnalysis:
    """Latents of a tile, and what of it is coded apart.

    Attributes
    ----------
    levels : ndarray
        (z, y, x) of the tile's window: the first channel of its latents.
    make_latents : callable
        Returns :attr:`latents`, which not every encoder needs.
    low : mapping of key to ndarray of float32
        Of the window, in units of the finest quantisation step; none in most models.
    coded : callable, optional
        Returns the streams of the core's chunks, in z, y, x order, by what is still known of them: those that
        the model's ``encode_chunks`` makes of the latents. None where nothing is.
    """

    levels: NDArray[Any]
    make_latents: Callable[[], NDArray[Any]]
    low: Low = field(default_factory=dict)
    coded: Callable[[], list[bytes]] | None = None

    @classmethod
    def of(cls, latents: NDArray[Any]) -> TileAnalysis:
        """Return the analysis of a model all of whose subbands are among the latents (C, z, y, x)."""
        return cls(latents[0], partial(np.asarray, latents))

    @cached_property
    def latents(self) -> NDArray[Any]:
        """Latents (C, z, y, x) of the tile's window; 0 outside its core."""
        return self.make_latents()
