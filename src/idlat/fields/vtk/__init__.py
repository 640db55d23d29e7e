"""The formats of VTK: XML images and rectilinear grids, their collections, and legacy files.

Read and written by hand, not with VTK: its readers give values without an error from files that were cut
short, its writers take whole volumes, and it is half a gigabyte that a field file should not ask for.
"""
