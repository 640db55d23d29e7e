"""The plug-in for ParaView: a reader of archives, with its properties on the panel.

ParaView loads this file (Tools, Manage Plugins, Load New). It needs idlat in ParaView's own Python:
``docs/formats.md`` says how. In scripts the reader is ``IdlatReader``, after its label.
"""

from paraview.util.vtkAlgorithm import smdomain, smhint, smproperty, smproxy
from vtkmodules.vtkCommonCore import vtkDataArraySelection

from idlat.vtk.idlat_source import IdlatSource

__all__ = ["IdlatReader"]

_COARSE = "0 for voxels; 8, 16, 32 and so on for the means of blocks of 8³, 16³, 32³ voxels"
_REFRESH = '<Property name="Refresh" command="Modified" panel_visibility="never"/>'


@smproxy.reader(
    name="IdlatReader",
    label="Idlat Reader",
    extensions="json zip",
    file_description="idlat archive",
    support_reload=False,
)
@smhint.xml('<ReloadFiles property="Refresh"/>')
class IdlatReader(IdlatSource):
    """Reads an archive; choose the ``zarr.json`` or ``blocks.json`` in its folder, or its ``.zip``."""

    @smproperty.stringvector(name="FileName")
    @smdomain.filelist()
    @smhint.filechooser(extensions="json zip", file_description="idlat archive")
    def SetFileName(self, path: str) -> None:
        """Set the archive."""
        super().SetFileName(path)

    @smproperty.intvector(name="Coarse", default_values=0)
    @smdomain.xml(f"<Documentation>{_COARSE}</Documentation>")
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

    @smproperty.xml(_REFRESH)
    def Modified(self) -> None:
        """Have the archive read again, as File, Reload Files asks for."""
        super().Modified()
