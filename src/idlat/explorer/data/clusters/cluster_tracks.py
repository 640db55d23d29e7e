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
from idlat.explorer.data.block_features import mapped_latents
from idlat.explorer.data.clusters.tree_editor import TreeEditor
from idlat.explorer.data.step_blocks import Blocks
from idlat.progress import Progress, tell

__all__ = ["Tracks", "follow", "follow_rows", "mapped_features"]

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

    def blocks_of(self, track: int, step: int) -> NDArray[np.bool_]:
        """Mark the blocks (z, y, x) of one track in one step."""
        marks = np.zeros(self.member.shape[1:], bool)
        for point in self.points:
            if (point.track, point.step) == (track, step):
                marks[tuple(np.array(point.places, np.intp).reshape(-1, 3).T)] = True
        return marks


def follow(
    editor: TreeEditor,
    node: int,
    *,
    reach: int = 1,
    smallest: int = 2,
    progress: Progress | None = None,
) -> Tracks:
    """Follow a cluster of a tree through all steps; see :func:`follow_rows`.

    Raises
    ------
    IdlatError
        There is no such node, or a chunk is damaged.
    """
    rows, name = editor.rows(node), editor.name(node)
    return follow_rows(editor.blocks, rows, node, name, reach=reach, smallest=smallest, progress=progress)


def follow_rows(
    blocks: Blocks,
    rows: NDArray[np.intp],
    node: int,
    name: str,
    *,
    reach: int = 1,
    smallest: int = 2,
    progress: Progress | None = None,
) -> Tracks:
    """Follow some blocks of a step through all steps.

    A block of another step belongs to them where most of its five nearest blocks of their own step, in
    latent space, do; where they are less than ten, where the nearest does.

    Parameters
    ----------
    blocks
        Of one step.
    rows
        Which of them.
    node, name
        Of the cluster that they are.
    reach, smallest
        Blocks that a feature may move in a step, and that it has at least.
    progress
        Told of the stage ``track``; what it raises ends the work.

    Raises
    ------
    IdlatError
        A chunk is damaged.
    """
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
        tell(progress, "track", step + 1, dataset.steps)
    shape = (dataset.steps, *dataset.block_shape)
    every, belongs = np.concatenate(places), np.concatenate(member)
    options = TrackOptions(reach=reach, smallest=smallest, periodic=_wraps(blocks))
    points = track(np.concatenate(values), every, belongs, shape, options)
    grid = np.zeros(shape, bool)
    grid[tuple(every[belongs].T)] = True
    return Tracks(node, name, grid, tuple(points))


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
    periodic = dataset.archive.record.settings.periodic
    z, y, x = (
        axis in periodic and n % dataset.block == 0 for axis, n in zip("zyx", dataset.shape, strict=True)
    )
    return z, y, x
