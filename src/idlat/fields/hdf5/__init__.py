"""HDF5 files, among them those of Nyx and VTKHDF."""
