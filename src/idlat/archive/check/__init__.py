"""Judging an archive: errors measured against its field, checksums, importance and isosurfaces."""
