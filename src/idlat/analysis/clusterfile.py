"""Clusters as JSON: the tree, its nodes' figures, and where each leaf's blocks are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis.clusters import ClusterNode, ClusterTree
from idlat.analysis.features import Scaling, one_scaling
from idlat.analysis.quality import Histogram, NodeQuality
from idlat.errors import IdlatError

__all__ = ["ClusterFile"]

_FORMAT = "idlat clusters"
_VERSION = 1


@dataclass(frozen=True)
class ClusterFile:
    """What a file of clusters holds.

    Attributes
    ----------
    tree : ClusterTree
        Clusters of rows.
    blocks : int array (n, 4)
        Each row's place: step, z, y, x, counted in blocks.
    shape : tuple of int
        (T, Z, Y, X) of the grid of blocks.
    block : int
        Voxels an axis of a block.
    seed : int
        That the clusters were made with.
    qualities : mapping of int to NodeQuality
        By the nodes' ids.
    source : str
        What the blocks are of, in words.
    scaling : str or None
        Of the latents that were clustered, and that silhouettes are measured in; None where a file of an
        older release does not say.
    variables : tuple of str
        Whose latents were clustered; several are joined. Empty where the file does not say.
    """

    tree: ClusterTree
    blocks: NDArray[np.intp]
    shape: tuple[int, int, int, int]
    block: int
    seed: int
    qualities: Mapping[int, NodeQuality]
    source: str = ""
    scaling: Scaling | None = None
    variables: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return the file's text; ``sha256`` is that of the rest, compact, with sorted keys."""
        content: dict[str, Any] = {
            "format": _FORMAT,
            "format_version": _VERSION,
            "source": self.source,
            "block": self.block,
            "shape": list(self.shape),
            "seed": self.seed,
            "scaling": self.scaling,
            "variables": list(self.variables),
            "next_id": self.tree.next_id,
            "nodes": [self._node(node) for node in self.tree.nodes],
        }
        head = json.dumps({"sha256": _digest(content), **content, "nodes": []})[: -len("]}")]
        return head + "\n" + ",\n".join(map(json.dumps, content["nodes"])) + "\n]}\n"  # a line a node

    def _node(self, node: ClusterNode) -> dict[str, Any]:
        quality = self.qualities.get(node.id)
        figures = {"size": len(node.rows)} if quality is None else asdict(quality)
        entry = {"id": node.id, "parent": node.parent, "children": list(node.children), **figures}
        return entry if node.children else {**entry, "blocks": self.blocks[node.rows].tolist()}

    @classmethod
    def from_json(cls, text: str, name: str = "the file") -> ClusterFile:
        """Read a file's text.

        Raises
        ------
        IdlatError
            It is no file of clusters, of another version, damaged, or inconsistent.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            raise IdlatError(f"{name} is no file of clusters: write one with `idlat analyze clusters`")
        if content.get("format_version") != _VERSION:
            raise IdlatError(
                f"{name} has version {content.get('format_version')}, this release reads version {_VERSION}"
            )
        digest = content.pop("sha256", None)
        if digest != _digest(content):
            raise IdlatError(f"{name} is damaged or was edited, its hash does not fit: write it again")
        try:
            return cls._from_content(content)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, RecursionError):
            raise IdlatError(
                f"{name} is damaged: its clusters are no tree of blocks; write it again"
            ) from None

    @classmethod
    def _from_content(cls, content: dict[str, Any]) -> ClusterFile:
        entries = {int(entry["id"]): entry for entry in content["nodes"]}
        t, z, y, x = (int(length) for length in content["shape"])
        places = [
            np.asarray(e["blocks"], np.intp).reshape(-1, 4) for e in entries.values() if not e["children"]
        ]
        blocks = np.concatenate(places)
        order = np.lexsort(blocks.T[::-1])
        blocks = blocks[order]
        if (blocks < 0).any() or (blocks >= (t, z, y, x)).any() or not np.diff(blocks, axis=0).any(1).all():
            raise ValueError("blocks outside the grid, or twice")
        row_of = np.empty(len(order), np.intp)
        row_of[order] = np.arange(len(order))
        rows, start = {}, 0
        for node, entry in entries.items():
            if not entry["children"]:
                rows[node] = np.sort(row_of[start : start + len(entry["blocks"])])
                start += len(entry["blocks"])
        _collect(0, entries, rows)
        nodes = tuple(
            ClusterNode(i, e["parent"], tuple(int(c) for c in e["children"]), rows[i])
            for i, e in entries.items()
        )
        tree = ClusterTree(nodes, int(content["next_id"]))
        qualities = {i: _quality(e) for i, e in entries.items() if "bounding_box" in e}
        scaling = content.get("scaling")
        return cls(
            tree,
            blocks,
            (t, z, y, x),
            int(content["block"]),
            int(content["seed"]),
            qualities,
            str(content["source"]),
            None if scaling is None else one_scaling(str(scaling)),
            tuple(str(name) for name in content.get("variables", [])),
        )

    def tree_of(self, blocks: NDArray[np.intp]) -> ClusterTree:
        """Return the tree of rows that are these blocks (n, 4) in another order: step, z, y, x.

        Raises
        ------
        IdlatError
            They are other blocks.
        """
        order = np.lexsort(blocks.T[::-1])
        if not np.array_equal(blocks[order], self.blocks):
            raise IdlatError("the clusters are of other blocks: cluster again")
        return self.tree.refilled({node.id: np.sort(order[node.rows]) for node in self.tree.nodes})

    def labels(self) -> NDArray[np.intp]:
        """Return the leaf's id of each block of the grid (T, Z, Y, X); -1 where a block is empty."""
        labels = np.full(self.shape, -1, np.intp)
        labels[tuple(self.blocks.T)] = self.tree.labels()
        return labels

    def mask(self, cluster: int) -> NDArray[np.bool_]:
        """Return the blocks (T, Z, Y, X) of a node, leaf or not."""
        mask = np.zeros(self.shape, bool)
        mask[tuple(self.blocks[self.tree.node(cluster).rows].T)] = True
        return mask


def _collect(node: int, entries: Mapping[int, Any], rows: dict[int, NDArray[np.intp]]) -> None:
    """Fill in the rows of inner nodes from their children's.

    Raises
    ------
    ValueError
        A child names another parent.
    """
    for child in entries[node]["children"]:
        if entries[child]["parent"] != node:
            raise ValueError(f"{child} is no child of {node}")
        _collect(child, entries, rows)
    if entries[node]["children"]:
        rows[node] = np.sort(np.concatenate([rows[child] for child in entries[node]["children"]]))


def _quality(entry: Mapping[str, Any]) -> NodeQuality:
    histogram = entry["values"]
    if histogram is not None:
        histogram = Histogram(tuple(histogram["edges"]), tuple(histogram["counts"]))
    box = tuple((int(a), int(b)) for a, b in entry["bounding_box"])
    return NodeQuality(
        int(entry["size"]), entry["silhouette"], box, entry["mean_value"], entry["mean_importance"], histogram
    )


def _digest(content: Mapping[str, Any]) -> str:
    compact = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(compact.encode()).hexdigest()
