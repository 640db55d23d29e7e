"""The explorer's pictures: arrays in, images out, drawn by VTK without a window.

::

    volumes, selection, camera ─ Scene ─ one VTK window, a viewport a panel ─ labels over it ─▶ (h, w, 3)

Only this package imports VTK, and only once :class:`~idlat.explorer.scene.scene.Scene` has made sure that it
can draw.
"""
