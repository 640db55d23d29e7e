"""Archives in pipelines of VTK and in ParaView; needs the extra ``vtk``, or ParaView's own Python.

``idlat.vtk.paraview_plugin()`` is the path of the file that ParaView loads as a plug-in.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idlat.errors import RenderError

if TYPE_CHECKING:
    from idlat.vtk.idlat_source import IdlatSource

__all__ = ["IdlatSource", "paraview_plugin"]


def paraview_plugin() -> Path:
    """Return the path of the plug-in for ParaView.

    Examples
    --------
    >>> paraview_plugin().name
    'idlat_reader.py'
    """
    return Path(__file__).with_name("idlat_reader.py")


def __getattr__(name: str) -> Any:
    """Load the source on first use: VTK takes its time.

    Raises
    ------
    RenderError
        VTK is not installed.
    """
    if name != "IdlatSource":
        raise AttributeError(f"module 'idlat.vtk' has no attribute {name!r}")
    if find_spec("vtkmodules") is None:
        raise RenderError("idlat.vtk needs VTK: install idlat[vtk]")
    from idlat.vtk.idlat_source import IdlatSource

    globals()[name] = IdlatSource
    return IdlatSource
