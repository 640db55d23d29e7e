"""Projection: groups stay together, seeds repeat, other blocks find their place."""

import itertools
import sys

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from idlat.analysis import project
from idlat.errors import IdlatError


@pytest.fixture(scope="module")
def groups():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 40)
    values = 8 * np.eye(3, 10)[labels] + rng.normal(size=(120, 10))
    return values.astype(np.float32), labels


@pytest.fixture(scope="module")
def projection(groups):
    return project(groups[0][::2], seed=1)


def centres(points, labels):
    return np.array([points[labels == label].mean(axis=0) for label in range(3)])


def test_groups_stay_together_and_other_blocks_find_theirs(groups, projection):
    values, labels = groups
    middle = centres(projection.points, labels[::2])
    placed = projection.embed(values[1::2])
    nearest = np.linalg.norm(placed[:, None] - middle, axis=2).argmin(axis=1)
    assert (nearest == labels[1::2]).mean() > 0.95
    assert projection.embed(values[:0]).shape == (0, 2)


def test_the_same_seed_gives_the_same_points_and_progress_ends(groups, projection):
    told = []
    seen = []
    again = project(groups[0][::2], seed=1, progress=lambda *step: told.append(step), settling=seen.append)
    np.testing.assert_array_equal(again.points, projection.points)
    assert len(seen) == 15
    moved = [np.abs(b - a).max() for a, b in itertools.pairwise(seen)]
    assert min(moved) > 0  # each a copy of its own
    assert told[-1] == ("project", 750, 750)
    assert len(told) > 5


def test_a_rare_group_draws_together():
    rng, rare = np.random.default_rng(0), np.arange(150) < 25
    values = rng.normal(size=(150, 10)) + np.outer(rare, 4 * np.eye(10)[0])
    apart = silhouette_samples(project(values.astype(np.float32)).points, rare)
    assert np.mean([apart[rare].mean(), apart[~rare].mean()]) > 0.65  # 0.73; an even spread has 0.56


@pytest.mark.parametrize("count", [1, 2, 4, 5, 7])
def test_a_handful_of_blocks(groups, count):
    points = project(groups[0][:count]).points
    assert points.shape == (count, 2)
    assert np.isfinite(points).all()


def test_bad_input_is_named(groups, projection):
    with pytest.raises(IdlatError, match="'pca' is unknown"):
        project(groups[0], "pca")
    with pytest.raises(IdlatError, match="finite"):
        project(np.full((9, 2), np.nan, np.float32))
    with pytest.raises(IdlatError, match="length 10"):
        projection.embed(groups[0][:, :4])
    with pytest.raises(IdlatError, match="places no others"):
        project(groups[0][:3]).embed(groups[0])


@pytest.mark.parametrize("perplexity", [1.0, 1e4, float("nan")])
def test_a_perplexity_that_arranges_nothing_is_refused(groups, perplexity):
    with pytest.raises(IdlatError, match="perplexity must be from 2 to 1000"):
        project(groups[0], perplexity=perplexity)


def test_without_umap_the_extra_is_named(groups, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(IdlatError, match=r"idlat\[umap\]"):
        project(groups[0], "umap")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of numba and of umap's own notes on its seed
def test_umap_repeats_itself_and_places_others(groups):
    pytest.importorskip("umap", reason="the extra idlat[umap] is not installed")
    values, labels = groups
    first, second = (project(values[::2], "umap", seed=2) for _ in range(2))
    np.testing.assert_array_equal(first.points, second.points)
    middle = centres(first.points, labels[::2])
    nearest = np.linalg.norm(first.embed(values[1::2])[:, None] - middle, axis=2).argmin(axis=1)
    assert (nearest == labels[1::2]).mean() > 0.9


def test_equal_blocks_are_lined_up_and_one_feature_is_enough():
    equal = project(np.ones((12, 3), np.float32))
    assert len(np.unique(equal.points, axis=0)) == 12
    one = project(np.linspace(0, 1, 12, dtype=np.float32)[:, None])
    assert one.points.shape == (12, 2)
    assert np.isfinite(one.points).all()
