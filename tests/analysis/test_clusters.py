"""Clusters: known groups are found, trees split and merge, files come back whole."""

import itertools
import json

import numpy as np
import pytest

from idlat.analysis import ClusterFile, Clustering, ClusterTree, assign, block_features, node_qualities
from idlat.analysis.graph import neighbour_graph
from idlat.analysis.spectral import spectrum
from idlat.errors import IdlatError


def groups(sizes, dimensions=6, apart=12.0, seed=0):
    """Gaussian groups around random centres, shuffled; their rows and true labels."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centres = rng.normal(size=(len(sizes), dimensions)) * apart
    return (centres[labels] + rng.normal(size=(len(labels), dimensions))).astype(np.float32), labels


def same_partition(a, b):
    pairs = set(zip(a.tolist(), b.tolist(), strict=True))
    return len(pairs) == len(set(a.tolist())) == len(set(b.tolist()))


@pytest.mark.parametrize("sizes", [(40, 25, 15), (700, 300, 200)])  # the dense solver, then AMG
def test_groups_are_found_and_their_number_suggested(sizes):
    values, labels = groups(sizes)
    clustering = Clustering(values)
    root = ClusterTree.root(len(values))
    assert clustering.suggest(root, 0) == 3
    flat = clustering.split(root, 0, 3)
    assert same_partition(flat.labels(), labels)
    assert [len(leaf.rows) for leaf in flat.leaves] == sorted(sizes, reverse=True)
    assert same_partition(clustering.grow().labels(), labels)


def test_rings_that_k_means_cannot_tell_apart():
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, 600), np.repeat([1.0, 5.0], 300)
    rings = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1) + 0.1 * rng.normal(size=(600, 2))
    tree = Clustering(rings.astype(np.float32)).split(ClusterTree.root(600), 0, 2)
    assert same_partition(tree.labels(), radius)


@pytest.mark.parametrize("count", [120, 2000])  # all pairs are compared, then drawn ones
def test_a_few_loud_blocks_stand_apart_from_many_that_hardly_differ(count):
    rng = np.random.default_rng(2)
    loud = np.arange(count) < count // 8
    quiet = np.linspace(0, 1, count)[:, None] ** 2 * [1, 0.5, 0.2]  # any cut of it is cheap
    values = np.where(loud[:, None], 12 + 2 * rng.normal(size=(count, 3)), quiet).astype(np.float32)
    tree = Clustering(values).split(ClusterTree.root(count), 0, 2)
    assert same_partition(tree.labels(), loud)


def test_the_iterative_solver_agrees_with_the_dense_one():
    values = np.random.default_rng(3).normal(size=(900, 3)).astype(np.float32)
    graph = neighbour_graph(values)
    found = spectrum(graph, 5)
    degrees = graph.sum(axis=1)
    laplacian = np.eye(900) - graph.toarray() / np.sqrt(np.outer(degrees, degrees))
    np.testing.assert_allclose(found.values, np.linalg.eigvalsh(laplacian)[:5], atol=1e-4)


def test_the_same_seed_gives_the_same_tree_whatever_numpy_s_global_state():
    values = np.random.default_rng(5).normal(size=(800, 4)).astype(np.float32)
    trees = []
    for state in (1, 2):
        np.random.seed(state)  # noqa: NPY002
        trees.append(Clustering(values, seed=9).grow(6).labels())
    np.testing.assert_array_equal(*trees)


def test_a_merge_undoes_splits_and_ids_are_not_used_again():
    values, _ = groups((30, 20, 10))
    clustering = Clustering(values)
    once = clustering.split(ClusterTree.root(60), 0, 2)
    twice = clustering.split(once, 1, 2)
    assert [node.id for node in twice.nodes] == [0, 1, 2, 3, 4]
    for tree in (once, twice):
        rows = np.concatenate([leaf.rows for leaf in tree.leaves])
        assert np.array_equal(np.sort(rows), np.arange(60))
    merged = twice.merge(1)
    assert [node.id for node in merged.nodes] == [0, 1, 2]
    assert not merged.node(1).children
    assert [leaf.id for leaf in clustering.split(merged, 2, 2).leaves] == [1, 5, 6]
    assert [node.id for node in twice.merge(0).nodes] == [0]
    with pytest.raises(IdlatError, match="split already"):
        clustering.split(twice, 1)
    with pytest.raises(IdlatError, match="no cluster 77"):
        twice.merge(77)


def test_blocks_that_nothing_tells_apart_still_split():
    tree = Clustering(np.zeros((7, 3), np.float32)).split(ClusterTree.root(7), 0, 3)
    assert sorted(len(leaf.rows) for leaf in tree.leaves) == [2, 2, 3]
    assert len(Clustering(np.zeros((1, 3), np.float32)).grow().leaves) == 1
    every_one = Clustering(np.eye(4, dtype=np.float32)).grow(4)
    assert [len(leaf.rows) for leaf in every_one.leaves] == [1, 1, 1, 1]
    with pytest.raises(IdlatError, match="4 blocks make 1 to 4 clusters, got 5"):
        Clustering(np.eye(4, dtype=np.float32)).grow(5)
    with pytest.raises(IdlatError, match="1 block and cannot be split in 2"):
        Clustering(np.eye(4, dtype=np.float32)).split(every_one, every_one.leaves[0].id, 2)


def test_a_graph_in_pieces_is_joined_by_its_shortest_links():
    values = np.concatenate([np.arange(5.0), 100 + np.arange(5.0), 104.5 + 20 + np.arange(3.0)])[:, None]
    graph = neighbour_graph(values.astype(np.float32), 1)
    for a, b in itertools.pairwise([(4, 5), (9, 10)]):
        assert graph[a] > 0
        assert graph[b] > 0
    assert spectrum(graph, 2).values[1] > 0


@pytest.fixture
def clustered():
    rng = np.random.default_rng(2)
    latents = rng.integers(-3, 4, (2, 3, 4, 5, 16))
    latents[:, :, :2] += 40
    latents[0, 0, 0, 0] = 0
    features = block_features(latents)
    tree = Clustering(features.values, seed=3).grow(4)
    value = latents.mean(axis=-1)
    value[1, 2, 3, 4] = np.nan
    qualities = node_qualities(tree, features, value, value > 20)
    return ClusterFile(tree, features.blocks, features.shape, 16, 3, qualities, "a.idlat")


def test_a_file_comes_back_whole(clustered):
    back = ClusterFile.from_json(clustered.to_json())
    assert back.to_json() == clustered.to_json()
    np.testing.assert_array_equal(back.labels(), clustered.labels())
    assert back.qualities == dict(clustered.qualities)
    assert back.labels()[0, 0, 0, 0] == -1
    np.testing.assert_array_equal(back.mask(0), back.labels() >= 0)
    nodes = json.loads(clustered.to_json())["nodes"]
    assert sum(len(node.get("blocks", [])) for node in nodes) == 119


def test_figures_of_nodes(clustered):
    first = clustered.tree.node(0).children
    by_value = sorted(first, key=lambda node: clustered.qualities[node].mean_value)
    low, high = (clustered.qualities[node] for node in by_value)
    assert high.bounding_box == ((0, 2), (0, 3), (0, 2), (0, 5))
    assert (low.mean_importance, high.mean_importance) == (0.0, 1.0)
    assert min(low.silhouette, high.silhouette) > 0.7
    assert sum(high.values.counts) == high.size
    assert sum(low.values.counts) == low.size - 1  # one has no value
    assert low.values.edges == high.values.edges
    assert clustered.qualities[0].silhouette is None


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "not json",
        lambda _: "[" * 100_000,
        lambda c: json.dumps({**c, "format": "other"}),
        lambda c: json.dumps({**c, "format_version": 99}),
        lambda c: json.dumps({**c, "seed": 12345}),
        lambda _: json.dumps({"format": "idlat clusters", "format_version": 1}),
    ],
)
def test_damaged_files_are_one_clear_error(clustered, change):
    with pytest.raises(IdlatError, match=r"f\.json"):
        ClusterFile.from_json(change(json.loads(clustered.to_json())), "f.json")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c["nodes"][1].update(parent=3),
        lambda c: c["nodes"][0].update(children=[0, 1]),
        lambda c: c["nodes"][-1]["blocks"].append([9, 9, 9, 9]),
        lambda c: c["nodes"][-1]["blocks"].append(c["nodes"][-1]["blocks"][0]),
        lambda c: c["nodes"].pop(0),
        lambda c: c.update(shape=[1]),
    ],
)
def test_trees_that_are_none_are_refused_though_their_hash_fits(clustered, spoil):
    from idlat.analysis.clusterfile import _digest

    content = json.loads(clustered.to_json())
    del content["sha256"]
    spoil(content)
    with pytest.raises(IdlatError, match="no tree of blocks"):
        ClusterFile.from_json(json.dumps({**content, "sha256": _digest(content)}))


def test_new_blocks_join_the_cluster_of_their_neighbours():
    values, labels = groups((30, 30, 30))
    np.testing.assert_array_equal(assign(values[:60], labels[:60], values[60:]), labels[60:])
    assert assign(values, labels, values[:0]).shape == (0,)
    with pytest.raises(IdlatError, match="known block"):
        assign(values[:0], labels[:0], values)


def test_equal_blocks_are_one_cluster_unless_more_are_asked_for():
    clustering = Clustering(np.ones((12, 3), np.float32))
    assert len(clustering.grow().leaves) == 1
    assert len(clustering.grow(2).leaves) == 2
