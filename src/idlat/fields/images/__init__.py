"""Formats that are a header and voxels on a regular grid: NRRD, MetaImage and AMReX plotfiles."""
