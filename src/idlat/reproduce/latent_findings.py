"""What the paper finds in the latent space of a vortex (Sect. 6.4.1), measured, and whether it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import energy_distance
from idlat.reproduce.latent_study import Groups, LatentSpace, LatentStudy

__all__ = [
    "Finding",
    "Verdict",
    "cluster_findings",
    "gradient_findings",
    "groups_in_plane",
    "uniform_findings",
]

Verdict = Literal["shows", "shows in part", "does not show"]

_GAP = 4.0  # of the median distance to a nearest point
_SMALLEST_GROUP = 0.03  # of all points
_FOUND, _PURE = 0.8, 0.5
_APART, _TIMES = 0.1, 2.0


@dataclass(frozen=True)
class Finding:
    """A statement of the paper and what is seen of it.

    Attributes
    ----------
    paper : str
        The statement.
    verdict : Verdict
        Whether it shows.
    seen : str
        The figures behind the verdict.
    """

    paper: str
    verdict: Verdict
    seen: str


def rand_index(study: LatentStudy, space: LatentSpace, rows: NDArray[np.intp]) -> float:
    """Return the adjusted Rand index of a cluster with the blocks that hold the isosurface."""
    from sklearn.metrics import adjusted_rand_score

    inside = np.zeros(len(space.blocks), bool)
    inside[rows] = True
    return float(adjusted_rand_score(space.of_blocks(study.holds), inside))


def groups_in_plane(points: NDArray[np.float64]) -> int:
    """Count groups of points with gaps between them: what stays together without long links.

    A link is long if it is more than four times as long as the median distance to a nearest point; what has
    less than 3 % of the points is no group.

    Examples
    --------
    >>> line = np.column_stack([np.arange(50.0), np.zeros(50)])
    >>> groups_in_plane(line), groups_in_plane(np.concatenate([line, line + [0, 20]]))
    (1, 2)
    """
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    nearest = tree.query(points, 2)[0][:, 1]
    links = tree.sparse_distance_matrix(tree, _GAP * float(np.median(nearest)))
    _, piece = connected_components(links, directed=False)
    return int((np.bincount(piece) >= max(2, _SMALLEST_GROUP * len(points))).sum())


def cluster_findings(study: LatentStudy) -> list[Finding]:
    """Return what Fig. 9 shows."""
    space, groups = study.spaces["isosurface"], study.groups
    holds, boundary = space.of_blocks(study.holds), space.of_blocks(study.boundary)
    core, rest, edge = (groups.rows(name) for name in "ACB")
    found, pure = float(holds[core].sum() / holds.sum()), float(holds[core].mean())
    index = rand_index(study, space, core)
    verdict = _verdict(found >= _FOUND and pure >= _PURE, found >= _FOUND or pure >= _PURE)
    core_seen = (
        f"A has {len(core)} of {len(space.blocks)} blocks, {holds[core].sum()} of the {holds.sum()} with the "
        f"isosurface ({found:.0%}); {pure:.0%} of its blocks hold it; adjusted Rand index {index:.2f}"
    )
    pieces = groups_in_plane(space.points)
    outside = float(holds[rest].mean())
    share, everywhere = float(boundary[edge].mean()), float(boundary.mean())
    return [
        Finding("cluster A consists of the blocks that contain the vortex cores", verdict, core_seen),
        Finding(
            "four distinct clusters are identified in the t-SNE projection",
            _verdict(pieces >= 4, pieces >= 2),
            _groups_said(pieces),
        ),
        Finding(
            "cluster C consists of blocks that do not intersect with the isosurface",
            _verdict(outside <= 0.02, outside <= 0.1),
            f"{holds[rest].sum()} of its {len(rest)} blocks hold it",
        ),
        Finding(
            "cluster B contains some boundary blocks",
            _verdict(share >= 1.5 * everywhere, share >= 1.2 * everywhere),
            f"{share:.0%} of its {len(edge)} blocks lie on the boundary, {everywhere:.0%} of all",
        ),
    ]


def gradient_findings(study: LatentStudy) -> list[Finding]:
    """Return what Fig. 10 shows."""
    apart = gradient_distances(study)
    means = {name: block_gradients_of(study, name).mean(axis=1) for name in ("A1", "A2")}
    (first, most), (_, second), *_ = sorted(apart.items(), key=lambda each: -each[1])
    at = "zyx".index(first)
    ends = " and ".join(f"{means[name][at]:+.3g}" for name in ("A1", "A2"))
    opposite = means["A1"][at] * means["A2"][at] < 0
    distances = ", ".join(f"{axis} {value:.2f}" for axis, value in apart.items())
    verdict = _verdict(most >= _APART and most >= _TIMES * second and opposite, most >= _APART)
    return [
        Finding(
            "A1 and A2 differ by the direction in which values fall along one axis: their gradients' "
            "distributions are apart",
            verdict,
            f"energy distances of the distributions: {distances} (0 alike, 1 apart); mean gradients along "
            f"{first} {ends} a voxel",
        )
    ]


def block_gradients_of(study: LatentStudy, name: str) -> NDArray[np.float64]:
    """Return the mean gradients (3, n) of the blocks of a cluster, along z, y and x."""
    space = study.spaces["isosurface"]
    return np.asarray(space.of_blocks(study.gradients), np.float64)[:, study.groups.rows(name)]


def gradient_distances(study: LatentStudy) -> dict[str, float]:
    """Return how far the distributions of A1 and A2 are apart, by axis."""
    first, second = (block_gradients_of(study, name) for name in ("A1", "A2"))
    return {axis: energy_distance(a, b) for axis, a, b in zip("zyx", first, second, strict=True)}


def uniform_findings(study: LatentStudy) -> list[Finding]:
    """Return what Fig. 11 shows."""
    space, groups = study.spaces["uniform"], study.uniform_groups
    pieces = groups_in_plane(space.points)
    low, high = (groups.rows(name) for name in ("low", "high"))
    means = np.asarray(space.of_blocks(study.means), np.float64)
    spread = float(means.std()) or 1.0
    apart = float(means[high].mean() - means[low].mean()) / spread
    index, best = _indices(study, space, groups)
    return [
        Finding(
            "no visual clusters are identified in the t-SNE projection of the uniform map",
            _verdict(pieces <= 1, False),
            _groups_said(pieces),
        ),
        Finding(
            "the clusters are of high and low average values",
            _verdict(apart >= 1.0, apart >= 0.5),
            f"their means are {means[low].mean():.3g} and {means[high].mean():.3g}, {apart:.1f} standard "
            "deviations of the blocks' means apart",
        ),
        Finding(
            "they do not help to find features: those under the isosurface map do",
            _verdict(index <= best - 0.4, index < best),
            f"adjusted Rand index with the blocks that hold the isosurface {index:.2f}, under the isosurface "
            f"map {best:.2f}",
        ),
    ]


def _indices(study: LatentStudy, space: LatentSpace, groups: Groups) -> tuple[float, float]:
    own = rand_index(study, space, groups.rows("high"))
    return own, rand_index(study, study.spaces["isosurface"], study.groups.rows("A"))


def _groups_said(pieces: int) -> str:
    return f"{pieces} groups of points with gaps between them" if pieces != 1 else "one group, without a gap"


def _verdict(whole: bool, part: bool) -> Verdict:
    return "shows" if whole else "shows in part" if part else "does not show"
