"""The CF conventions, for NetCDF, HDF5 and Zarr: decoding, encoding and packing of variables."""
