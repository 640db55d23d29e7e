"""The clusters of one step carried to another, so that a walk through time keeps what was found."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from idlat.analysis import assign
from idlat.archive.parallel import Progress
from idlat.explorer.data.blocks import Blocks
from idlat.explorer.data.tracks import mapped_features
from idlat.explorer.data.tree import Edition, TreeEditor

__all__ = ["carried"]


def carried(editor: TreeEditor, blocks: Blocks, progress: Progress | None = None) -> TreeEditor:
    """Return the tree, names and colours of one step for the blocks of another.

    They come from the editor's :attr:`~TreeEditor.origin`, the tree that was edited last, which is returned
    itself, with what it can undo, for the blocks of its own step.

    Each block goes to the cluster that most of its nearest blocks of the tree's own step are in, in latent
    space (:func:`idlat.analysis.assign`). A split that leaves a cluster without blocks there is undone.

    Parameters
    ----------
    editor
        The tree of a step.
    blocks
        Of any step of the same variable.
    progress
        Told of the stage ``read``; what it raises ends the work.

    Raises
    ------
    IdlatError
        A chunk is damaged.
    """
    editor = editor.origin
    if (blocks.step, blocks.variable) == (editor.blocks.step, editor.blocks.variable):
        return editor
    old, own = editor.edition, editor.labels()
    values = mapped_features(editor.blocks, blocks.step, progress)[0]
    labels = assign(editor.blocks.features.values, own, values)
    rows = {node.id: np.flatnonzero(np.isin(labels, own[node.rows])) for node in old.tree.nodes}
    tree = old.tree.refilled(rows)
    alive = {node.id for node in tree.nodes}
    names = MappingProxyType({i: name for i, name in old.names.items() if i in alive})
    colours = MappingProxyType({i: colour for i, colour in old.colours.items() if i in alive})
    return TreeEditor(blocks, Edition(tree, names, colours), editor)
