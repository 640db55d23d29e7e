"""Hierarchical clustering of blocks (paper, Sect. 5.4): a tree whose leaves split on demand and merge back.

::

    features (n, d) ─▶ Clustering: neighbour graph, once ─ split(tree, node, k) ─▶ ClusterTree ─ merge ─▶ …

A tree is a value: splitting and merging return another one. Node 0 holds every block that is not empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from idlat.analysis.graph import alike_graph, connected, neighbour_graph
from idlat.analysis.spectral import Spectrum, spectral_labels, spectrum, suggested_count
from idlat.errors import IdlatError

__all__ = ["ClusterNode", "ClusterTree", "Clustering"]

Real = NDArray[np.float32]


@dataclass(frozen=True)
class ClusterNode:
    """A cluster.

    Attributes
    ----------
    id : int
        Its name; children get the next free ones.
    parent : int or None
        None for the root.
    children : tuple of int
        Empty for a leaf.
    rows : int array
        Its blocks: rows of the features, ascending.
    """

    id: int
    parent: int | None
    children: tuple[int, ...]
    rows: NDArray[np.intp]


@dataclass(frozen=True)
class ClusterTree:
    """Clusters within clusters.

    Attributes
    ----------
    nodes : tuple of ClusterNode
        In the order of their ids; ids of merged nodes are not used again.
    next_id : int
        For the next child.
    """

    nodes: tuple[ClusterNode, ...]
    next_id: int

    @classmethod
    def root(cls, count: int) -> ClusterTree:
        """Return the tree of one cluster with `count` blocks."""
        return cls((ClusterNode(0, None, (), np.arange(count)),), 1)

    def node(self, node: int) -> ClusterNode:
        """Return a node.

        Raises
        ------
        IdlatError
            There is none of this id.
        """
        for candidate in self.nodes:
            if candidate.id == node:
                return candidate
        known = ", ".join(str(candidate.id) for candidate in self.nodes)
        raise IdlatError(f"there is no cluster {node}: the tree has {known}")

    @property
    def leaves(self) -> tuple[ClusterNode, ...]:
        """Nodes without children."""
        return tuple(node for node in self.nodes if not node.children)

    def labels(self) -> NDArray[np.intp]:
        """Return the id of the leaf that each row is in, shape (n,)."""
        labels = np.empty(sum(len(leaf.rows) for leaf in self.leaves), np.intp)
        for leaf in self.leaves:
            labels[leaf.rows] = leaf.id
        return labels

    def divided(self, node: int, parts: Sequence[NDArray[np.intp]]) -> ClusterTree:
        """Give a leaf children.

        Parameters
        ----------
        node : int
            Which leaf.
        parts : int arrays
            The rows of each child; together the leaf's, none empty.

        Raises
        ------
        IdlatError
            The node has children, or the parts are not a partition of its rows.
        """
        leaf = self.node(node)
        if leaf.children:
            raise IdlatError(f"cluster {node} is split already: merge it first")
        together = np.sort(np.concatenate(parts)) if parts else np.empty(0, np.intp)
        if len(parts) < 2 or any(len(part) == 0 for part in parts) or not np.array_equal(together, leaf.rows):
            raise IdlatError(
                f"the parts of cluster {node} must be two or more and hold each of its blocks once"
            )
        ids = tuple(range(self.next_id, self.next_id + len(parts)))
        children = [ClusterNode(i, node, (), np.sort(part)) for i, part in zip(ids, parts, strict=True)]
        nodes = [replace(n, children=ids) if n.id == node else n for n in self.nodes]
        return ClusterTree((*nodes, *children), self.next_id + len(parts))

    def merge(self, node: int) -> ClusterTree:
        """Take the children of a node away, and theirs; a leaf stays as it is."""
        gone = set(self._below(node))
        nodes = (replace(n, children=()) if n.id == node else n for n in self.nodes if n.id not in gone)
        return ClusterTree(tuple(nodes), self.next_id)

    def refilled(self, rows: Mapping[int, NDArray[np.intp]]) -> ClusterTree:
        """Return the tree with other rows (ascending) in its nodes.

        A split that leaves a cluster without rows is undone.
        """
        tree = self
        while empty := [
            leaf.parent for leaf in tree.leaves if leaf.parent is not None and not rows[leaf.id].size
        ]:
            tree = tree.merge(empty[0])
        return replace(tree, nodes=tuple(replace(node, rows=rows[node.id]) for node in tree.nodes))

    def _below(self, node: int) -> Iterable[int]:
        for child in self.node(node).children:
            yield child
            yield from self._below(child)


@dataclass(frozen=True)
class Clustering:
    """Splits clusters of the same blocks by spectral clustering; deterministic under its seed.

    The graph of nearest neighbours is made once; a node's part of it is clustered by itself, with links
    between blocks that hardly differ beside the spread of that node.

    Attributes
    ----------
    values : float32 array (n, d)
        Features.
    neighbours : int
        Of each block in the graph.
    seed : int
        Of the eigensolver and of k-means.

    Examples
    --------
    >>> values = np.concatenate([np.eye(4)[:, :2] * 0.1, np.eye(4)[:, :2] * 0.1 + 5]).astype(np.float32)
    >>> clustering = Clustering(values, neighbours=2)
    >>> tree = clustering.split(ClusterTree.root(8), 0, 2)
    >>> [leaf.rows.tolist() for leaf in tree.leaves]
    [[0, 1, 2, 3], [4, 5, 6, 7]]
    >>> tree.merge(0).leaves[0].id
    0
    """

    values: Real
    neighbours: int = 10
    seed: int = 0

    @cached_property
    def graph(self) -> sp.csr_array[Any]:
        """Sparse weights (n, n)."""
        return neighbour_graph(self.values, self.neighbours)

    def suggest(self, tree: ClusterTree, node: int, most: int = 8) -> int:
        """Suggest a number of children of a node, 2 to `most`, by the largest eigengap.

        Raises
        ------
        IdlatError
            The node has a single block, or `most` is below 2.
        """
        rows = self._splittable(tree, node, 2)
        if most < 2:
            raise IdlatError(f"a cluster splits in 2 or more, got {most}")
        return suggested_count(self._spectrum(rows, min(most, len(rows) - 1) + 1).values, most)

    def split(self, tree: ClusterTree, node: int, count: int | None = None) -> ClusterTree:
        """Split a leaf into clusters that are alike inside.

        Parameters
        ----------
        tree : ClusterTree
            Of these blocks.
        node : int
            A leaf.
        count : int, optional
            Children, 2 or more; suggested by the eigengap unless given.

        Returns
        -------
        ClusterTree
            The children are sorted by size, the largest first.

        Raises
        ------
        IdlatError
            The node is no leaf or has fewer blocks than `count`.
        """
        count = self.suggest(tree, node) if count is None else count
        rows = self._splittable(tree, node, count)
        labels = self._labels(rows, count)
        return tree.divided(node, [rows[labels == label] for label in range(count)])

    def grow(self, count: int | None = None) -> ClusterTree:
        """Split, two ways at a time, the leaf of the largest scatter until there are `count` leaves.

        Parameters
        ----------
        count : int, optional
            1 or more; what the eigengap of all blocks suggests (2 to 8) unless given, 1 where all are equal.

        Raises
        ------
        IdlatError
            There are fewer blocks than `count`.
        """
        tree = ClusterTree.root(len(self.values))
        if count is None:
            count = 1 if (self.values == self.values[0]).all() else self.suggest(tree, 0)
        if not 1 <= count <= len(self.values):
            raise IdlatError(f"{len(self.values)} blocks make 1 to {len(self.values)} clusters, got {count}")
        while len(tree.leaves) < count:
            widest = max(
                tree.leaves, key=lambda leaf: (len(leaf.rows) > 1, self._scatter(leaf.rows), -leaf.id)
            )
            tree = self.split(tree, widest.id, 2)
        return tree

    def _splittable(self, tree: ClusterTree, node: int, count: int) -> NDArray[np.intp]:
        """Return a node's rows.

        Raises
        ------
        IdlatError
            There are fewer than `count`, or `count` is below 2.
        """
        rows = tree.node(node).rows
        if count < 2 or len(rows) < count:
            raise IdlatError(
                f"cluster {node} has {len(rows)} block{'s' * (len(rows) != 1)} and cannot be split in {count}"
            )
        return rows

    def _scatter(self, rows: NDArray[np.intp]) -> float:
        """Sum of squared distances to the mean."""
        part = self.values[rows]
        return float(((part - part.mean(axis=0)) ** 2).sum(dtype=np.float64))

    def _spectrum(self, rows: NDArray[np.intp], count: int) -> Spectrum:
        graph = self.graph
        if len(rows) < graph.shape[0]:
            graph = graph[rows][:, rows].tocsr()
        values = self.values[rows]
        graph = connected(graph.maximum(alike_graph(values, self.seed)).tocsr(), values)
        return spectrum(graph, count, self.seed)

    def _labels(self, rows: NDArray[np.intp], count: int) -> NDArray[np.intp]:
        """Cluster rows; equal blocks, which nothing can tell apart, are dealt out in order."""
        if len(np.unique(self.values[rows], axis=0)) < count:
            return np.sort(np.arange(len(rows)) * count // len(rows))
        labels = spectral_labels(self._spectrum(rows, count), count, self.seed)
        if len(np.unique(labels)) < count:
            raise IdlatError(f"these {len(rows)} blocks are too alike to be split in {count}: ask for fewer")
        return labels
