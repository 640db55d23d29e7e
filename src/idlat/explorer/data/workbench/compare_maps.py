"""Two importance maps side by side: size and quality, and which blocks their clusters see differently."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from idlat.analysis import Clustering, block_features
from idlat.errors import IdlatError
from idlat.explorer.data.background_jobs import ignore_progress
from idlat.explorer.data.workbench.map_estimate import Estimate, TrialErrors
from idlat.progress import Progress

__all__ = ["Comparison", "aligned", "compared"]

Labels = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two estimates of the same chunks.

    Attributes
    ----------
    a, b : Estimate
        What is compared.
    labels_a, labels_b : int arrays (z, y, x)
        The cluster of each block of the region under either map, those of `b` named as the clusters of `a`
        that they overlap most; -1 where nothing was spent on a block.
    moved : bool array (z, y, x)
        Blocks whose cluster is another one.
    errors_b : TrialErrors
        Of `b` under the map of `a`: what both come to in the same voxels.
    """

    a: Estimate
    b: Estimate
    labels_a: Labels
    labels_b: Labels
    moved: NDArray[np.bool_]
    errors_b: TrialErrors

    def to_dict(self) -> dict[str, Any]:
        """Return both figures, and b less a, as JSON values; None for what is not finite.

        Each estimate's own figures are under its own map; the change of quality is under that of `a`.
        """
        first, second = self.a.to_dict(), self.b.to_dict()
        again = {
            "psnr_inside": self.errors_b.inside,
            "psnr_outside": self.errors_b.outside,
            "wpsnr": self.errors_b.wpsnr,
        }
        judged = {
            **second,
            **{name: value if math.isfinite(value) else None for name, value in again.items()},
        }
        names = ("lsr", "bytes", "psnr", *again, "share_inside")
        change = {
            name: None if first[name] is None or judged[name] is None else judged[name] - first[name]
            for name in names
        }
        count = int(self.moved.sum())
        return {
            "a": first,
            "b": second,
            "change": change,
            "moved": count,
            "share_moved": count / self.moved.size,
            "moved_blocks": (np.argwhere(self.moved) + self.a.first_block).tolist(),
        }


def compared(
    a: Estimate, b: Estimate, clusters: int = 4, seed: int = 0, progress: Progress | None = None
) -> Comparison:
    """Cluster the blocks under either map, and align the clusters.

    Parameters
    ----------
    a, b
        Of the same chunks of the same step.
    clusters
        How many to make of the blocks that anything is spent on; fewer where these are few or alike.
    seed
        Of the clustering.
    progress
        Told of the stage ``compare``; what it raises ends the work.

    Raises
    ------
    IdlatError
        The estimates are of different chunks.
    """
    if (a.variable, a.step, a.chunks) != (b.variable, b.step, b.chunks):
        raise IdlatError("two maps are compared on the same chunks of one step: estimate both again")
    tell, found = progress or ignore_progress, []
    for done, each in enumerate((a, b)):
        tell("compare", done, 3)
        found.append(_clusters(each, clusters, seed))
    tell("compare", 2, 3)
    first, second = found[0], aligned(*found)
    return Comparison(a, b, first, second, first != second, b.errors_under(a))


def _clusters(estimate: Estimate, count: int, seed: int) -> Labels:
    """Label the blocks of an estimate."""
    latents = estimate.latents
    present = latents.any(axis=-1)
    labels = np.full(present.shape, -1, np.intp)
    if not present.any():
        return labels
    features = block_features(latents, cells=estimate.channel_cells, seed=seed)
    distinct = len(np.unique(features.values, axis=0))
    tree = Clustering(features.values, seed=seed).grow(max(min(count, distinct), 1))
    names = {leaf.id: name for name, leaf in enumerate(tree.leaves)}
    labels[present] = [names[label] for label in tree.labels().tolist()]
    return labels


def aligned(reference: Labels, labels: Labels) -> Labels:
    """Rename clusters so that as many blocks as can be keep the reference's label (Hungarian assignment).

    Clusters that are left over get names of their own; -1 stays.

    Examples
    --------
    >>> aligned(np.array([0, 0, 1, 1, -1]), np.array([7, 7, 7, 2, -1])).tolist()
    [0, 0, 0, 1, -1]
    >>> aligned(np.array([0, 0, 0]), np.array([4, 4, 5])).tolist()
    [0, 0, 1]
    """
    own, other = (np.unique(each[each >= 0]) for each in (labels, reference))
    overlap = np.array([[np.sum((labels == i) & (reference == j)) for j in other] for i in own])
    names: dict[int, int] = {}
    if overlap.size:
        rows, columns = linear_sum_assignment(-overlap)
        names = {int(own[i]): int(other[j]) for i, j in zip(rows, columns, strict=True)}
    free = int(max(other.max(initial=-1), -1)) + 1
    renamed = np.full(labels.shape, -1, np.intp)
    for label in own.tolist():
        if label not in names:
            names[label], free = free, free + 1
        renamed[labels == label] = names[label]
    return renamed
