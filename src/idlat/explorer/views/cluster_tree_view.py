"""The hierarchical clustering view: the tree, its editing, and the chosen node's figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from idlat.analysis import ClusterTree
from idlat.errors import IdlatError
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.message_checks import optional, text, whole
from idlat.explorer.notation import number
from idlat.explorer.session.page_view import Action, View, action
from idlat.explorer.session.view_host import Host

__all__ = ["ClusterTreeView"]


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
            "gradient_means": {},
            "leaves": "",
            "can_split": False,
            "can_merge": False,
            "can_undo": False,
            "can_redo": False,
            "renaming": None,
        }

    def actions(self) -> Mapping[str, Action]:
        """Return the edits."""
        node = whole(0)
        return {
            "split": action(self.split, node=node, count=optional(whole(2, 12))),
            "merge": action(self.merge, node=node),
            "choose": action(self.choose, node=node),
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
        if blocks is not None and self._variable != blocks.variable:
            self._variable = blocks.variable
            self.state.update({"detail": None, "facts_of_node": [], "gradient_means": {}})

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
        """Show the chosen node's figures."""
        editor, node = self.host.editor, self.host.node
        if editor is None or node is None:
            return
        leaf = not editor.tree.node(node).children
        self.state.node, self.state.can_split, self.state.can_merge = node, leaf, not leaf

        def done(detail: dict[str, Any]) -> None:
            self.state.detail = detail
            means = (detail["gradients"] or {}).get("means", {})
            shown = {axis: f"{mean:+.3g}".replace("-", "−") for axis, mean in means.items()}
            self.state.gradient_means = shown
            self.state.facts_of_node = _facts(detail, editor.blocks.scaling)

        self.host.work("detail", "Describing", lambda progress, _: editor.describe(node, progress), done)


def _facts(detail: Mapping[str, Any], scaling: str) -> list[dict[str, str]]:
    """List a node's figures as the page words them, each with a hint where it needs one."""

    def shown(value: float | None, digits: int = 3) -> str:
        return "–" if value is None else number(value, digits)

    box, silhouette = detail["bounding_box"], detail["silhouette"]
    word = ", nearer to a sibling" if silhouette is not None and silhouette < 0 else ""
    return [
        {"name": "Blocks", "value": f"{detail['size']:,} ({100 * detail['share']:.0f} %)"},
        {
            "name": "Silhouette" if scaling == "steps" else f"Silhouette ({scaling})",
            "value": shown(silhouette, 2) + word,
            "hint": f"From −1 to 1, by latents scaled by {scaling}: how much nearer its blocks are to each "
            "other than to those of the nearest sibling. Below 0 they are nearer to the sibling's.",
        },
        {"name": "Mean value", "value": shown(detail["mean_value"], 4)},
        {"name": "Mean importance", "value": shown(detail["mean_importance"], 2)},
        {"name": "Extent (z y x)", "value": "  ".join(f"{box[a][0]}–{box[a][1]}" for a in "zyx")},
    ]
