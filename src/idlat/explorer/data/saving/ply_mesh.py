"""Triangles as a binary PLY file, which ParaView, Blender and MeshLab open."""

from __future__ import annotations

import numpy as np

from idlat.analysis import Mesh

__all__ = ["ply_bytes"]

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
