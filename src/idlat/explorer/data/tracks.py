"""A cluster followed through the steps of a series, in the features of the step that it was made in.

::

    blocks of the cluster's step ─ FeatureMap ─▶ features of every other step ─ assign ─▶ which belong to it
      ─ track ─▶ TrackPoint: births, deaths, splits and merges; the blocks of each step
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import TrackOptions, TrackPoint, assign, track
from idlat.archive.parallel import Progress
from idlat.explorer.data.blocks import Blocks
from idlat.explorer.data.features import mapped_latents
from idlat.explorer.data.tree import TreeEditor

__all__ = ["Tracks", "follow", "mapped_features"]

Real = NDArray[np.float32]

_FEW = 10  # blocks: of a smaller cluster a majority of five neighbours would lose sight


@dataclass(frozen=True, eq=False)
class Tracks:
    """A cluster through time.

    Attributes
    ----------
    node, name : int, str
        Which cluster.
    member : bool array (t, z, y, x)
        Its blocks in every step.
    points : tuple of TrackPoint
        Its features, step by step.
    """

    node: int
    name: str
    member: NDArray[np.bool_]
    points: tuple[TrackPoint, ...]

    def sizes(self) -> list[int]:
        """Return the number of blocks in each step."""
        return [int(count) for count in self.member.sum(axis=(1, 2, 3))]


def follow(
    editor: TreeEditor,
    node: int,
    *,
    reach: int = 1,
    smallest: int = 2,
    progress: Progress | None = None,
) -> Tracks:
    """Follow a cluster through all steps.

    A block of another step belongs to it where most of its five nearest blocks of the cluster's own step, in
    latent space, do; of a cluster of less than ten blocks, where the nearest does.

    Parameters
    ----------
    editor
        The tree of one step.
    node
        A cluster of it, leaf or not.
    reach, smallest
        Blocks that a feature may move in a step, and that it has at least.
    progress
        Told of the stage ``track``; what it raises ends the work.

    Raises
    ------
    IdlatError
        There is no such node, or a chunk is damaged.
    """
    blocks, rows = editor.blocks, editor.rows(node)
    dataset = blocks.dataset
    own = np.zeros(blocks.count, np.intp)
    own[rows] = 1
    voters = 5 if len(rows) >= _FEW else 1
    values, places, member = [], [], []
    for step in range(dataset.steps):
        if step == blocks.step:
            found, at, inside = blocks.features.values, blocks.positions, own
        else:
            found, at = mapped_features(blocks, step)
            inside = assign(blocks.features.values, own, found, voters)
        values.append(found)
        places.append(np.column_stack([np.full(len(at), step), at]))
        member.append(inside.astype(bool))
        if progress is not None:
            progress("track", step + 1, dataset.steps)
    shape = (dataset.steps, *dataset.block_shape)
    every, belongs = np.concatenate(places), np.concatenate(member)
    options = TrackOptions(reach=reach, smallest=smallest, periodic=_wraps(blocks))
    points = track(np.concatenate(values), every, belongs, shape, options)
    grid = np.zeros(shape, bool)
    grid[tuple(every[belongs].T)] = True
    return Tracks(node, editor.name(node), grid, tuple(points))


def mapped_features(
    blocks: Blocks, step: int, progress: Progress | None = None
) -> tuple[Real, NDArray[np.intp]]:
    """Map the latents of another step as those of these blocks were; kept, for clusters are many."""
    dataset, variable, feature_map = blocks.dataset, blocks.variable, blocks.features.map
    key = ("mapped", variable, step, blocks.step, blocks.seed, feature_map.scaling)
    return dataset.cache.get(
        key,
        lambda: mapped_latents(dataset, variable, step, feature_map, progress),
        lambda made: made[0].nbytes + made[1].nbytes,
    )


def _wraps(blocks: Blocks) -> tuple[bool, bool, bool]:
    """Tell along which axes blocks wrap: periodic ones that hold whole blocks."""
    dataset = blocks.dataset
    periodic = dataset.archive.record.periodic
    z, y, x = (
        axis in periodic and n % dataset.block == 0 for axis, n in zip("zyx", dataset.shape, strict=True)
    )
    return z, y, x
