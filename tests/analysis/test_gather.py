"""Blocks from anywhere in a tree become a cluster of their own, and the tree stays one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.analysis import ClusterTree, gathered
from idlat.errors import IdlatError


def grown() -> ClusterTree:
    """0 has 1 (0 to 5) and 2 (6 to 9); 1 has 3 (0, 1), 4 (2, 3) and 5 (4, 5)."""
    tree = ClusterTree.root(10).divided(0, [np.arange(6), np.arange(6, 10)])
    return tree.divided(1, [np.arange(2), np.arange(2, 4), np.arange(4, 6)])


def held(tree: ClusterTree) -> dict[int, tuple[int | None, list[int]]]:
    return {node.id: (node.parent, node.rows.tolist()) for node in tree.nodes}


def test_two_of_three_siblings_become_one():
    tree, leaf = gathered(grown(), [0, 1, 2, 3])
    assert leaf == 6
    assert held(tree) == {
        0: (None, list(range(10))),
        1: (0, list(range(6))),
        2: (0, [6, 7, 8, 9]),
        5: (1, [4, 5]),
        6: (1, [0, 1, 2, 3]),
    }


def test_clusters_of_two_branches_become_one_below_what_holds_both():
    tree, leaf = gathered(grown(), [2, 3, 6, 7, 8, 9])
    assert tree.node(leaf).parent == 0
    assert held(tree)[1] == (0, [0, 1, 4, 5])
    assert 2 not in held(tree)
    assert 4 not in held(tree)


def test_a_cluster_left_with_one_child_goes_and_the_child_stays():
    tree, leaf = gathered(grown(), [0, 1, 2, 3, 6])
    assert held(tree)[5] == (0, [4, 5])
    assert set(tree.node(0).children) == {2, 5, leaf}
    assert 1 not in held(tree)


def test_a_part_of_a_leaf_divides_it_and_a_whole_cluster_becomes_a_leaf():
    tree, leaf = gathered(grown(), [9, 6])
    assert (leaf, held(tree)[leaf], held(tree)[7]) == (6, (2, [6, 9]), (2, [7, 8]))
    tree, leaf = gathered(grown(), range(6))
    assert leaf == 1
    assert not tree.node(1).children


def test_nothing_and_blocks_beyond_are_refused():
    with pytest.raises(IdlatError, match="no blocks are chosen"):
        gathered(grown(), [])
    with pytest.raises(IdlatError, match="no rows of a tree of 10"):
        gathered(grown(), [3, 10])


@given(st.lists(st.sets(st.integers(0, 9), min_size=1), min_size=1, max_size=6))
def test_a_tree_stays_a_tree_whatever_is_gathered(choices):
    tree = grown()
    for chosen in choices:
        tree, leaf = gathered(tree, sorted(chosen))
        assert tree.node(leaf).rows.tolist() == sorted(chosen)
        assert not tree.node(leaf).children
        ids = [node.id for node in tree.nodes]
        assert ids == sorted(set(ids))
        assert tree.next_id > ids[-1]
        for node in tree.nodes:
            assert len(node.children) != 1
            assert all(tree.node(child).parent == node.id for child in node.children)
            if node.children:
                below = np.concatenate([tree.node(child).rows for child in node.children])
                assert np.array_equal(np.sort(below), node.rows)
        assert sorted(np.concatenate([leaf.rows for leaf in tree.leaves])) == list(range(10))
