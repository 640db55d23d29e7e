"""Clusters of one step transferred to another."""

import numpy as np
import pytest

from idlat.analysis import ClusterTree
from idlat.archive import compress
from idlat.explorer.data import Blocks, TreeEditor
from idlat.explorer.data.background_jobs import CancelledError
from idlat.explorer.data.clusters.transfer_clusters import transfer_clusters
from idlat.explorer.data.clusters.tree_editor import Edition
from idlat.explorer.data.dataset import Dataset


@pytest.fixture(scope="module")
def steps(tmp_path_factory, vortex_steps):
    """Blocks of two steps that are near each other: all moves by a voxel."""
    values = np.stack([np.roll(vortex_steps[0], shift, axis=(0, 1, 2)) for shift in (0, 1)])
    path = tmp_path_factory.mktemp("steps") / "v.idlat"
    compress(values, path, "isosurface(6, decay=0.2)").close()
    with Dataset.open(path) as dataset:
        yield Blocks.of(dataset, 0), Blocks.of(dataset, 1)


def test_blocks_go_to_the_cluster_of_their_nearest_with_its_name_and_colour(steps):
    first, second = steps
    editor = TreeEditor(first)
    children = editor.split(0, 2)
    editor.rename(children[0], "cores")
    editor.recolour(children[1], "#123456")
    other = transfer_clusters(editor.history, second)
    assert other.blocks is second
    assert [node.id for node in other.tree.nodes] == [node.id for node in editor.tree.nodes]
    assert (other.name(children[0]), other.colour(children[1])) == ("cores", "#123456")
    rows = np.concatenate([other.rows(child) for child in children])
    assert sorted(rows.tolist()) == list(range(second.count))
    assert all(other.rows(child).size for child in children)


def test_a_walk_through_time_carries_what_was_edited_and_comes_back_to_it(steps):
    first, second = steps
    editor = TreeEditor(first)
    editor.split(0, 3)
    away = transfer_clusters(editor.history, second)
    assert transfer_clusters(away.history, first).edition is editor.edition, (
        "its own step has the tree itself"
    )
    assert away.can_undo
    away.rename(0, "elsewhere")
    back = transfer_clusters(away.history, first)
    assert back.name(0) == "elsewhere"
    assert not back.stale
    assert back.undo()
    assert not back.stale
    assert back.edition is editor.edition
    assert back.redo()
    assert back.stale, "the name was given in the other step: it is to be carried from there"
    assert transfer_clusters(back.history, second).edition is away.edition


def test_what_was_edited_in_a_step_is_taken_back_in_another(steps):
    first, second = steps
    editor = TreeEditor(first)
    editor.rename(0, "field")
    editor.split(0, 2)
    away = transfer_clusters(editor.history, second)
    assert away.undo()
    assert away.stale
    again = transfer_clusters(away.history, second)
    assert (len(again.tree.nodes), again.name(0)) == (1, "field")
    assert not again.stale
    assert again.redo()
    assert len(transfer_clusters(again.history, second).tree.leaves) == 2


def test_carrying_ends_where_its_progress_says_so(steps):
    def stop(*_):
        raise CancelledError("stop")

    first, second = steps
    editor = TreeEditor(first)
    editor.split(0, 2)
    first.dataset.cache.clear()
    with pytest.raises(CancelledError):
        transfer_clusters(editor.history, second, stop)


def test_a_split_without_blocks_is_undone(steps):
    first, second = steps
    # a cluster of one block: no other step's block has it as most of its five nearest
    tree = ClusterTree.root(first.count).divided(0, [np.array([0]), np.arange(1, first.count)])
    other = transfer_clusters(TreeEditor(first, Edition(tree)).history, second)
    assert len(other.tree.nodes) == 1
    assert other.rows(0).tolist() == list(range(second.count))
