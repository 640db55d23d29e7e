"""Following a cluster through time: pieces of its blocks, matched in latent space (the paper's future work).

::

    blocks of a cluster, each step ─ pieces of touching blocks ─▶ features
      ─ each block finds its nearest block, in latent space, within reach in the neighbouring step ─ votes
      ─▶ links between features ─▶ tracks: birth, death, split, merge
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from idlat.errors import IdlatError

__all__ = ["TrackOptions", "TrackPoint", "track"]

Real = NDArray[np.float32]


@dataclass(frozen=True)
class TrackOptions:
    """How features are found and matched.

    Attributes
    ----------
    reach : int
        Blocks, along each axis, that a feature may move in a step.
    share : float
        A link needs this share of the votes of one of its two features.
    smallest : int
        Blocks of a feature; smaller pieces are left out.
    periodic : tuple of bool
        Whether z, y, x wrap.
    """

    reach: int = 1
    share: float = 0.25
    smallest: int = 1
    periodic: tuple[bool, bool, bool] = (False, False, False)


@dataclass(frozen=True)
class TrackPoint:
    """One feature in one step.

    Attributes
    ----------
    track, step : int
        Name of the track; index of the step.
    size : int
        Blocks.
    centroid : tuple of float
        (z, y, x) in blocks, of the blocks' middles.
    low, high : tuple of int
        Half-open bounding box (z, y, x) in blocks; along a periodic axis `high` may lie beyond the end.
    events : tuple of str
        Among ``birth`` (nothing before it), ``merge`` (several before it), ``split`` (several after it),
        ``death`` (nothing after it). The first and the last step give no birth or death.
    previous : tuple of int
        Tracks of the features before it.
    distance : float or None
        In latent space: mean over its blocks to the block before that each found; None where there is none.
    places : tuple of (int, int, int)
        Its blocks, z, y, x.
    """

    track: int
    step: int
    size: int
    centroid: tuple[float, float, float]
    low: tuple[int, int, int]
    high: tuple[int, int, int]
    events: tuple[str, ...]
    previous: tuple[int, ...]
    distance: float | None
    places: tuple[tuple[int, int, int], ...] = field(repr=False)


@dataclass(frozen=True)
class _Feature:
    """Touching blocks of one step: their places, unwrapped where axes are periodic, and features."""

    places: NDArray[np.intp]
    unwrapped: NDArray[np.intp]
    values: Real


@dataclass(frozen=True)
class _Link:
    """A feature of one step goes on as one of the next."""

    before: int
    after: int
    votes: float
    distance: float | None


def track(
    values: Real,
    blocks: NDArray[np.intp],
    member: NDArray[np.bool_],
    shape: Sequence[int],
    options: TrackOptions | None = None,
) -> list[TrackPoint]:
    """Follow the features of a cluster through all steps.

    Parameters
    ----------
    values : float32 array (n, d)
        Features of blocks, from one map.
    blocks : int array (n, 4)
        Their places: step, z, y, x.
    member : bool array (n,)
        Which belong to the cluster.
    shape : (int, int, int, int)
        Of the grid of blocks (T, Z, Y, X).
    options : TrackOptions, optional
        Reach, share of votes, smallest feature, periodic axes.

    Returns
    -------
    list of TrackPoint
        Step by step; in a step in the order of tracks.

    Raises
    ------
    IdlatError
        The arrays do not fit each other, or the options are out of range.
    """
    options = options or TrackOptions()
    if not len(values) == len(blocks) == len(member) or blocks.shape[1:] != (4,) or len(shape) != 4:
        raise IdlatError(
            "one feature vector, place (step, z, y, x) and membership for each block are expected"
        )
    if options.reach < 0 or not 0 < options.share <= 1 or options.smallest < 1:
        raise IdlatError("reach must be 0 or more, share in (0, 1], smallest 1 or more")
    size = np.array([n if wraps else 0 for n, wraps in zip(shape[1:], options.periodic, strict=True)])
    steps = [
        _features(values[chosen], blocks[chosen, 1:], size, options.smallest)
        for chosen in ((blocks[:, 0] == step) & member for step in range(shape[0]))
    ]
    links = [_links(a, b, size, options) for a, b in itertools.pairwise(steps)]
    return _points(steps, links)


def _tree(places: NDArray[Any], size: NDArray[np.intp]) -> cKDTree:
    return cKDTree(places, boxsize=size)


def _features(
    values: Real, places: NDArray[np.intp], size: NDArray[np.intp], smallest: int
) -> list[_Feature]:
    """Group the blocks of a step that touch, by face, edge or corner; the largest group comes first."""
    if not len(places):
        return []
    pairs = _tree(places, size).query_pairs(1.5, p=np.inf, output_type="ndarray")
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(places),) * 2)
    count, piece = connected_components(graph, directed=False)
    groups = sorted((np.flatnonzero(piece == i) for i in range(count)), key=lambda g: (-len(g), g[0]))
    return [
        _Feature(places[group], _unwrapped(places[group], size), values[group])
        for group in groups
        if len(group) >= smallest
    ]


def _unwrapped(places: NDArray[np.intp], size: NDArray[np.intp]) -> NDArray[np.intp]:
    """Shift what lies before the widest gap of a periodic axis, so that a piece across the edge is whole."""
    shifted = places.copy()
    for axis, length in enumerate(size):
        taken = np.unique(places[:, axis])
        if length and len(taken) > 1:
            gaps = np.diff(np.append(taken, taken[0] + length))
            widest = int(np.argmax(gaps))
            if gaps[widest] > 1 and widest < len(taken) - 1:
                shifted[places[:, axis] <= taken[widest], axis] += length
    return shifted


def _links(
    before: list[_Feature], after: list[_Feature], size: NDArray[np.intp], options: TrackOptions
) -> list[_Link]:
    """Let every block vote for the feature of its nearest block in latent space, both ways in time."""
    if not before or not after:
        return []
    forward, _ = _votes(before, after, size, options.reach)  # (before, after)
    backward, distance = _votes(after, before, size, options.reach)  # (after, before)
    found = []
    for i in range(len(before)):
        for j in range(len(after)):
            share = max(forward[i, j], backward[j, i])
            if share >= options.share:
                found.append(_Link(i, j, forward[i, j] + backward[j, i], distance[j]))
    return found


def _votes(
    own: list[_Feature], others: list[_Feature], size: NDArray[np.intp], reach: int
) -> tuple[NDArray[np.float64], list[float | None]]:
    """Return the share of each own feature's blocks that vote for each other one, and their mean distance."""
    places = np.concatenate([feature.places for feature in others])
    values = np.concatenate([feature.values for feature in others])
    owner = np.concatenate([np.full(len(f.places), k) for k, f in enumerate(others)])
    tree = _tree(places, size)
    votes = np.zeros((len(own), len(others)))
    distances: list[float | None] = []
    for index, feature in enumerate(own):
        nearest = []
        for place, value in zip(feature.places, feature.values, strict=True):
            near = np.asarray(tree.query_ball_point(place, reach + 0.5, p=np.inf), np.intp)
            if near.size:
                apart = np.linalg.norm(values[near] - value, axis=1)
                best = int(np.argmin(apart))
                votes[index, owner[near[best]]] += 1 / len(feature.places)
                nearest.append(float(apart[best]))
        distances.append(float(np.mean(nearest)) if nearest else None)
    return votes, distances


def _points(steps: list[list[_Feature]], links: list[list[_Link]]) -> list[TrackPoint]:
    """Name tracks: a feature carries on the track that votes for it most, and whose best it is."""
    points: list[TrackPoint] = []
    names: list[int] = []  # of the features of the step before
    next_name = 0
    for step, features in enumerate(steps):
        incoming = links[step - 1] if step else []
        outgoing = links[step] if step < len(links) else []
        inherited = _inherited(incoming)
        own: list[int] = []
        for index, feature in enumerate(features):
            came = [link for link in incoming if link.after == index]
            went = sum(link.before == index for link in outgoing)
            if index in inherited:
                own.append(names[inherited[index]])
            else:
                own.append(next_name)
                next_name += 1
            events = _events(len(came), went, step, len(steps))
            previous = tuple(sorted({names[link.before] for link in came}))
            points.append(
                _point(own[-1], step, feature, events, previous, came[0].distance if came else None)
            )
        names = own
    return sorted(points, key=lambda point: (point.step, point.track))


def _inherited(incoming: list[_Link]) -> dict[int, int]:
    """Pair features of two steps one to one, the strongest links first."""
    pairs: dict[int, int] = {}
    for link in sorted(incoming, key=lambda link: (-link.votes, link.before, link.after)):
        if link.after not in pairs and link.before not in pairs.values():
            pairs[link.after] = link.before
    return pairs


def _events(came: int, went: int, step: int, steps: int) -> tuple[str, ...]:
    happened = {
        "birth": came == 0 and step > 0,
        "merge": came > 1,
        "split": went > 1,
        "death": went == 0 and step < steps - 1,
    }
    return tuple(name for name, true in happened.items() if true)


def _point(
    name: int,
    step: int,
    feature: _Feature,
    events: tuple[str, ...],
    previous: tuple[int, ...],
    distance: float | None,
) -> TrackPoint:
    z, y, x = (feature.unwrapped.mean(axis=0) + 0.5).tolist()
    z0, y0, x0 = feature.unwrapped.min(axis=0).tolist()
    z1, y1, x1 = (feature.unwrapped.max(axis=0) + 1).tolist()
    size = len(feature.places)
    places = tuple((int(z), int(y), int(x)) for z, y, x in feature.places)
    low, high = (z0, y0, x0), (z1, y1, x1)
    return TrackPoint(name, step, size, (z, y, x), low, high, events, previous, distance, places)
