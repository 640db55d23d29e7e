"""The plug-in for ParaView: a reader of archives, with its properties on the panel.

ParaView loads this file (Tools, Manage Plugins, Load New), or finds it by ``PV_PLUGIN_PATH``. It needs idlat
in ParaView's own Python: ``docs/formats.md`` says how.
"""

from paraview.util.vtkAlgorithm import smdomain, smhint, smproperty, smproxy
from vtkmodules.vtkCommonCore import vtkDataArraySelection

from idlat.vtk.idlat_source import IdlatSource

__all__ = ["IdlatReader"]


@smproxy.reader(
    name="IdlatReader", label="idlat archive", extensions="json zip", file_description="idlat archive"
)
class IdlatReader(IdlatSource):
    """Reads an archive; choose the ``zarr.json`` or ``blocks.json`` in its folder, or its ``.zip``."""

    @smproperty.stringvector(name="FileName")
    @smdomain.filelist()
    @smhint.filechooser(extensions="json zip", file_description="idlat archive")
    def SetFileName(self, path: str) -> None:
        """Set the archive."""
        super().SetFileName(path)

    @smproperty.intvector(name="Coarse", label="Means of blocks of N³ voxels", default_values=0)
    def SetCoarse(self, side: int) -> None:
        """Ask for means of 8³, 16³ … voxels; 0 for voxels."""
        super().SetCoarse(side)

    @smproperty.dataarrayselection(name="Variables")
    def GetDataArraySelection(self) -> vtkDataArraySelection:
        """Return which variables are decoded."""
        return super().GetDataArraySelection()

    @smproperty.doublevector(name="TimestepValues", information_only="1", si_class="vtkSITimeStepsProperty")
    def GetTimestepValues(self) -> list[float]:
        """Return the times of the steps."""
        return super().GetTimestepValues()
