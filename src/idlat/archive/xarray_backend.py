"""The xarray engine ``idlat``: ``xr.open_dataset(path, engine="idlat")`` gives the decoded field, lazily.

A selection decodes the tiles that it touches and no more; with ``chunks={}`` dask does so chunk by chunk.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray, BackendEntrypoint
from xarray.core import indexing

from idlat.archive.format.archive_record import FORMAT
from idlat.archive.read.archive import Archive
from idlat.archive.read.open_archive import open_archive
from idlat.fields.metadata.related_variables import KEY as COMPANIONS

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
            A path or URL, as :func:`idlat.open_archive` takes it.
        drop_variables
            Names of variables or coordinates to leave out.
        model
            The model that it was written with, where it is not found by its hash.
        """
        archive = open_archive(filename_or_obj, model)
        dropped = {drop_variables} if isinstance(drop_variables, str) else set(drop_variables or ())
        dataset = xr.Dataset()
        for name in archive.variables:
            if name not in dropped:
                own = _with_own_coordinates(_lazily(archive, name), name, dataset)
                variable = own.variables[name]
                variable.encoding["preferred_chunks"] = _chunks(archive, name, variable)
                dataset = dataset.assign_coords(own.coords).assign({name: variable})
        dataset = dataset.drop_vars([name for name in dropped if name in dataset.variables])
        dataset.set_close(archive.close)
        return dataset

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        """Whether a path ends in ``.idlat``."""
        return isinstance(filename_or_obj, str | os.PathLike) and os.fspath(filename_or_obj).rstrip(
            "/"
        ).endswith((f".{FORMAT}", f".{FORMAT}.zip"))


def _lazily(archive: Archive, name: str) -> xr.Dataset:
    """Give one variable with its coordinates and companions."""
    template = archive.template(name)
    lazy = indexing.LazilyIndexedArray(_DecodedArray(archive, name))
    encoding = dict(template.encoding)
    others = {other: var for other, var in encoding.pop(COMPANIONS, {}).items() if other != name}
    variable = xr.Variable(template.dims, lazy, template.attrs, encoding)
    return xr.Dataset({name: variable}).assign_coords(others).assign_coords(template.coords)


def _with_own_coordinates(one: xr.Dataset, name: str, others: xr.Dataset) -> xr.Dataset:
    """Rename the coordinates of a variable that differ from those that others have under their name."""
    shared = {coord: one.variables[coord] for coord in one.coords if coord in others.coords}
    differing = {coord for coord, own in shared.items() if not own.equals(others.variables[coord])}
    differing |= {coord for coord, own in shared.items() if differing & set(own.dims)}
    return one.rename({coord: f"{coord}_{name}" for coord in differing})


def _chunks(archive: Archive, name: str, variable: xr.Variable) -> dict[Any, int]:
    """Give the chunks that are decoded at once."""
    side = archive.model.chunk_cells * archive.model.cell
    dims = zip(archive.record.variable(name).dims, variable.sizes.items(), strict=True)
    return {own: 1 if dim in ("time", "component") else min(side, size) for dim, (own, size) in dims}


class _DecodedArray(BackendArray):
    """A variable that is decoded where it is indexed."""

    def __init__(self, archive: Archive, name: str) -> None:
        record = archive.record.variable(name)
        self.archive, self.name, self.dims = archive, name, record.dims
        self.shape, self.dtype = record.shape, np.dtype(record.dtype)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> NDArray[Any]:
        basic = indexing.IndexingSupport.BASIC
        values: NDArray[Any] = indexing.explicit_indexing_adapter(key, self.shape, basic, self._decode)
        return values

    def _decode(self, key: tuple[int | slice, ...]) -> NDArray[Any]:
        """Decode the box around a basic index, and pick from it."""
        boxes: list[slice] = []
        picks: list[int | slice] = []
        for part, length in zip(key, self.shape, strict=True):
            chosen = range(length)[part]
            if isinstance(chosen, int):
                boxes.append(slice(chosen, chosen + 1))
                picks.append(0)
            else:
                low, high = (min(chosen), max(chosen) + 1) if chosen else (0, 0)
                boxes.append(slice(low, high))
                picks.append(_relative(chosen, low))
        if any(box.start == box.stop for box in boxes):
            values: NDArray[Any] = np.empty([b.stop - b.start for b in boxes], self.dtype)
            return np.asarray(values[tuple(picks)])
        values = self.archive[self.name].isel(**dict(zip(self.dims, boxes, strict=True))).to_numpy()
        return np.asarray(values[tuple(picks)])


def _relative(chosen: range, low: int) -> slice:
    """Return a range as a slice of the box that starts at `low`."""
    if not chosen:
        return slice(0, 0)
    stop = chosen.stop - low
    return slice(chosen.start - low, stop if stop >= 0 else None, chosen.step)
