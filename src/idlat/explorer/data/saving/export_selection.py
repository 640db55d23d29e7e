"""The selection as files: a mask, the field with the rest missing, a mesh, a table of its blocks.

::

    chosen blocks (z, y, x) ─ mask_of ──▶ uint8 on the field's grid, with its coordinates
                            ─ field_of ─▶ the field, NaN outside          ─▶ write(kind, …) ─▶ one file
                            ─ mesh_of ──▶ triangles of an isosurface
                            ─ rows_of ──▶ a line a block
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.analysis import Mesh, cluster_meshes, only, voxel_mask
from idlat.errors import IdlatError, OutputError, OutputExistsError
from idlat.explorer.data.clusters.describe_cluster import known_importance
from idlat.explorer.data.clusters.tree_editor import TreeEditor
from idlat.explorer.data.dataset import Dataset
from idlat.explorer.data.step_blocks import ATTRIBUTES, Blocks
from idlat.fields import write_field
from idlat.outputs import staged_file
from idlat.progress import Progress

__all__ = ["EXPORTS", "Export", "field_of", "mask_of", "mesh_of", "table_of", "write"]

Export = Literal["mask", "field", "mesh", "blocks"]
EXPORTS: dict[Export, str] = {"mask": ".nc", "field": ".nc", "mesh": ".ply", "blocks": ".csv"}
"""What can be exported, and the suffix that it has unless another is chosen."""

Chosen = NDArray[np.bool_]

_MOST = 2**29  # voxels of an export, which is made in memory


def mask_of(blocks: Blocks, chosen: Chosen) -> xr.DataArray:
    """Return 1 in chosen blocks and 0 elsewhere, on the field's grid, for ``mask("…")`` in an expression.

    Parameters
    ----------
    blocks
        Of a step.
    chosen : bool array (z, y, x)
        On the grid of blocks.

    Raises
    ------
    IdlatError
        The grid is another, or the field too large to be exported whole.
    """
    inside = voxel_mask(chosen, _checked(blocks.dataset))
    attrs = {"long_name": "selected blocks", "flag_values": [0, 1]}
    return _labelled(blocks, inside.astype(np.uint8), "selection", attrs)


def field_of(blocks: Blocks, chosen: Chosen, progress: Progress | None = None) -> xr.DataArray:
    """Return the field, decoded where no original was given, with NaN outside chosen blocks.

    `progress` reports the stages ``read`` and ``decode``; what it raises ends the work.

    Raises
    ------
    IdlatError
        As :func:`mask_of`.
    """
    template = blocks.dataset.archive.template(blocks.variable)
    return _labelled(blocks, only(_values(blocks, progress), chosen), blocks.variable, template.attrs)


def mesh_of(blocks: Blocks, chosen: Chosen, isovalue: float, progress: Progress | None = None) -> Mesh:
    """Return the part of an isosurface that lies in chosen blocks; vertices (z, y, x) in coordinates.

    `progress` as for :func:`field_of`.

    Raises
    ------
    IdlatError
        There is no such surface in them, or as :func:`mask_of`.
    """
    meshes = cluster_meshes(_values(blocks, progress), chosen.astype(np.intp), isovalue)
    if 1 not in meshes:
        raise IdlatError(f"the chosen blocks hold no isosurface of {isovalue:g}: choose others, or a value")
    vertices = meshes[1].vertices
    if blocks.dataset.length_units != "voxels":
        axes = _axes(blocks.dataset)
        vertices = np.stack(
            [
                np.interp(vertices[:, i], np.arange(n), axes[axis].values)
                for i, (axis, n) in enumerate(zip("zyx", blocks.dataset.shape, strict=True))
            ],
            axis=1,
        )
    return Mesh(vertices.astype(np.float32), meshes[1].faces)


def table_of(
    editor: TreeEditor,
    chosen: Chosen,
    points: NDArray[np.floating] | None = None,
    progress: Progress | None = None,
) -> str:
    """Return a table of chosen blocks as CSV: place, voxels, cluster, figures, and point in the projection.

    Parameters
    ----------
    editor
        The clusters.
    chosen
        On the grid of blocks.
    points : array (n, 2), optional
        Of the projection, one a block.
    progress
        Told of the stages of the blocks' figures; what it raises ends the work.
    """
    blocks, size = editor.blocks, editor.blocks.dataset.block
    rows = np.flatnonzero(blocks.rows_of(chosen))
    labels = editor.labels()
    figures = {
        name: known_importance(blocks, progress) if name == "importance" else blocks.attribute(name, progress)
        for name in ATTRIBUTES
    }
    header = ["step", "z", "y", "x", "z0", "z1", "y0", "y1", "x0", "x1", "cluster", "name", *figures]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*header, *(["u", "v"] if points is not None else [])])
    for row in rows.tolist():
        place = blocks.positions[row].tolist()
        ends = [min(size * (i + 1), n) for i, n in zip(place, blocks.dataset.shape, strict=True)]
        voxels = [edge for i, end in zip(place, ends, strict=True) for edge in (size * i, end)]
        numbers = [_cell(float(values[row])) for values in figures.values()]
        where = [] if points is None else [f"{value:.6g}" for value in points[row].tolist()]
        cluster = int(labels[row])
        name = _harmless(editor.name(cluster))
        writer.writerow([blocks.step, *place, *voxels, cluster, name, *numbers, *where])
    return text.getvalue()


def write(
    kind: Export,
    path: str | Path,
    editor: TreeEditor,
    chosen: Chosen,
    *,
    isovalue: float | None = None,
    points: NDArray[np.floating] | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write one export; the file is there as a whole or not at all.

    Parameters
    ----------
    kind
        ``mask`` and ``field`` in any format that :func:`idlat.write_field` knows, by the suffix; ``mesh`` as
        PLY, ``blocks`` as CSV.
    path
        The file.
    editor, chosen, points
        As for :func:`table_of`.
    isovalue
        Of the mesh.
    overwrite
        Replace a file that is there.
    progress
        Told of what is read, decoded and computed; what it raises ends the work.

    Raises
    ------
    IdlatError
        The kind is unknown, the mesh has no isovalue or no triangle, or the file cannot be written.
    """
    path = Path(path)
    if kind in ("mask", "field"):
        blocks = editor.blocks
        found = mask_of(blocks, chosen) if kind == "mask" else field_of(blocks, chosen, progress)
        write_field(found, path, overwrite=overwrite)
        return path
    if path.exists() and not overwrite:
        raise OutputExistsError(f"{path} exists: choose another name, or overwrite it")
    if kind == "blocks":
        data = table_of(editor, chosen, points, progress).encode()
    elif kind == "mesh":
        if isovalue is None:
            raise IdlatError("a mesh needs an isovalue")
        mesh = mesh_of(editor.blocks, chosen, isovalue, progress)
        data = ply_bytes(mesh, editor.blocks.dataset.length_units)
    else:
        raise OutputError(f"there is no export {kind!r}: choose one of {', '.join(EXPORTS)}")
    with staged_file(path) as partial:
        partial.write_bytes(data)
    return path


def _checked(dataset: Dataset) -> tuple[int, int, int]:
    """Return the field's shape.

    Raises
    ------
    IdlatError
        It is too large.
    """
    z, y, x = dataset.shape
    if z * y * x > _MOST:
        raise IdlatError(
            f"a field of {z} × {y} × {x} voxels is too large to export: cut a region out with "
            "`idlat decompress --region`"
        )
    return z, y, x


def _values(blocks: Blocks, progress: Progress | None) -> NDArray[np.float32]:
    _checked(blocks.dataset)
    kind: Literal["original", "reconstruction"] = "original" if blocks.dataset.has_field else "reconstruction"
    found = blocks.dataset.volume(kind, blocks.step, _MOST, variable=blocks.variable, progress=progress)
    return found.values


def _labelled(
    blocks: Blocks, values: NDArray[np.generic], name: str, attrs: Mapping[str, object]
) -> xr.DataArray:
    """Label values (z, y, x) as the field is."""
    return xr.DataArray(values, _axes(blocks.dataset), ("z", "y", "x"), name, attrs)


def _axes(dataset: Dataset) -> dict[str, xr.DataArray]:
    """Return the field's coordinates."""
    template = dataset.archive.template(dataset.variables[0])
    return {axis: template.coords[axis] for axis in "zyx" if axis in template.coords}


def _cell(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else ""


def _harmless(name: str) -> str:
    """Keep a name from being a formula where a spreadsheet opens the table."""
    return f"'{name}" if name[:1] in ("=", "+", "-", "@") else name


_FACE = np.dtype([("count", "u1"), ("vertices", "<i4", 3)])


def ply_bytes(mesh: Mesh, units: str = "") -> bytes:
    r"""Return a mesh as the bytes of a file; vertices become x, y, z.

    Examples
    --------
    >>> triangle = Mesh(np.eye(3, dtype=np.float32), np.array([[0, 1, 2]]))
    >>> data = ply_bytes(triangle, "km")
    >>> header, body = data.split(b"end_header\n")
    >>> header.decode().splitlines()[2:4], len(body)
    (['comment lengths in km', 'element vertex 3'], 49)
    """
    faces = np.empty(len(mesh.faces), _FACE)
    faces["count"], faces["vertices"] = 3, mesh.faces
    plain = units.encode("ascii", "replace").decode().replace("\n", " ").replace("\r", " ")
    lines = [
        "ply",
        "format binary_little_endian 1.0",
        f"comment lengths in {plain or 'units of the field'}",
        f"element vertex {len(mesh.vertices)}",
        *(f"property float {axis}" for axis in "xyz"),
        f"element face {len(mesh.faces)}",
        "property list uchar int vertex_indices",
        "end_header",
    ]
    vertices = np.ascontiguousarray(mesh.vertices[:, ::-1], "<f4")
    return ("\n".join(lines) + "\n").encode() + vertices.tobytes() + faces.tobytes()
