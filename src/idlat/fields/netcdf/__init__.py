"""NetCDF files, versions 3 and 4."""
