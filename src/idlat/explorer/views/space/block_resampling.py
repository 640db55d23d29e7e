"""How what the archive says becomes what the scene shows."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from idlat.tiling import block_reduce

__all__ = ["on_page", "scaled", "scaled_labels", "stated_isovalue"]


def stated_isovalue(expression: str | None) -> float | None:
    """Return the isovalue that an importance expression is about, None where it is about none.

    Examples
    --------
    >>> stated_isovalue("0.2 + 0.8*isosurface(8.0, decay=0.2)"), stated_isovalue("value > 3")
    (8.0, None)
    """
    found = re.search(r"isosurface\(\s*(-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)", expression or "")
    return None if found is None else float(found[1])


def on_page(text: str) -> str:
    """Return a message without the command line's help, to which nobody gets from the page.

    Examples
    --------
    >>> on_page("unknown name 'foo', expected a function such as box: see `idlat importance --help`, at 1")
    "unknown name 'foo', expected a function such as box, at 1"
    """
    return re.sub(r"[:;,]? see `idlat [a-z ]*--help`", "", text)


def scaled(blocks: NDArray[np.bool_] | None, block: int, stride: int) -> tuple[NDArray[np.bool_] | None, int]:
    """Return blocks (z, y, x) and their side for a volume of which one sample stands for `stride` voxels.

    Where a sample stands for several blocks, it shows if any of them does.

    Examples
    --------
    >>> scaled(np.array([[[True, False, False]]]), 16, 8)[1]
    2
    >>> scaled(np.array([[[True, False, False]]]), 16, 32)
    (array([[[ True, False]]]), 1)
    """
    if blocks is None or stride <= block:
        return blocks, max(1, block // stride)
    return block_reduce(blocks, stride // block, np.logical_or), 1


def scaled_labels(labels: NDArray[np.intp], block: int, stride: int) -> NDArray[np.intp]:
    """Return the labels (z, y, x) of blocks for a volume of which one sample stands for `stride` voxels.

    Where a sample stands for several blocks, it takes the label of the first of them that has one, -1 else.

    Examples
    --------
    >>> scaled_labels(np.array([[[-1, 4, 2]]]), 16, 32)
    array([[[4, 2]]])
    """
    if stride <= block:
        return labels
    several = stride // block
    padded = np.pad(labels, [(0, -n % several) for n in labels.shape], constant_values=-1)
    z, y, x = (n // several for n in padded.shape)
    parts = (
        padded.reshape(z, several, y, several, x, several).transpose(0, 2, 4, 1, 3, 5).reshape(z, y, x, -1)
    )
    first = (parts >= 0).argmax(axis=-1)
    return np.take_along_axis(parts, first[..., None], axis=-1)[..., 0]
