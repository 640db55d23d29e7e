"""The clusters of one step transferred to another, so that a walk through time keeps what was found."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from idlat.analysis import ClusterTree, assign
from idlat.explorer.data.clusters.cluster_tracks import mapped_features
from idlat.explorer.data.clusters.edit_history import Edition, History
from idlat.explorer.data.clusters.tree_editor import TreeEditor
from idlat.explorer.data.step_blocks import Blocks
from idlat.progress import Progress

__all__ = ["transfer_clusters"]


def transfer_clusters(history: History, blocks: Blocks, progress: Progress | None = None) -> TreeEditor:
    """Return the tree, names and colours that were edited last, for the blocks of any step.

    They come from the step that they were edited in, never from one that they were carried to: a walk through
    time loses nothing on the way, and a step that was edited has its own tree again.

    Each block goes to the cluster that most of its nearest blocks of the tree's own step are in, in latent
    space (:func:`idlat.analysis.assign`). A split that leaves a cluster without blocks there is undone.

    Parameters
    ----------
    history
        What was edited of the variable.
    blocks
        Of any step of it.
    progress
        Told of the stage ``read``; what it raises ends the work.

    Raises
    ------
    IdlatError
        A chunk is damaged.
    """
    made = history.now
    old = made.edition
    if made.blocks.alike(blocks):
        return TreeEditor(blocks, old, history)
    if len(old.tree.nodes) == 1:
        tree = ClusterTree.root(blocks.count)
        return TreeEditor(blocks, Edition(tree, old.names, old.colours), history)
    own = old.tree.labels()
    values = mapped_features(made.blocks, blocks.step, progress)[0]
    labels = assign(made.blocks.features.values, own, values)
    rows = {node.id: np.flatnonzero(np.isin(labels, own[node.rows])) for node in old.tree.nodes}
    tree = old.tree.refilled(rows)
    alive = {node.id for node in tree.nodes}
    names = MappingProxyType({i: name for i, name in old.names.items() if i in alive})
    colours = MappingProxyType({i: colour for i, colour in old.colours.items() if i in alive})
    return TreeEditor(blocks, Edition(tree, names, colours), history)
