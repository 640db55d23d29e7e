"""What comes of reading the blocks of a step: their tree, carried from where it was edited or of a state."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.explorer.data import Blocks, ExplorerState, TreeEditor
from idlat.explorer.data.carried import carried
from idlat.explorer.data.jobs import Progress
from idlat.explorer.data.treefile import unpacked

__all__ = ["Loaded", "arrived", "restored"]


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
    """

    editor: TreeEditor
    state: ExplorerState | None = None
    marks: NDArray[np.bool_] | None = None


def arrived(blocks: Blocks, origin: TreeEditor | None, progress: Progress) -> Loaded:
    """Return the tree of blocks: on its own step the one that was edited last, else one carried from it."""
    if origin is not None and origin.blocks.step == blocks.step:
        return Loaded(origin)
    if origin is None or len(origin.tree.nodes) == 1:
        return Loaded(TreeEditor(blocks))
    return Loaded(carried(origin, blocks, progress))


def restored(blocks: Blocks, state: ExplorerState) -> Loaded:
    """Return the tree and the selection of a state.

    Raises
    ------
    IdlatError
        They are damaged, or of other blocks.
    """
    editor = TreeEditor(blocks) if state.tree is None else TreeEditor.from_dict(blocks, state.tree)
    if state.selection is None:
        return Loaded(editor, state)
    try:
        marks = unpacked(state.selection, blocks.count).astype(bool)
    except (ValueError, zlib.error):
        raise IdlatError("the state's selection is damaged or of other blocks: select again") from None
    return Loaded(editor, state, marks)
