"""A cluster tree as it is told: who is in it, names and colours, figures, distributions, files.

::

    Blocks, Edition ─▶ DescribedTree ─▶ labels (n,), rows of a node, its description, clusters.json
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import ClusterFile, ClusterTree
from idlat.explorer.data.clusters.describe_cluster import describe_node, describe_rows, file_of
from idlat.explorer.data.clusters.distributions import distributions
from idlat.explorer.data.clusters.edit_history import Edition, colour_of
from idlat.explorer.data.clusters.tree_file import tree_content
from idlat.explorer.data.step_blocks import Blocks
from idlat.progress import Progress

__all__ = ["DescribedTree", "edition_content"]

MOST_COMPARED = 8
"""Groups of blocks whose distributions one still tells apart."""


class DescribedTree:
    """The clusters of some blocks.

    Parameters
    ----------
    blocks : Blocks
        What is clustered.
    edition : Edition
        The tree, its names and colours.
    """

    def __init__(self, blocks: Blocks, edition: Edition) -> None:
        self.blocks = blocks
        self._edition = edition

    @property
    def edition(self) -> Edition:
        """The state as it is."""
        return self._edition

    @property
    def tree(self) -> ClusterTree:
        """The clusters."""
        return self._edition.tree

    def labels(self) -> NDArray[np.intp]:
        """Return the leaf that each block (n,) is in."""
        return self.tree.labels()

    def rows(self, node: int) -> NDArray[np.intp]:
        """Return the blocks of a node, leaf or not."""
        return self.tree.node(node).rows

    def marks(self, node: int) -> NDArray[np.bool_]:
        """Mark the blocks (n,) of a node."""
        return np.isin(np.arange(self.blocks.count), self.rows(node))

    def name(self, node: int) -> str:
        """Return what a node is called."""
        return self._edition.names.get(node, "all blocks" if node == 0 else f"cluster {node}")

    def colour(self, node: int) -> str:
        """Return a node's colour, ``#rrggbb``: the one given, else one of a palette by its id."""
        return self._edition.colours.get(node, colour_of(node))

    def outline(self) -> list[dict[str, Any]]:
        """List the nodes, each after its parent, with what a drawing of the tree needs."""
        ordered: list[dict[str, Any]] = []
        ahead = [(0, 0)]  # no recursion: a tree may be as deep as it has nodes
        while ahead:
            node, depth = ahead.pop()
            entry = self.tree.node(node)
            ordered.append(
                {
                    "id": node,
                    "parent": entry.parent,
                    "children": list(entry.children),
                    "depth": depth,
                    "size": len(entry.rows),
                    "name": self.name(node),
                    "colour": self.colour(node),
                }
            )
            ahead += [(child, depth + 1) for child in reversed(entry.children)]
        return ordered

    def describe(self, node: int, progress: Progress | None = None) -> dict[str, Any]:
        """Return the figures of a node as JSON values.

        Parameters
        ----------
        node
            Which one.
        progress
            Told of the stages; what it raises ends the work.

        Returns
        -------
        dict
            ``id``, ``name``, ``colour``, ``size`` (blocks), ``silhouette`` against its siblings or None,
            ``mean_value``, ``mean_importance`` or None, ``bounding_box`` in voxels by axis, ``values``
            (histogram: edges, counts) and ``gradients`` (densities along z, y, x) or None.
        """
        figures = describe_node(self.blocks, self.tree, node, progress)
        return {"id": node, "name": self.name(node), "colour": self.colour(node), **figures}

    def describe_chosen(self, marks: NDArray[np.bool_], progress: Progress | None = None) -> dict[str, Any]:
        """Return the figures of any blocks (n,), as :meth:`describe` does; ``id`` and ``colour`` are None.

        The silhouette is against all other blocks, None where there are none.
        """
        rows = np.flatnonzero(marks)
        name = f"{len(rows):,} chosen block{'s' * (len(rows) != 1)}"
        return {"id": None, "name": name, "colour": None, **describe_rows(self.blocks, rows, progress)}

    def compared(
        self, nodes: Sequence[int], marks: NDArray[np.bool_], most: int = MOST_COMPARED
    ) -> list[dict[str, Any]]:
        """Return the distributions of some nodes side by side, and of what is marked (n,) beside them.

        Returns
        -------
        list of dict
            Of the largest nodes, in their order, then of the other marked blocks if there are any: ``node``
            or None, ``size`` in blocks, and what
            :func:`~idlat.explorer.data.clusters.distributions.distributions` gives.
        """
        kept = sorted(nodes, key=lambda node: -len(self.rows(node)))[:most]
        groups = [(node, self.rows(node)) for node in nodes if node in kept]
        rest = marks.copy()
        for node in nodes:
            rest[self.rows(node)] = False
        others = [(None, np.flatnonzero(rest))] if rest.any() else []
        return [
            {"node": node, "size": len(rows), **distributions(self.blocks, rows)}
            for node, rows in [*groups, *others]
        ]

    def cluster_file(self) -> ClusterFile:
        """Return what ``idlat analyze clusters`` writes of such a tree: clusters.json."""
        return file_of(self.blocks, self.tree)

    def to_dict(self) -> dict[str, Any]:
        """Return the tree with its names and colours as compact JSON values."""
        return edition_content(self._edition)


def edition_content(edition: Edition) -> dict[str, Any]:
    """Return a tree with its names and colours as compact JSON values."""
    return tree_content(edition.tree, edition.names, edition.colours)
