"""Archives in pipelines of VTK and in ParaView; needs the extra ``vtk``, or ParaView's own Python.

``idlat.vtk.paraview_plugin()`` is the path of the file that ParaView loads as a plug-in.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from idlat.extras import require

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
    MissingExtraError
        VTK is not installed.
    """
    if name != "IdlatSource":
        raise AttributeError(f"module 'idlat.vtk' has no attribute {name!r}")
    require("idlat.vtk", "vtkmodules")
    from idlat.vtk.idlat_source import IdlatSource

    globals()[name] = IdlatSource
    return IdlatSource
