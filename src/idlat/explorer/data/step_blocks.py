"""The blocks of one step: features for clusters and projection, and what to colour them by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import BlockFeatures, block_gradients, block_means
from idlat.analysis.features import USUAL_SCALING, Scaling
from idlat.errors import IdlatError
from idlat.explorer.data.block_attributes import block_errors, block_importance, block_rate
from idlat.explorer.data.block_features import step_features
from idlat.explorer.data.dataset import BLOCK, Dataset
from idlat.progress import Progress
from idlat.tiling import Triple

__all__ = ["ATTRIBUTES", "Attribute", "Blocks"]

Attribute = Literal["importance", "mean", "error", "rate"]
ATTRIBUTES: tuple[Attribute, ...] = ("importance", "mean", "error", "rate")
Real = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Blocks:
    """The blocks of 16³ voxels of one step of one variable that hold anything.

    Attributes
    ----------
    dataset : Dataset
        Where they are from.
    variable : str
        Which variable.
    step, seed : int
        Which step; of all that is random.
    features : BlockFeatures
        One row a block, of a single step.
    """

    dataset: Dataset
    variable: str
    step: int
    seed: int
    features: BlockFeatures

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        step: int,
        seed: int = 0,
        *,
        variable: str | None = None,
        scaling: Scaling = USUAL_SCALING,
        progress: Progress | None = None,
    ) -> Blocks:
        """Read the latents of a step and reduce them to features; no voxel is decoded.

        `progress` reports the stage ``read``; what it raises ends the work.

        Raises
        ------
        IdlatError
            There is no such step or variable, a chunk is damaged, or every block is empty.
        """
        name = dataset.record(variable).name
        step = dataset.check_step(step)
        features = dataset.cache.get(
            ("features", name, step, seed, scaling),
            lambda: step_features(dataset, name, step, scaling, seed, progress),
            lambda made: made.values.nbytes,
        )
        return cls(dataset, name, step, seed, features)

    @property
    def scaling(self) -> Scaling:
        """Of the latents that the features are of."""
        return self.features.map.scaling

    def alike(self, other: Blocks) -> bool:
        """Tell whether these are the blocks of the same variable and step, with the same features."""
        own, others = ((id(b.dataset), b.variable, b.step, b.seed, b.scaling) for b in (self, other))
        return own == others

    @property
    def count(self) -> int:
        """How many."""
        return len(self.features.blocks)

    @property
    def positions(self) -> NDArray[np.intp]:
        """Places (n, 3) of the blocks, z, y, x counted in blocks."""
        return self.features.blocks[:, 1:]

    def grid(self, rows: NDArray[Any], fill: float = -1) -> NDArray[Any]:
        """Put one value a row (n,) in its block's place (z, y, x); the others get `fill`."""
        return np.asarray(self.features.grid(rows, fill)[0])

    def rows_of(self, grid: NDArray[Any]) -> NDArray[Any]:
        """Take the values of the blocks (n, …) out of a grid of blocks (z, y, x, …)."""
        rows: NDArray[Any] = grid[tuple(self.positions.T)]
        return rows

    def row_at(self, position: tuple[int, int, int]) -> int | None:
        """Return the row of the block at a place, None where it holds nothing."""
        found = np.flatnonzero((self.positions == position).all(axis=1))
        return int(found[0]) if found.size else None

    def reach(self, row: int) -> tuple[Triple, Triple]:
        """Return a block's first voxel (z, y, x), and the one after its last."""
        size, shape = self.dataset.block, self.dataset.shape
        low = tuple(int(i) * size for i in self.positions[row])
        high = tuple(min(a + size, n) for a, n in zip(low, shape, strict=True))
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    def selected(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Mark rows in the grid of blocks (z, y, x)."""
        chosen = np.zeros(self.dataset.block_shape, bool)
        chosen[tuple(self.positions[rows].T)] = True
        return chosen

    def attribute(self, name: Attribute, progress: Progress | None = None) -> Real:
        """Return one figure a block (n,), NaN where it is not known.

        Parameters
        ----------
        name
            ``importance``: its mean, from the archive where it keeps it, else of its expression evaluated on
            the field. ``mean``: of the decoded values, by cells. ``error``: root mean square error against
            the field. ``rate``: bits a voxel that its cells take of the stored streams, shared out by what
            each symbol costs under the model's tables.
        progress
            Told of the stage; what it raises ends the work.

        Raises
        ------
        IdlatError
            There is no such figure, or a chunk is damaged.
        """
        if name not in ATTRIBUTES:
            raise IdlatError(f"blocks have no {name!r}: choose one of {', '.join(ATTRIBUTES)}")
        grid: Real = self.dataset.cache.get(
            ("attribute", name, self.variable, self.step),
            lambda: self._attribute(name, progress),
            lambda made: made.nbytes,
        )
        return np.asarray(self.rows_of(grid), np.float32)

    def _attribute(self, name: Attribute, progress: Progress | None) -> Real:
        """Compute a figure of every block of the grid (z, y, x)."""
        unknown = np.full(self.dataset.block_shape, np.nan, np.float32)
        if name == "importance":
            found = block_importance(self.dataset, self.variable, self.step, progress)
            return unknown if found is None else found
        if name == "rate":
            return block_rate(self.dataset, self.variable, self.step, progress)
        if name == "mean":
            means = self.dataset.cells(self.step, self.variable, progress)
            return block_means(means, BLOCK // self.dataset.archive.model.cell).astype(np.float32)
        if not self.dataset.has_field:
            return unknown
        return block_errors(self.dataset, self.variable, self.step, progress)

    @property
    def _cells(self) -> Real:
        """Means of the cells (z, y, x) as they are decoded."""
        return self.dataset.cells(self.step, self.variable)

    @cached_property
    def cell_values(self) -> Real:
        """Means (n, m) of the cells of each block; NaN beyond the field."""
        cells = BLOCK // self.dataset.archive.model.cell
        means = self._cells
        padded = np.pad(means, [(0, -n % cells) for n in means.shape], constant_values=np.nan)
        z, y, x = (n // cells for n in padded.shape)
        parts = padded.reshape(z, cells, y, cells, x, cells).transpose(0, 2, 4, 1, 3, 5)
        return np.asarray(self.rows_of(parts.reshape(z, y, x, -1)), np.float32)

    @cached_property
    def gradients(self) -> Real:
        """Mean gradient (n, 3) of each block along z, y, x, in the field's unit a voxel (Fig. 10).

        From the means of cells, which need no voxel.
        """
        cell = self.dataset.archive.model.cell
        found = block_gradients(self._cells, BLOCK // cell) / cell
        return np.asarray(self.rows_of(np.moveaxis(found, 0, -1)), np.float32)
