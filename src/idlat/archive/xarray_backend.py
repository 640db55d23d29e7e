"""The xarray engine ``idlat``: ``xr.open_dataset(path, engine="idlat")`` gives the decoded field, lazily.

A selection decodes the tiles that it touches and no more; with ``chunks={}`` dask does so chunk by chunk.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import xarray as xr
from xarray.backends import BackendEntrypoint

from idlat.archive.format.archive_record import FORMAT
from idlat.archive.read.lazy_dataset import lazy_dataset
from idlat.archive.read.open_archive import open_archive

__all__ = ["IdlatBackend"]


class IdlatBackend(BackendEntrypoint):
    """Opens an archive as a Dataset of its decoded variables.

    Examples
    --------
    >>> IdlatBackend().guess_can_open("run.idlat"), IdlatBackend().guess_can_open("run.nc")
    (True, False)
    """

    description = "Open idlat archives: importance-driven latent representations, decoded on demand"
    open_dataset_parameters = ("filename_or_obj", "drop_variables", "model")

    def open_dataset(  # type: ignore[override]
        self,
        filename_or_obj: str | os.PathLike[str],
        *,
        drop_variables: str | Iterable[str] | None = None,
        model: Any = None,
    ) -> xr.Dataset:
        """Open an archive.

        Parameters
        ----------
        filename_or_obj
            A path or URL, as :func:`idlat.open_archive` takes it, or a folder of blocks that
            :class:`idlat.StreamWriter` wrote.
        drop_variables
            Names of variables or coordinates to leave out.
        model
            The model that it was written with, where it is not found by its hash.
        """
        dropped = {drop_variables} if isinstance(drop_variables, str) else set(drop_variables or ())
        archive = open_archive(filename_or_obj, model)
        dataset = lazy_dataset(archive.values(), dropped)
        dataset.set_close(archive.close)
        return dataset

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        """Whether a path ends in ``.idlat``."""
        return isinstance(filename_or_obj, str | os.PathLike) and os.fspath(filename_or_obj).rstrip(
            "/"
        ).endswith((f".{FORMAT}", f".{FORMAT}.zip"))
