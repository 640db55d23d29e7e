"""The formats of VTK: XML images and rectilinear grids, their collections, and legacy files."""
