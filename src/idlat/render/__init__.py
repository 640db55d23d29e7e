"""Pictures of volumes by VTK, drawn without a window (the paper's Fig. 6 to 8); needs the extra ``vtk``.

::

    values (z, y, x) ──idlat.metrics.extract_surface──▶ Triangles ──draw_surface──▶ Image
           └───────────────────────────────────────────────────────draw_volume────▶ Image

VTK is imported when something is drawn, after :func:`require_offscreen` has found that it can draw here.
"""

from idlat.render.offscreen import require_offscreen
from idlat.render.stage import Image, Viewpoint
from idlat.render.surface import draw_surface
from idlat.render.volume import Look, draw_volume

__all__ = ["Image", "Look", "Viewpoint", "draw_surface", "draw_volume", "require_offscreen"]
