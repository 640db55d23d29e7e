"""The hierarchical clustering view: the tree, its editing, and the chosen node's figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import ClusterTree
from idlat.analysis.features import SCALINGS, USUAL_SCALING
from idlat.errors import IdlatError
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.message_checks import Check, one_of, optional, text, whole
from idlat.explorer.notation import number
from idlat.explorer.session.page_view import Action, View, action
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.distribution_plots import plots_of

__all__ = ["ClusterTreeView"]

FEATURES = {
    "energy": "energy of each channel",
    "steps": "latents as they are",
    "log": "logarithms of latents",
    "standard": "logarithms, standardised",
}
"""What the page calls the scalings of latents."""

SPLITS = range(2, 13)
"""Clusters that one may be split into."""


class ClusterTreeView(View):
    """Click splits, shift-click merges; names and colours; undo and redo."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._variable = ""

    def initial(self) -> Mapping[str, Any]:
        """Return an empty tree."""
        return {
            "nodes": [],
            "node": None,
            "detail": None,
            "facts_of_node": [],
            "plots": [],
            "leaves": "",
            "can_split": False,
            "can_merge": False,
            "can_undo": False,
            "can_redo": False,
            "can_gather": False,
            "chosen": [],
            "renaming": None,
            "scaling": USUAL_SCALING,
            "scalings": [{"value": name, "title": FEATURES[name]} for name in SCALINGS],
            "splits": list(SPLITS),
        }

    def fields(self) -> Mapping[str, Check]:
        """Return what of the latents is compared."""
        return {"scaling": one_of(*SCALINGS)}

    def on_field_changed(self, _: str) -> None:
        """Compare the blocks by other features; the clusters stay as they are."""
        blocks = self.host.blocks
        if blocks is None or blocks.scaling != self.state.scaling:
            self.host.load(scaling=self.state.scaling)

    def actions(self) -> Mapping[str, Action]:
        """Return the edits."""
        node = whole(0)
        return {
            "split": action(self.split, node=node, count=optional(whole(SPLITS[0], SPLITS[-1]))),
            "merge": action(self.merge, node=node),
            "gather": action(self.gather),
            "choose": action(self.choose, node=node),
            "choose_more": action(self.choose_more, node=node),
            "rename": action(self.rename, node=node, name=text(200)),
            "recolour": action(self.recolour, node=node, colour=text(7, "#[0-9a-fA-F]{6}")),
            "undo": action(self.undo),
            "redo": action(self.redo),
        }

    def split(self, node: int, count: int | None = None) -> None:
        """Split a leaf on another thread, and choose it, unless another choice was made meanwhile.

        The tree is changed on the loop alone; where another edit came first, the split is made again.
        """
        editor = self.host.editor
        if editor is None:
            return
        tree, chosen = editor.tree, (self.host.node, self.host.selection)
        if tree.node(node).children:
            raise IdlatError(f"{editor.name(node)} is split already: merge it first")

        def done(divided: tuple[ClusterTree, ClusterTree]) -> None:
            if not editor.commit(*divided):
                self.split(node, count)
                return
            if self.host.node == chosen[0] and self.host.selection is chosen[1]:
                self.host.selection = editor.marks(node) if node else None
                self.host.node = node
            self.host.tell_edited()

        def work(progress: Progress, _: Callable[[], bool]) -> tuple[ClusterTree, ClusterTree]:
            return tree, editor.proposed(node, count, progress)

        self.host.work(f"split-{node}", "Splitting", work, done)

    def merge(self, node: int) -> None:
        """Take what is below a node away."""
        editor = self.host.editor
        if editor is not None:
            editor.merge(node)
            self.host.selection = editor.marks(node) if node else None
            self.host.node = node
            self.host.tell_edited()

    def gather(self) -> None:
        """Make what is chosen a cluster of its own, whatever clusters it is in."""
        editor, marks = self.host.editor, self.host.selection
        if editor is not None:
            node = editor.gather(np.flatnonzero(np.zeros(0) if marks is None else marks))
            self.host.selection, self.host.node = (editor.marks(node) if node else None), node
            self.host.tell_edited()

    def choose_more(self, node: int) -> None:
        """Add a node's blocks to the selection, or take them out where all are in it."""
        editor, before = self.host.editor, self.host.selection
        if editor is None:
            return
        own = editor.marks(node)
        marks = own if before is None else before | own
        if before is not None and before[own].all():
            marks = before & ~own
        alike = (n.id for n in editor.tree.nodes if np.array_equal(n.rows, np.flatnonzero(marks)))
        self.host.select(marks if marks.any() else None, next(alike, 0))

    def choose(self, node: int) -> None:
        """Select a node's blocks; the root's are all."""
        editor = self.host.editor
        if editor is not None:
            self.host.select(editor.marks(node) if node else None, node)

    def rename(self, node: int, name: str) -> None:
        """Name a node."""
        if self.host.editor is not None:
            self.host.editor.rename(node, name)
            self.host.tell_edited()

    def recolour(self, node: int, colour: str) -> None:
        """Colour a node."""
        if self.host.editor is not None:
            self.host.editor.recolour(node, colour)
            self.host.tell_edited()

    def undo(self) -> None:
        """Take the last edit back, be it of another step or a tree that was loaded."""
        if self.host.editor is not None and self.host.editor.undo():
            self._moved()

    def redo(self) -> None:
        """Make it again."""
        if self.host.editor is not None and self.host.editor.redo():
            self._moved()

    def _moved(self) -> None:
        assert self.host.editor is not None, "only a tree is edited"
        if self.host.editor.stale:
            self.host.load()
        else:
            self.host.tell_edited()

    def on_blocks_loaded(self) -> None:
        """Show no figures of another variable."""
        blocks = self.host.blocks
        assert blocks is not None, "loaded means that there are blocks"
        self.state.scaling = blocks.scaling
        if self._variable != blocks.variable:
            self._variable = blocks.variable
            self.state.update({"detail": None, "facts_of_node": [], "plots": []})

    def on_tree_changed(self) -> None:
        """Show the tree as it is."""
        editor = self.host.editor
        assert editor is not None, "edited once there is a tree"
        self.state.nodes = editor.outline()
        count = sum(not entry["children"] for entry in self.state.nodes)
        self.state.leaves = f"{count} clusters" if count > 1 else ""
        self.state.can_undo, self.state.can_redo = editor.can_undo, editor.can_redo
        detail = self.state.detail
        if detail is not None and detail["id"] in {entry["id"] for entry in self.state.nodes}:
            named = {"name": editor.name(detail["id"]), "colour": editor.colour(detail["id"])}
            self.state.detail = {**detail, **named}

    def on_selection_changed(self) -> None:
        """Show the figures of what is chosen: a node, or any blocks."""
        editor, node, marks = self.host.editor, self.host.node, self.host.selection
        if editor is None or node is None:
            return
        entry = editor.tree.node(node)
        whole_node = marks is None or np.array_equal(np.flatnonzero(marks), entry.rows)
        self.state.update(
            {
                "node": node if whole_node else None,
                "can_split": whole_node and not entry.children,
                "can_merge": whole_node and bool(entry.children),
                "can_gather": not whole_node,
                "chosen": [] if marks is None or whole_node else _covered(editor.tree, marks),
            }
        )

        parts = list(entry.children) if whole_node else self.state.chosen

        def done(found: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
            detail, groups = found
            self.state.plots = plots_of(groups, self.state.units)
            self.state.detail = {name: detail[name] for name in ("id", "name", "colour", "size")}
            self.state.facts_of_node = _facts(detail, editor.blocks.scaling, self.state.units)

        def work(progress: Progress, _: Callable[[], bool]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
            if marks is None or whole_node:
                detail = editor.describe(node, progress)
            else:
                detail = editor.describe_chosen(marks, progress)
            if not parts:
                return detail, [{"node": detail["id"], **detail}]
            within = editor.marks(node) if marks is None or whole_node else marks
            return detail, editor.compared(parts, within)

        self.host.work("detail", "Describing", work, done)


def _covered(tree: ClusterTree, marks: NDArray[np.bool_]) -> list[int]:
    """Return the leaves all of whose blocks are chosen."""
    return [leaf.id for leaf in tree.leaves if marks[leaf.rows].all()]


def _facts(detail: Mapping[str, Any], scaling: str, units: str) -> list[dict[str, str]]:
    """List a node's figures as the page words them, each with a hint where it needs one."""

    def shown(value: float | None, digits: int = 3) -> str:
        return "–" if value is None else number(value, digits)

    box, silhouette = detail["bounding_box"], detail["silhouette"]
    others = "the others" if detail["id"] is None else "a sibling"
    word = f", nearer to {others}" if silhouette is not None and silhouette < 0 else ""
    mean = detail["mean_value"]
    return [
        {"name": "Blocks", "value": f"{detail['size']:,} ({100 * detail['share']:.0f} %)"},
        {
            "name": "Silhouette" if scaling == USUAL_SCALING else f"Silhouette ({scaling})",
            "value": shown(silhouette, 2) + word,
            "hint": f"From −1 to 1, by latents scaled by {scaling}: how much nearer its blocks are to each "
            f"other than to {'all others' if detail['id'] is None else 'those of the nearest sibling'}. "
            "Below 0 they are nearer to those.",
        },
        {"name": "Mean value", "value": f"{shown(mean, 4)} {'' if mean is None else units}".strip()},
        {"name": "Mean importance", "value": shown(detail["mean_importance"], 2)},
        {"name": "Voxels (z y x)", "value": "  ".join(f"{box[a][0]}–{box[a][1]}" for a in "zyx")},
    ]
