"""Arrays without a grid: ``.npy``, raw files and Fortran records."""
