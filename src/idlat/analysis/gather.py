"""Make one cluster of blocks from anywhere in a tree: of several clusters, or of a selection."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from idlat.analysis.clusters import ClusterNode, ClusterTree
from idlat.errors import IdlatError

__all__ = ["gathered"]


def gathered(tree: ClusterTree, rows: ArrayLike) -> tuple[ClusterTree, int]:
    """Return a tree in which some blocks are a leaf of their own, and its id.

    The leaf is a child of the lowest cluster that holds all of the blocks. They are taken out of the clusters
    below that one; a cluster without blocks goes, and so does one whose only child has all of its blocks.
    Where the blocks are those of a cluster already, it becomes a leaf.

    Parameters
    ----------
    tree : ClusterTree
        Any.
    rows : int array (n,)
        The blocks, in any order.

    Raises
    ------
    IdlatError
        There are none, or some are not in the tree.

    Examples
    --------
    >>> halves = [np.arange(4), np.arange(4, 8)]
    >>> tree = ClusterTree.root(8).divided(0, halves)
    >>> tree, leaf = gathered(tree, [3, 4])
    >>> leaf, [(node.id, node.rows.tolist()) for node in tree.leaves]
    (3, [(1, [0, 1, 2]), (2, [5, 6, 7]), (3, [3, 4])])
    """
    chosen = np.unique(np.asarray(rows, np.intp))
    if not chosen.size:
        raise IdlatError("no blocks are chosen: choose some to gather in a cluster")
    top = tree.node(0)
    if not np.isin(chosen, top.rows).all():
        raise IdlatError(f"the chosen blocks are no rows of a tree of {len(top.rows)} blocks")
    while below := [tree.node(i) for i in top.children if np.isin(chosen, tree.node(i).rows).all()]:
        top = below[0]
    if len(top.rows) == len(chosen):
        return tree.merge(top.id), top.id
    leaf = tree.next_id
    if not top.children:
        rest = np.setdiff1d(top.rows, chosen)
        return tree.divided(top.id, [chosen, rest]), leaf
    made = _without(tree, top, chosen)
    made[top.id] = replace(made[top.id], rows=top.rows, children=(*made[top.id].children, leaf))
    made[leaf] = ClusterNode(leaf, top.id, (), chosen)
    return ClusterTree(tuple(made[i] for i in sorted(made)), leaf + 1), leaf


def _without(tree: ClusterTree, top: ClusterNode, chosen: NDArray[np.intp]) -> dict[int, ClusterNode]:
    """Return the nodes by their ids, without some rows in and below one, and what that leaves idle."""
    made = {node.id: node for node in tree.nodes}
    order, ahead = [], [top.id]  # no recursion: a tree may be as deep as it has nodes
    while ahead:
        order.append(ahead.pop())
        ahead += tree.node(order[-1]).children
    for i in reversed(order):  # children first
        node = made[i]
        children = tuple(child for child in node.children if child in made)
        left = np.setdiff1d(node.rows, chosen)
        if i != top.id and len(children) == 1:  # the child takes its place
            made[children[0]] = replace(made[children[0]], parent=node.parent)
            parent = made[node.parent] if node.parent is not None else top
            kept = tuple(children[0] if child == i else child for child in parent.children)
            made[parent.id] = replace(parent, children=kept)
        if i != top.id and (not left.size or len(children) == 1):
            del made[i]
        else:
            made[i] = replace(node, children=children, rows=left)
    return made
