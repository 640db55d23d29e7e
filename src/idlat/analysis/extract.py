"""A cluster in space: its voxels, the field with the rest missing, its part of an isosurface (Fig. 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError

__all__ = ["Mesh", "cluster_meshes", "only", "voxel_mask"]


@dataclass(frozen=True)
class Mesh:
    """Triangles.

    Attributes
    ----------
    vertices : float32 array (v, 3)
        (z, y, x) in voxels.
    faces : int array (f, 3)
        Indices of vertices.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.intp]


def voxel_mask(blocks: NDArray[np.bool_], shape: tuple[int, int, int], block: int = 16) -> NDArray[np.bool_]:
    """Mark the voxels (Z, Y, X) of chosen blocks.

    Parameters
    ----------
    blocks : bool array
        The grid of blocks of the field.
    shape : (int, int, int)
        The field's.
    block : int
        Voxels an axis.

    Raises
    ------
    IdlatError
        The grid of blocks is not that of the field.

    Examples
    --------
    >>> voxel_mask(np.array([[[True, False]]]), (1, 1, 5), 4)
    array([[[ True,  True,  True,  True, False]]])
    """
    expected = tuple(-(-length // block) for length in shape)
    if blocks.shape != expected:
        raise IdlatError(
            f"a field of {shape} has {expected} blocks of {block} voxels, got blocks {blocks.shape}"
        )
    z, y, x = (np.arange(length) // block for length in shape)
    return blocks[np.ix_(z, y, x)]


def only(field: NDArray[Any], blocks: NDArray[np.bool_], block: int = 16) -> NDArray[np.floating]:
    """Return a field (Z, Y, X) with NaN outside chosen blocks; integers become float64.

    Raises
    ------
    IdlatError
        The grid of blocks is not that of the field.
    """
    z, y, x = field.shape
    inside = voxel_mask(blocks, (z, y, x), block)
    kind = field.dtype if field.dtype.kind == "f" else np.dtype(np.float64)
    kept: NDArray[np.floating] = np.where(inside, field, np.nan).astype(kind, copy=False)
    return kept


def cluster_meshes(
    field: NDArray[Any], labels: NDArray[np.integer], isovalue: float, block: int = 16
) -> dict[int, Mesh]:
    """Extract an isosurface by marching cubes and share its triangles out among clusters.

    Parameters
    ----------
    field : array (Z, Y, X)
        NaN where missing: no surface there.
    labels : int array
        Each block's cluster; together the meshes are the whole surface, as every triangle lies in one block.
    isovalue : float
        In the field's unit.
    block : int
        Voxels an axis.

    Returns
    -------
    dict
        By label; labels without a triangle are left out, all of them where the surface does not exist.

    Raises
    ------
    IdlatError
        The grid of labels is not that of the field, or the field is thinner than two voxels.
    """
    from skimage.measure import marching_cubes

    shape = field.shape
    if field.ndim != 3 or min(shape) < 2:
        raise IdlatError(f"an isosurface needs a field (z, y, x) of two voxels an axis, got shape {shape}")
    expected = tuple(-(-length // block) for length in shape)
    if labels.shape != expected:
        raise IdlatError(f"a field of {shape} has {expected} blocks of {block} voxels, got {labels.shape}")
    values = np.asarray(field, np.float32)
    valid = np.isfinite(values)
    if not valid.any() or not values[valid].min() < isovalue < values[valid].max():
        return {}
    mask = None if valid.all() else _surrounded(valid)
    try:
        vertices, faces, _, _ = marching_cubes(np.where(valid, values, isovalue), isovalue, mask=mask)
    except RuntimeError:  # no cell of valid voxels crosses the isovalue
        return {}
    # the centre of a triangle lies in its cell, whose first voxel says which block it is in
    cells = np.clip(vertices[faces].mean(axis=1), 0, np.array(shape) - 1).astype(np.intp) // block
    owner = labels[tuple(cells.T)]
    return {int(label): _part(vertices, faces[owner == label]) for label in np.unique(owner)}


def _surrounded(valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels all of whose neighbours are valid: no triangle may touch a made-up value."""
    from scipy.ndimage import binary_erosion

    return np.asarray(binary_erosion(valid, np.ones((3, 3, 3)), border_value=1), bool)


def _part(vertices: NDArray[np.float32], faces: NDArray[np.intp]) -> Mesh:
    """Return a mesh of some faces and the vertices that they use."""
    used, renumbered = np.unique(faces, return_inverse=True)
    return Mesh(vertices[used].astype(np.float32), renumbered.reshape(faces.shape).astype(np.intp))
