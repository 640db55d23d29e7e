"""The physical space view: volumes and isosurfaces of the selection, drawn on a thread of its own."""
