"""Tracks of features whose fate is known."""

import numpy as np
import pytest

from idlat.analysis import TrackOptions, track
from idlat.errors import IdlatError

SHAPE = (6, 1, 12, 16)


def series(spots, shape=SHAPE):
    """Blocks of a series: those within 1.1 of a spot (y, x) of a step belong to the cluster."""
    places = np.argwhere(np.ones(shape, bool))
    member = np.zeros(len(places), bool)
    features = np.zeros((len(places), 2), np.float32)
    for step, centres in enumerate(spots):
        for kind, y, x in centres:
            apart = np.abs(places[:, 2:] - [y, x]).max(axis=1)
            near = (places[:, 0] == step) & (apart <= 1.1)
            member |= near
            features[near] = [kind, 0]
    return features, places, member


def fates(points):
    return {(p.track, p.step): p.events for p in points if p.events}


def test_two_that_move_keep_their_names_and_centroids():
    spots = [[(1, 2, 2 + t), (5, 8, 12 - t)] for t in range(6)]
    points = track(*series(spots), SHAPE)
    assert fates(points) == {}
    assert len({p.track for p in points}) == 2
    for p in points:
        y, x = {2.5: (2.5, 2.5 + p.step), 8.5: (8.5, 12.5 - p.step)}[p.centroid[1]]
        assert p.centroid == (0.5, y, x)
        assert (p.low, p.high) == ((0, int(y) - 1, int(x) - 1), (1, int(y) + 2, int(x) + 2))
        assert p.size == 9
        assert p.distance == (None if p.step == 0 else 0.0)


def test_birth_and_death():
    spots = [[(1, 2, 2)], [(1, 2, 2)], [(1, 2, 2), (5, 8, 12)], [(5, 8, 12)], [(5, 8, 12)], [(5, 8, 12)]]
    first, second = 0, 1
    assert fates(track(*series(spots), SHAPE)) == {(first, 2): ("death",), (second, 2): ("birth",)}


def test_split_and_merge():
    apart = [[0], [0], [2], [2], [0], [0]]  # half the distance of two spots in x
    spots = [[(1, 5, 7 - d[0]), (1, 5, 7 + d[0])] for d in apart]
    points = track(*series(spots), SHAPE)
    assert fates(points) == {(0, 1): ("split",), (0, 4): ("merge",)}
    assert [p.previous for p in points if p.step == 4] == [(0, 1)]
    assert sorted({p.track for p in points}) == [0, 1]


def test_latents_tell_neighbours_apart_where_overlap_cannot():
    # two features side by side change places in one step; each is known by its latents
    spots = [[(1, 5, 4), (9, 5, 8)]] * 3 + [[(9, 5, 4), (1, 5, 8)]] * 3
    values, places, member = series(spots)
    points = track(values, places, member, SHAPE, TrackOptions(reach=4))
    x_of = {p.track: p.centroid[2] for p in points if p.step == 2}
    later = {p.track: p.centroid[2] for p in points if p.step == 3}
    assert x_of == {0: 4.5, 1: 8.5}
    assert later == {0: 8.5, 1: 4.5}
    assert fates(points) == {}


def test_a_feature_across_a_periodic_edge_is_one():
    spots = [[(1, 5, (14 + t) % 16 + shift) for shift in (-16, 0, 16)] for t in range(6)]
    values, places, member = series(spots)
    wrapped = track(values, places, member, SHAPE, TrackOptions(periodic=(False, False, True)))
    assert {p.track for p in wrapped} == {0}
    assert all(p.size == 9 for p in wrapped)
    assert [p.centroid[2] % 16 for p in wrapped] == [(14.5 + t) % 16 for t in range(6)]
    assert len({p.track for p in track(values, places, member, SHAPE)}) > 1


def test_small_features_and_empty_clusters():
    values, places, member = series([[(1, 2, 2)]] * 6)
    assert track(values, places, np.zeros_like(member), SHAPE) == []
    assert track(values, places, member, SHAPE, TrackOptions(smallest=10)) == []


def test_bad_input_is_named():
    values, places, member = series([[(1, 2, 2)]] * 6)
    with pytest.raises(IdlatError, match="each block"):
        track(values[:-1], places, member, SHAPE)
    with pytest.raises(IdlatError, match="share"):
        track(values, places, member, SHAPE, TrackOptions(share=0))
