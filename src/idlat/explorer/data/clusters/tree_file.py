"""A cluster tree as compact JSON: nodes, and each block's leaf as packed text, short enough for a URL."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import ClusterFile, ClusterNode, ClusterTree
from idlat.errors import IdlatError
from idlat.explorer.data.step_blocks import Blocks

__all__ = ["clusters_in", "packed", "read_tree", "tree_content", "unpacked"]

_FORMAT, _VERSION = "idlat tree", 1
_CLUSTERS = "idlat clusters"
_MOST, _DEEPEST = 4096, 256  # nodes, and one below another: what draws or merges a tree may recurse
_DAMAGED = "the cluster tree is damaged or of other blocks: cluster again"


def packed(numbers: NDArray[np.integer]) -> str:
    """Pack whole numbers from 0 to 65535 into URL-safe text.

    Examples
    --------
    >>> unpacked(packed(np.arange(5)), 5)
    array([0, 1, 2, 3, 4])
    """
    data = zlib.compress(numbers.astype("<u2").tobytes(), 9)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unpacked(text: str, count: int) -> NDArray[np.intp]:
    """Undo :func:`packed`.

    Raises
    ------
    ValueError
        It does not hold `count` numbers.
    """
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    inflate = zlib.decompressobj()
    try:
        raw = inflate.decompress(data, 2 * count + 1)  # no more than that: the text may come from anywhere
    except zlib.error as error:
        raise ValueError(f"no packed numbers: {error}") from None
    if len(raw) != 2 * count:
        raise ValueError(f"{len(raw)} bytes for {count} numbers")
    return np.frombuffer(raw, "<u2").astype(np.intp)


def tree_content(tree: ClusterTree, names: Mapping[int, str], colours: Mapping[int, str]) -> dict[str, Any]:
    """Return a tree as JSON values."""
    leaves = [leaf.id for leaf in tree.leaves]
    places = {leaf: place for place, leaf in enumerate(leaves)}
    labels = np.array([places[label] for label in tree.labels().tolist()], np.intp)
    return {
        "format": _FORMAT,
        "format_version": _VERSION,
        "next_id": tree.next_id,
        "nodes": [[node.id, -1 if node.parent is None else node.parent] for node in tree.nodes],
        "leaves": packed(labels),
        "names": {str(node): name for node, name in names.items()},
        "colours": {str(node): colour for node, colour in colours.items()},
    }


def clusters_in(text: str) -> dict[str, Any] | None:
    """Return a file of clusters as JSON values for :func:`read_tree`; None if the text is something else."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and content.get("format") == _CLUSTERS else None


def read_tree(
    content: Mapping[str, Any], blocks: Blocks
) -> tuple[ClusterTree, dict[int, str], dict[int, str]]:
    """Read a tree, with the names and colours that it gives, or a file of clusters.

    Raises
    ------
    IdlatError
        It is neither, damaged, or of other blocks.
    """
    if content.get("format") == _CLUSTERS:
        return _of_clusters(content, blocks), {}, {}
    if content.get("format") != _FORMAT or content.get("format_version") != _VERSION:
        raise IdlatError("this is no cluster tree of this release: save the state again")
    try:
        tree = _tree(content, blocks.count)
        names = {int(node): str(name) for node, name in dict(content["names"]).items()}
        colours = {int(node): str(colour) for node, colour in dict(content["colours"]).items()}
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, RecursionError):
        raise IdlatError(_DAMAGED) from None
    return tree, names, colours


def _tree(content: Mapping[str, Any], count: int) -> ClusterTree:
    """Build a tree from parents and the leaf of each row.

    Raises
    ------
    ValueError
        It is no tree: ids out of order, an unknown parent, a leaf without rows.
    """
    pairs = [(int(node), int(parent)) for node, parent in content["nodes"]]
    ids = [node for node, _ in pairs]
    next_id = int(content["next_id"])
    if not pairs or pairs[0] != (0, -1) or ids != sorted(set(ids)) or ids[-1] >= next_id:
        raise ValueError("ids")
    _check_size(pairs)
    children: dict[int, list[int]] = {node: [] for node in ids}
    for node, parent in pairs[1:]:
        children[parent].append(node)
    if any(len(own) == 1 for own in children.values()):
        raise ValueError("an only child")
    leaves = [node for node in ids if not children[node]]
    labels = unpacked(str(content["leaves"]), count)
    rows = {leaf: np.flatnonzero(labels == place) for place, leaf in enumerate(leaves)}
    if labels.max(initial=0) >= len(leaves) or not all(len(own) for own in rows.values()):
        raise ValueError("leaves")
    for node in reversed(ids):  # children come after their parents
        if children[node]:
            rows[node] = np.sort(np.concatenate([rows[child] for child in children[node]]))
    parents = dict(pairs)
    nodes = (
        ClusterNode(node, None if node == 0 else parents[node], tuple(children[node]), rows[node])
        for node in ids
    )
    return ClusterTree(tuple(nodes), next_id)


def _check_size(pairs: Sequence[tuple[int, int]]) -> None:
    """Refuse a tree, by each node and its parent, that is larger or deeper than what draws it can take.

    Raises
    ------
    ValueError
        So it is, or a parent does not come before its child.
    """
    if len(pairs) > _MOST:
        raise ValueError("size")
    depth = {0: 0}
    for node, parent in pairs[1:]:
        if parent not in depth:
            raise ValueError("parent")
        depth[node] = depth[parent] + 1
    if max(depth.values()) > _DEEPEST:
        raise ValueError("depth")


def _of_clusters(content: Mapping[str, Any], blocks: Blocks) -> ClusterTree:
    """Take the part of a file of clusters that is of these blocks' step."""
    try:
        found = ClusterFile.from_json(json.dumps(dict(content)), "the file of clusters")
    except RecursionError:
        raise IdlatError(_DAMAGED) from None
    try:
        _check_size([(node.id, -1 if node.parent is None else node.parent) for node in found.tree.nodes])
    except ValueError:
        raise IdlatError(_DAMAGED) from None
    own = found.blocks[:, 0] == blocks.step
    if not np.array_equal(found.blocks[own, 1:], blocks.positions):
        raise IdlatError(
            f"the file of clusters is of other blocks than those of step {blocks.step}: show the step that "
            f"it is of, or cluster again"
        )
    place = np.cumsum(own) - 1  # of each of the file's rows among those of this step
    return found.tree.refilled({node.id: place[node.rows[own[node.rows]]] for node in found.tree.nodes})
