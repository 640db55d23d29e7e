"""The cluster tree as it is edited: split, merge, rename, recolour, and every change taken back.

::

    Blocks ─▶ TreeEditor ─ split, merge, rename, recolour ─▶ a new frozen Edition, the old one kept for undo
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import Clustering, ClusterTree, gathered
from idlat.errors import IdlatError
from idlat.explorer.data.background_jobs import ignore_progress
from idlat.explorer.data.clusters.described_tree import DescribedTree, edition_content
from idlat.explorer.data.clusters.edit_history import Authored, Edition, History
from idlat.explorer.data.clusters.tree_file import read_tree
from idlat.explorer.data.step_blocks import Blocks
from idlat.progress import Progress

__all__ = ["Edition", "TreeEditor"]

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_LONGEST_NAME = 80


class TreeEditor(DescribedTree):
    """Edits the clusters of some blocks; deterministic under the blocks' seed.

    Parameters
    ----------
    blocks : Blocks
        What is clustered.
    edition : Edition, optional
        Where to start; one cluster that holds every block unless given.
    history : History, optional
        That the edition comes of, be it carried from another step; a new one unless given.
    """

    def __init__(
        self, blocks: Blocks, edition: Edition | None = None, history: History | None = None
    ) -> None:
        super().__init__(blocks, edition or Edition(ClusterTree.root(blocks.count)))
        self.history = history or History(Authored(blocks, self._edition))
        self._source = self.history.now

    @cached_property
    def clustering(self) -> Clustering:
        """What splits; its graph of neighbours is made at the first split."""
        return Clustering(self.blocks.features.values, seed=self.blocks.seed)

    @property
    def stale(self) -> bool:
        """Whether the history has gone on to what was edited in another step: carry that here."""
        return self.history.now is not self._source

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back, be it of another step."""
        return self.history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether a change was taken back."""
        return self.history.can_redo

    def split(self, node: int, count: int | None = None) -> tuple[int, ...]:
        """Split a leaf in `count` clusters, or as many as its eigengap suggests; return the children.

        Raises
        ------
        IdlatError
            It is no leaf, or holds too few or too like blocks.
        """
        tree = self.proposed(node, count)
        self.commit(self.tree, tree)
        return tree.node(node).children

    def proposed(self, node: int, count: int | None = None, progress: Progress | None = None) -> ClusterTree:
        """Return the tree with a leaf split, and change nothing: what a job computes, :meth:`commit` takes.

        Parameters
        ----------
        node, count
            As for :meth:`split`.
        progress
            Told of the stage ``split``, before and after; what it raises ends the work.

        Raises
        ------
        IdlatError
            As :meth:`split`.
        """
        tell = progress or ignore_progress
        tree = self.tree
        tell("split", 0, 1)
        divided = self.clustering.split(tree, node, count)
        tell("split", 1, 1)
        return divided

    def commit(self, old: ClusterTree, new: ClusterTree) -> bool:
        """Take a tree that was made of `old`; tell whether `old` still was the editor's, else change nothing.

        Names and colours that were given meanwhile stay.
        """
        if self.tree is not old:
            return False
        self._change(replace(self._edition, tree=new))
        return True

    def merge(self, node: int) -> None:
        """Take the children of a node away, and theirs.

        Raises
        ------
        IdlatError
            There is no such node, or it is a leaf.
        """
        if not self.tree.node(node).children:
            raise IdlatError(f"cluster {node} has no children to merge")
        self._grow(self.tree.merge(node))

    def gather(self, rows: NDArray[np.intp]) -> int:
        """Make some blocks a cluster of their own, whatever clusters they are in; return its id.

        Raises
        ------
        IdlatError
            There are none, or not so many blocks.
        """
        tree, leaf = gathered(self.tree, rows)
        self._grow(tree)
        return leaf

    def _grow(self, tree: ClusterTree) -> None:
        """Take a tree, and the names and colours of the clusters that are still there."""
        alive = {entry.id for entry in tree.nodes}
        names = {i: name for i, name in self._edition.names.items() if i in alive}
        colours = {i: colour for i, colour in self._edition.colours.items() if i in alive}
        self._change(Edition(tree, MappingProxyType(names), MappingProxyType(colours)))

    def rename(self, node: int, text: str) -> None:
        """Name a node; an empty name takes its own away.

        Raises
        ------
        IdlatError
            There is no such node, or the name is longer than 80 characters or has control characters.
        """
        self.tree.node(node)
        name = text.strip()
        if len(name) > _LONGEST_NAME or not (name.isprintable() or not name):
            raise IdlatError(f"a cluster's name has at most {_LONGEST_NAME} printable characters")
        self._change(replace(self._edition, names=_with(self._edition.names, node, name)))

    def recolour(self, node: int, colour: str) -> None:
        """Give a node a colour such as ``#0072b2``; an empty one gives it its own back.

        Raises
        ------
        IdlatError
            There is no such node or colour.
        """
        self.tree.node(node)
        wanted = colour.strip().lower()
        if wanted and not _COLOUR.fullmatch(wanted):
            raise IdlatError(f"a colour reads #rrggbb, got {colour[:20]!r}")
        self._change(replace(self._edition, colours=_with(self._edition.colours, node, wanted)))

    def undo(self) -> bool:
        """Take the last change back; tell whether there was one. What it leaves may be :attr:`stale`."""
        return self.history.back() and self._follow()

    def redo(self) -> bool:
        """Make the change that was taken back last again; tell whether there was one."""
        return self.history.forth() and self._follow()

    def _follow(self) -> bool:
        """Take what the history came to, if it is of these blocks."""
        if self.history.now.blocks.alike(self.blocks):
            self._source = self.history.now
            self._edition = self._source.edition
        return True

    def adopt(self, history: History) -> None:
        """Go on from what was edited before: this tree becomes the latest change of that history."""
        made, last = self.history.now, history.now
        if not (
            made.blocks.alike(last.blocks) and edition_content(made.edition) == edition_content(last.edition)
        ):
            history.push(made)
        self.history, self._source = history, history.now

    def _change(self, edition: Edition) -> None:
        self._edition, self._source = edition, Authored(self.blocks, edition)
        self.history.push(self._source)

    @classmethod
    def from_dict(cls, blocks: Blocks, content: Mapping[str, Any]) -> TreeEditor:
        """Read what :meth:`to_dict` gave, or a file of clusters, of the same blocks.

        Raises
        ------
        IdlatError
            It is neither, damaged, or of other blocks.
        """
        tree, names, colours = read_tree(content, blocks)
        editor = cls(blocks, Edition(tree))
        for node, name in names.items():
            editor.rename(node, name)
        for node, colour in colours.items():
            editor.recolour(node, colour)
        return cls(blocks, editor.edition)


def _with(given: Mapping[int, str], node: int, value: str) -> Mapping[int, str]:
    """Set an entry, or take it away where the value is empty."""
    rest = {key: old for key, old in given.items() if key != node}
    return MappingProxyType({**rest, node: value} if value else rest)
