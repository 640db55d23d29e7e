"""Loading the blocks of a step, and their cluster tree: from the step that was edited, or a state."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis.features import Scaling, one_scaling
from idlat.errors import IdlatError
from idlat.explorer.data import Blocks, Dataset, ExplorerState, History, TreeEditor
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.data.clusters.edit_history import Authored
from idlat.explorer.data.clusters.transfer_clusters import transfer_clusters
from idlat.explorer.data.clusters.tree_file import unpacked

__all__ = ["Loaded", "arrived", "kept_tree", "marked", "rescaled", "restored", "still_chosen"]


@dataclass(frozen=True)
class Loaded:
    """Blocks with their tree.

    Attributes
    ----------
    editor : TreeEditor
        The tree, and the blocks that it is of.
    state : ExplorerState or None
        The state that they are of, None where none was asked for.
    marks : bool array (n,) or None
        That state's selection.
    carried : Authored or None
        The edition that was carried over to features of another scaling.
    """

    editor: TreeEditor
    state: ExplorerState | None = None
    marks: NDArray[np.bool_] | None = None
    carried: Authored | None = None


def arrived(
    dataset: Dataset, variable: str, step: int, history: History | None, usual: Scaling, tell: Progress
) -> Loaded:
    """Read the blocks of a step with the tree of what was edited last of the variable, be it elsewhere."""
    scaling = usual if history is None else history.now.blocks.scaling
    blocks = Blocks.of(dataset, step, variable=variable, scaling=scaling, progress=tell)
    return Loaded(TreeEditor(blocks) if history is None else transfer_clusters(history, blocks, tell))


def rescaled(
    dataset: Dataset, variable: str, step: int, history: History | None, scaling: Scaling, tell: Progress
) -> Loaded:
    """Read the blocks of a step in another scaling; each stays in the cluster that it is in."""
    blocks = Blocks.of(dataset, step, variable=variable, scaling=scaling, progress=tell)
    if history is None:
        return Loaded(TreeEditor(blocks))
    last = history.now
    old = Blocks.of(dataset, step, variable=variable, scaling=last.blocks.scaling, progress=tell)
    edition = transfer_clusters(History(last), old, tell).edition  # of the same blocks, in the same order
    return Loaded(TreeEditor(blocks, edition), carried=last)


def restored(dataset: Dataset, variable: str, state: ExplorerState, tell: Progress) -> Loaded:
    """Read the blocks, the tree and the selection of a state.

    Raises
    ------
    IdlatError
        They are damaged, or of other blocks.
    """
    scaling = one_scaling(state.scaling)

    def read(step: int) -> Blocks:
        return Blocks.of(dataset, step, variable=variable, scaling=scaling, progress=tell)

    blocks = read(state.step)
    editor = TreeEditor(blocks)
    if state.tree is not None:
        own = blocks if state.tree_step in (None, state.step) else read(dataset.check_step(state.tree_step))
        editor = TreeEditor.from_dict(own, state.tree)
        if own is not blocks:
            editor = transfer_clusters(editor.history, blocks, tell)
    marks = None if state.selection is None else marked(state.selection, blocks)
    return Loaded(editor, state, marks)


def marked(selection: str, blocks: Blocks) -> NDArray[np.bool_]:
    """Unpack which blocks (n,) are chosen.

    Raises
    ------
    IdlatError
        It is damaged, or of other blocks.
    """
    try:
        return unpacked(selection, blocks.count).astype(bool)
    except (ValueError, zlib.error):
        raise IdlatError("the state's selection is damaged or of other blocks: select again") from None


def still_chosen(
    editor: TreeEditor, before: Blocks | None, marks: NDArray[np.bool_] | None, node: int
) -> tuple[NDArray[np.bool_] | None, int]:
    """Return which blocks (n,), of which cluster, are chosen where others of another step were before."""
    if node and node in {entry["id"] for entry in editor.outline()} and marks is not None:
        return editor.marks(node), node
    if marks is not None and before is not None:  # a lasso stays where it is
        return editor.blocks.rows_of(before.selected(np.flatnonzero(marks))), 0
    return marks, node


def kept_tree(editor: TreeEditor | None, step: int) -> dict[str, Any]:
    """Return the tree that was edited last, and the step that it was edited in."""
    if editor is None:
        return {}
    made = editor.history.now
    found: dict[str, Any] = {"scaling": made.blocks.scaling}
    if made.edition.untouched:
        return found
    edited = None if made.blocks.step == step else made.blocks.step
    return {**found, "tree": TreeEditor(made.blocks, made.edition).to_dict(), "tree_step": edited}
