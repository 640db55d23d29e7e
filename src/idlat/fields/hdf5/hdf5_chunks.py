"""Chunks, compression and caches of HDF5 datasets that are written, those of NetCDF 4 included."""

from __future__ import annotations

from typing import Any

import xarray as xr

# Without a cache a chunk that the disk refuses fails where it is written. In the cache it fails again
# whenever HDF5 lets go of it, which ends the process.
UNCACHED = {"rdcc_nbytes": 0}


def storage_of(field: xr.DataArray | xr.Variable) -> dict[str, Any]:
    """Give HDF5's chunks and compression as the original file had them."""
    encoding = field.encoding if field.ndim else {}
    options: dict[str, Any] = {}
    chunks = encoding.get("chunksizes")
    if chunks and len(chunks) == field.ndim:
        options["chunks"] = tuple(
            min(int(chunk), size) for chunk, size in zip(chunks, field.shape, strict=True)
        )
    if encoding.get("zlib") and 0 not in field.shape:
        options |= {"compression": "gzip", "compression_opts": int(encoding.get("complevel", 4))}
        options["shuffle"] = bool(encoding.get("shuffle", True))
    return options
