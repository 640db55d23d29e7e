"""The variables of an archive as an xarray Dataset, decoded where they are indexed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.fields.metadata.related_variables import KEY as RELATED

__all__ = ["DecodableVariable", "lazy_dataset"]


class DecodableVariable(Protocol):
    """A variable of an archive or a part of it: :class:`idlat.archive.StoredVariable`."""

    @property
    def decoder(self) -> VariableDecoder:
        """Decodes the whole variable."""

    @property
    def name(self) -> str:
        """The variable's name."""

    @property
    def dims(self) -> tuple[str, ...]:
        """Its dimensions, those that are left."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Along each of them."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the decoded values."""

    @property
    def template(self) -> xr.DataArray:
        """A DataArray with its coordinates and attributes, not decoded."""

    def isel(self, **indices: Any) -> DecodableVariable:
        """Return a part, by index."""

    def to_numpy(self) -> NDArray[Any]:
        """Decode it."""


def lazy_dataset(variables: Iterable[DecodableVariable], dropped: Collection[str] = ()) -> xr.Dataset:
    """Return variables with their coordinates; nothing is decoded yet.

    Parameters
    ----------
    variables
        Of one archive.
    dropped
        Names of variables or coordinates to leave out.

    Returns
    -------
    Dataset
        A coordinate, or an axis of another length, that differs from another variable's of the same name gets
        the variable's name as suffix.

    Raises
    ------
    ArchiveError
        Coordinates are missing or damaged.
    """
    dataset = xr.Dataset()
    for stored in variables:
        if stored.name not in dropped:
            own = _with_own_axes(_lazily(stored), stored.name, dataset)
            own = _with_own_coordinates(own, stored.name, dataset)
            variable = own.variables[stored.name]
            variable.encoding["preferred_chunks"] = _chunks(stored, variable)
            dataset = dataset.assign_coords(own.coords).assign({stored.name: variable})
    return dataset.drop_vars([name for name in dropped if name in dataset.variables])


def _lazily(stored: DecodableVariable) -> xr.Dataset:
    """Give one variable with its coordinates and related variables."""
    template, name = stored.template, stored.name
    lazy = indexing.LazilyIndexedArray(_DecodedArray(stored))
    encoding = dict(template.encoding)
    others = {other: var for other, var in encoding.pop(RELATED, {}).items() if other != name}
    variable = xr.Variable(template.dims, lazy, template.attrs, encoding)
    return xr.Dataset({name: variable}).assign_coords(others).assign_coords(template.coords)


def _with_own_axes(one: xr.Dataset, name: str, others: xr.Dataset) -> xr.Dataset:
    """Rename the axes of a variable that have another length than those of others, as of staggered grids."""
    sizes = one.sizes
    differing = {dim for dim, size in sizes.items() if others.sizes.get(dim, size) != size}
    names = {dim: f"{dim}_{name}" for dim in differing}
    return one.rename(names)


def _with_own_coordinates(one: xr.Dataset, name: str, others: xr.Dataset) -> xr.Dataset:
    """Rename the coordinates of a variable that differ from those that others have under their name."""
    shared = {coord: one.variables[coord] for coord in one.coords if coord in others.coords}
    differing = {coord for coord, own in shared.items() if not own.equals(others.variables[coord])}
    differing |= {coord for coord, own in shared.items() if differing & set(own.dims)}
    return one.rename({coord: f"{coord}_{name}" for coord in differing})


def _chunks(stored: DecodableVariable, variable: xr.Variable) -> dict[Any, int]:
    """Give the chunks that are decoded at once."""
    side = stored.decoder.model.chunk_cells * stored.decoder.grid.cell
    dims = zip(stored.dims, variable.sizes.items(), strict=True)
    return {own: 1 if dim in ("time", "component") else min(side, size) for dim, (own, size) in dims}


class _DecodedArray(BackendArray):
    """A variable that is decoded where it is indexed."""

    def __init__(self, stored: DecodableVariable) -> None:
        self.stored, self.shape, self.dtype = stored, stored.shape, stored.dtype

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
        values = self.stored.isel(**dict(zip(self.stored.dims, boxes, strict=True))).to_numpy()
        return np.asarray(values[tuple(picks)])


def _relative(chosen: range, low: int) -> slice:
    """Return a range as a slice of the box that starts at `low`."""
    if not chosen:
        return slice(0, 0)
    stop = chosen.stop - low
    return slice(chosen.start - low, stop if stop >= 0 else None, chosen.step)
