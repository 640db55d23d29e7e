"""The editable tree: splits, merges, names, undo and redo, JSON, and clusters.json."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from idlat.analysis import ClusterFile, ClusterTree
from idlat.errors import IdlatError, ImportanceError
from idlat.explorer.data import Blocks, TreeEditor
from idlat.explorer.data.background_jobs import CancelledError
from idlat.explorer.data.clusters.tree_editor import Edition
from idlat.explorer.data.clusters.tree_file import packed, read_tree, unpacked


def nested(depth):
    """A list in a list, and so on."""
    found = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.fixture
def editor(dataset):
    return TreeEditor(Blocks.of(dataset, 0))


def test_split_merge_undo_redo(editor):
    count = editor.blocks.count
    assert not editor.can_undo
    children = editor.split(0, 3)
    assert sum(len(editor.rows(child)) for child in children) == count
    grandchildren = editor.split(children[0], 2)
    assert set(np.unique(editor.labels())) == {*children[1:], *grandchildren}
    editor.merge(0)
    assert np.unique(editor.labels()).tolist() == [0]
    assert editor.undo()
    assert len(editor.tree.leaves) == 4
    assert editor.undo()
    assert editor.undo()
    assert not editor.undo()
    assert editor.redo()
    assert editor.tree.node(0).children == children
    editor.rename(children[1], "eye")
    assert not editor.can_redo


def test_a_proposed_split_is_taken_only_by_the_tree_that_it_was_made_of(editor):
    before, told = editor.edition, []
    first, second = (editor.proposed(0, count, lambda *at: told.append(at)) for count in (2, 3))
    assert editor.edition is before
    assert told[:2] == [("split", 0, 1), ("split", 1, 1)]
    editor.rename(0, "storm")
    assert editor.commit(before.tree, first)
    assert not editor.commit(before.tree, second), "the tree has changed since"
    assert editor.tree is first
    assert editor.name(0) == "storm"
    assert editor.undo()
    assert editor.tree is before.tree


def test_a_cancelled_split_changes_nothing(editor):
    def stop(stage, done, total):
        raise CancelledError("stop")

    with pytest.raises(CancelledError):
        editor.proposed(0, 2, stop)
    assert len(editor.tree.nodes) == 1
    assert not editor.can_undo


def test_names_and_colours(editor):
    first, second = editor.split(0, 2)
    editor.rename(first, "  eye wall ")
    editor.recolour(second, "#00FF7f")
    assert (editor.name(first), editor.colour(second)) == ("eye wall", "#00ff7f")
    assert editor.colour(first) != editor.colour(0)
    assert [entry["name"] for entry in editor.outline()] == ["all blocks", "eye wall", f"cluster {second}"]
    assert [entry["depth"] for entry in editor.outline()] == [0, 1, 1]
    editor.rename(first, "")
    assert editor.name(first) == f"cluster {first}"
    editor.merge(0)
    editor.undo()
    assert editor.colour(second) == "#00ff7f"


def test_bad_edits_change_nothing(editor):
    before = editor.edition
    for edit, message in (
        (lambda: editor.merge(0), "cluster 0 has no children"),
        (lambda: editor.split(7), "there is no cluster 7"),
        (lambda: editor.split(0, 1000), "cannot be split in 1000"),
        (lambda: editor.rename(0, "x" * 81), "at most 80"),
        (lambda: editor.rename(0, "a\nb"), "printable"),
        (lambda: editor.recolour(0, "red"), "#rrggbb"),
    ):
        with pytest.raises(IdlatError, match=message):
            edit()
    assert editor.edition is before
    assert not editor.can_undo


def test_describe(editor, dataset):
    first, second = editor.split(0, 2)
    figures = [editor.describe(node) for node in (0, first, second)]
    assert json.loads(json.dumps(figures)) == figures
    assert figures[0]["silhouette"] is None
    assert -1 <= figures[1]["silhouette"] <= 1
    told = []
    assert editor.describe(first, lambda *at: told.append(at)) == figures[1]
    assert told[0] == ("describe", 0, 2)
    assert figures[0]["bounding_box"] == {"z": [0, 40], "y": [0, 72], "x": [0, 50]}
    sums = [sum(each["values"]["counts"]) for each in figures]
    assert sums[0] == sums[1] + sums[2]
    gradients = figures[0]["gradients"]
    assert np.trapezoid(gradients["x"], gradients["at"]) == pytest.approx(1, abs=0.1)
    assert 0 <= figures[0]["mean_importance"] <= 1


def test_compared(editor):
    children = editor.split(0, 4)
    everything = np.ones(editor.blocks.count, bool)
    groups = editor.compared(children, everything)
    assert [group["node"] for group in groups] == list(children)
    whole = editor.describe(0)["values"]
    assert [group["values"]["edges"] for group in groups] == [whole["edges"]] * 4
    assert np.sum([group["values"]["counts"] for group in groups], axis=0).tolist() == whole["counts"]
    largest = max(children, key=lambda child: len(editor.rows(child)))
    first, rest = editor.compared([largest], everything)
    assert (first["node"], rest["node"]) == (largest, None)
    assert first["size"] + rest["size"] == editor.blocks.count
    few = editor.compared(children, everything, most=2)
    sizes = sorted((group["size"] for group in groups), reverse=True)
    assert sorted((group["size"] for group in few), reverse=True) == sizes[:2]


def test_gradients_have_the_mean_of_the_field(open_array):
    z, _, x = np.indices((32, 32, 32), dtype=np.float32)
    editor = TreeEditor(Blocks.of(open_array(0.25 * x - 0.5 * z, quality=90), 0))
    means = editor.describe(0)["gradients"]["means"]
    assert list(means) == ["z", "y", "x"]
    assert list(means.values()) == pytest.approx([-0.5, 0.0, 0.25], abs=0.02)


def test_describe_without_the_importance_that_cannot_be_evaluated(editor, monkeypatch):
    def fail(*_):
        raise ImportanceError("its file is gone")

    monkeypatch.setattr("idlat.explorer.data.step_blocks.block_importance", fail)
    figures = editor.describe(0)
    assert figures["mean_importance"] is None
    assert figures["mean_value"] is not None
    assert editor.cluster_file().qualities[0].size == editor.blocks.count


def chain(count, depth):
    """A tree of which every split takes one block off the rest."""
    pairs = [[0, -1]]
    for level in range(depth):
        parent = 2 * level
        pairs += [[2 * level + 1, parent], [2 * level + 2, parent]]
    labels = np.minimum(np.arange(count), depth)
    return {
        "format": "idlat tree",
        "format_version": 1,
        "next_id": 2 * depth + 1,
        "nodes": pairs,
        "leaves": packed(labels),
        "names": {},
        "colours": {},
    }


def test_depth_is_limited_and_outlined_without_recursion(editor):
    assert TreeEditor.from_dict(editor.blocks, chain(editor.blocks.count, 20)).outline()[-1]["depth"] == 20
    tree = ClusterTree.root(1200)
    for level in range(1100):  # deeper than Python's stack
        rows = tree.nodes[-1].rows
        tree = tree.divided(2 * level, [rows[:1], rows[1:]])
    deep = TreeEditor(editor.blocks, Edition(tree))
    assert [entry["depth"] for entry in deep.outline()][-2:] == [1100, 1100]
    with pytest.raises(IdlatError, match="damaged"):
        _tree_of(chain(1200, 257), 1200)
    assert len(_tree_of(chain(1200, 256), 1200).nodes) == 513


def _tree_of(content, count):
    return read_tree(content, SimpleNamespace(count=count))[0]


def test_a_deep_file_of_clusters_is_damaged(editor, monkeypatch):
    def overflow(*_):
        raise RecursionError

    monkeypatch.setattr(ClusterFile, "from_json", overflow)
    with pytest.raises(IdlatError, match="damaged"):
        read_tree({"format": "idlat clusters"}, editor.blocks)


@pytest.mark.parametrize("text", ["AAAA", "eNpj", "!", "A"])
def test_what_is_not_packed_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"number|base64"):
        unpacked(text, 3)


def test_round_trip(editor):
    first, second = editor.split(0, 2)
    editor.split(second, 2)
    editor.rename(first, "rim")
    editor.recolour(second, "#123456")
    content = json.loads(json.dumps(editor.to_dict()))
    again = TreeEditor.from_dict(editor.blocks, content)
    assert again.to_dict() == editor.to_dict()
    np.testing.assert_array_equal(again.labels(), editor.labels())
    assert (again.name(first), again.colour(second)) == ("rim", "#123456")
    assert not again.can_undo


def test_clusters_file(editor):
    editor.split(0, 3)
    found = editor.cluster_file()
    text = found.to_json()
    read = ClusterFile.from_json(text)
    assert read.shape == (2, 3, 5, 4)
    again = TreeEditor.from_dict(editor.blocks, json.loads(text))
    np.testing.assert_array_equal(again.labels(), editor.labels())
    assert read.qualities[0].size == editor.blocks.count


def test_a_file_of_all_steps_gives_each_step_its_part(dataset):
    steps = [Blocks.of(dataset, step) for step in range(2)]
    places = np.concatenate([np.insert(b.positions, 0, b.step, axis=1) for b in steps])
    last = places[:, 3] == places[:, 3].max()
    in_first = places[:, 0] == 0
    parts = [np.flatnonzero(part) for part in (~last & in_first, ~last & ~in_first, last)]
    tree = ClusterTree.root(len(places)).divided(0, parts)
    content = json.loads(ClusterFile(tree, places, (2, 3, 5, 4), 16, 0, {}).to_json())
    # the first two clusters are of one step each: on the other nothing is left of the split
    for blocks in steps:
        assert len(TreeEditor.from_dict(blocks, content).tree.nodes) == 1
    parts = [np.flatnonzero(~last), np.flatnonzero(last)]
    tree = ClusterTree.root(len(places)).divided(0, parts)
    content = json.loads(ClusterFile(tree, places, (2, 3, 5, 4), 16, 0, {}).to_json())
    for blocks in steps:
        labels = TreeEditor.from_dict(blocks, content).labels()
        np.testing.assert_array_equal(labels == 2, blocks.positions[:, 2] == 3)


def test_a_file_of_clusters_is_as_deep_as_a_state_at_most(editor):
    count = editor.blocks.count
    tree, rest = ClusterTree.root(count), np.arange(count)
    for _ in range(count - 1):
        tree = tree.divided(tree.next_id - 1 if len(rest) < count else 0, [rest[:1], rest[1:]])
        rest = rest[1:]
    places = np.insert(editor.blocks.positions, 0, 0, axis=1)
    content = json.loads(ClusterFile(tree, places, (2, 3, 5, 4), 16, 0, {}).to_json())
    assert TreeEditor.from_dict(editor.blocks, content).outline()[-1]["depth"] == count - 1
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr("idlat.explorer.data.clusters.tree_file._DEEPEST", count - 2)
        with pytest.raises(IdlatError, match="damaged"):
            TreeEditor.from_dict(editor.blocks, content)


def test_a_file_of_clusters_of_other_blocks_is_refused(editor):
    tree = ClusterTree.root(2)
    content = ClusterFile(tree, np.array([[0, 0, 0, 0], [0, 0, 0, 1]]), (2, 3, 5, 4), 16, 0, {}).to_json()
    with pytest.raises(IdlatError, match="of other blocks than those of step 0"):
        TreeEditor.from_dict(editor.blocks, json.loads(content))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"format_version": 2},
        {"nodes": [[0, -1], [1, 0]]},
        {"nodes": [[0, -1], [1, 0], [2, 1]]},
        {"nodes": [[0, -1], [1, 2], [2, 0]]},
        {"nodes": 5},
        {"next_id": 1},
        {"leaves": "AAAA"},
        {"leaves": packed(np.zeros(5, int))},
        {"leaves": packed(np.full(59, 9))},
        {"leaves": packed(np.zeros(59, int))},
        {"leaves": 7},
        {"names": [1, 2]},
        {"names": {"9": "x"}},
        {"colours": {"1": "javascript:"}},
        {"names": {"1": nested(3000)}},
        {"leaves": nested(3000)},
    ],
)
def test_damaged_trees_are_refused(editor, change):
    editor.split(0, 2)
    with pytest.raises(IdlatError):
        TreeEditor.from_dict(editor.blocks, {**editor.to_dict(), **change})


def test_one_block(open_array):
    editor = TreeEditor(Blocks.of(open_array(np.random.default_rng(0).normal(size=(5, 5, 5))), 0))
    assert editor.labels().tolist() == [0]
    assert editor.describe(0)["size"] == 1
    with pytest.raises(IdlatError, match="has 1 block and cannot be split"):
        editor.split(0)


def test_a_tree_that_is_loaded_can_be_taken_back(editor):
    editor.split(0, 2)
    mine = editor.edition
    other = TreeEditor(editor.blocks)
    other.split(0, 3)
    loaded = TreeEditor.from_dict(editor.blocks, other.to_dict())
    loaded.adopt(editor.history)
    assert len(loaded.tree.leaves) == 3
    assert loaded.undo()
    assert loaded.edition is mine
    assert loaded.redo()
    assert len(loaded.tree.leaves) == 3
    same = TreeEditor.from_dict(editor.blocks, loaded.to_dict())
    same.adopt(editor.history)
    assert same.undo()
    assert same.edition is mine, "the same tree again is no change"


def test_any_blocks_become_a_cluster_and_names_of_those_that_stay_stay(editor):
    first, second, third = editor.split(0, 3)
    editor.rename(first, "cores")
    editor.rename(second, "gone")
    rows = np.union1d(editor.rows(second), editor.rows(third)[:1])
    made = editor.gather(rows)
    assert editor.rows(made).tolist() == rows.tolist()
    assert [editor.name(node) for node in (first, made)] == ["cores", f"cluster {made}"]
    assert second not in {entry["id"] for entry in editor.outline()}
    again = TreeEditor.from_dict(editor.blocks, editor.to_dict())
    assert again.labels().tolist() == editor.labels().tolist()
    editor.undo()
    assert editor.name(second) == "gone"


def test_any_blocks_have_figures_and_those_of_a_cluster_are_the_same(editor):
    first, _ = editor.split(0, 2)
    marks = editor.marks(first)
    chosen, node = editor.describe_chosen(marks), editor.describe(first)
    assert (chosen["id"], chosen["name"]) == (None, f"{marks.sum()} chosen blocks")
    alike = ("size", "share", "silhouette", "bounding_box", "mean_value", "values", "gradients")
    assert {key: chosen[key] for key in alike} == {key: node[key] for key in alike}
    marks[:] = False
    marks[2] = True
    one = editor.describe_chosen(marks)
    assert (one["name"], one["size"]) == ("1 chosen block", 1)
    assert editor.describe_chosen(np.ones_like(marks))["silhouette"] is None
