"""A variable of an open archive, or a part of it: selected once, decoded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.format.losses import NO_LOSSES, Losses
from idlat.archive.format.stored_coordinates import label_field
from idlat.archive.read import coarse_view
from idlat.archive.read.block_importance import ImportanceReader
from idlat.archive.read.block_latents import block_features
from idlat.archive.read.lazy_dataset import lazy_dataset
from idlat.archive.read.lost_voxels import missing_value
from idlat.archive.read.region_selection import Index, RegionSelection
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.archive.storage.archive_store import one_line
from idlat.errors import ArchiveError
from idlat.fields import slabs as cut
from idlat.fields.metadata.related_variables import isel_with_related
from idlat.parallel import Scheduler, Workers, executor_of
from idlat.progress import Progress

__all__ = ["StoredLabels", "StoredVariable"]


@dataclass(frozen=True)
class StoredLabels:
    """The coordinates, attributes and encoding of a variable, read once; those that are lost are left out."""

    decoder: VariableDecoder
    losses: Losses = NO_LOSSES

    @cached_property
    def field(self) -> xr.DataArray:
        """The whole field with zeros for values, which take no memory to speak of.

        Raises
        ------
        ArchiveError
            They are missing or damaged.
        """
        store, record = self.decoder.store, self.decoder.variable
        values = np.broadcast_to(np.zeros((), record.dtype), record.shape)
        archive = self.decoder.binding.archive
        field = label_field(values, store, record, archive, self.losses).rename(record.name)
        if self.decoder.losses and not record.fill_values and field.dtype.kind in "iu":
            field.encoding["_FillValue"] = missing_value(record)  # of voxels that are lost
        return field


@dataclass(frozen=True)
class StoredVariable:
    """A variable of an archive as it is stored, or a part of it.

    Attributes
    ----------
    decoder
        Of the variable.
    labels
        Of the variable.
    selection
        The part.

    Examples
    --------
    >>> import idlat
    >>> field = xr.DataArray(np.zeros((8, 8, 8), "float32"), dims=("z", "y", "x"), name="p")
    >>> part = idlat.compress(field, "memory://examples/p.idlat")["p"].isel(z=slice(0, 4), x=7)
    >>> part
    <idlat.StoredVariable 'p' (z: 4, y: 8) float32>
    >>> part.decode().shape
    (4, 8)
    """

    decoder: VariableDecoder
    labels: StoredLabels
    selection: RegionSelection

    def __repr__(self) -> str:
        sizes = ", ".join(f"{dim}: {n}" for dim, n in zip(self.dims, self.shape, strict=True))
        return f"<idlat.StoredVariable {self.name!r} ({sizes}) {self.dtype}>"

    @property
    def name(self) -> str:
        """The variable's name."""
        return self.selection.variable.name

    @property
    def dims(self) -> tuple[str, ...]:
        """The axes that the part keeps."""
        return self.selection.dims

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.selection.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return np.dtype(self.selection.variable.dtype)

    def isel(self, **indices: Index) -> StoredVariable:
        """Return a part by index, as xarray does.

        Parameters
        ----------
        **indices
            Of each axis, of ``time``, ``component``, ``z``, ``y`` and ``x``, an index, which takes the axis
            away, a slice, or None for all. Slices of voxels are half-open, of step 1. Negative ones count
            from the end.

        Raises
        ------
        ArchiveError
            There is no such axis or part.
        """
        return replace(self, selection=self.selection.isel(indices))

    def sel(
        self, method: Literal["nearest", "pad", "backfill"] | None = None, **labels: Any
    ) -> StoredVariable:
        """Return a part by coordinates, as xarray does.

        Parameters
        ----------
        method
            What to take where no coordinate is the label, as in xarray.
        **labels
            Of each axis, by its name here or in the file that it came from, a value of its coordinate, or a
            slice of values, both ends included.

        Raises
        ------
        ArchiveError
            There is no such axis, coordinate or label.
        """
        template = self.template
        names = {name: dim for dim, name in template.encoding.get("idlat_names", {}).items()}
        indices: dict[str, Index] = {}
        for name, label in labels.items():
            dim = name if name in self.dims else names.get(name, name)
            if dim not in self.dims or dim not in template.coords:
                raise ArchiveError(f"variable {self.name!r} has no axis {name!r} with coordinates")
            indices[dim] = _index_of(template.coords[dim], name, label, method)
        return self.isel(**indices)

    @property
    def template(self) -> xr.DataArray:
        """What :meth:`decode` returns, with zeros for values; it takes no memory to speak of."""
        own = self.labels.field.copy(
            deep=False
        )  # what is done to it does not change the labels that are kept
        return isel_with_related(own, self.selection.indexers())

    def decode(
        self,
        workers: int | None = None,
        progress: Progress | None = None,
        *,
        scheduler: Scheduler | None = None,
        coarse: int | None = None,
    ) -> xr.DataArray:
        """Decode the part, or see it from afar.

        Parameters
        ----------
        workers
            Threads; one for each processor unless given.
        progress
            Called as ``progress("decode", done, total)``.
        scheduler
            A Dask cluster to run on instead of threads: see :func:`idlat.compress`. The values come here.
        coarse
            Side of blocks of voxels, 8, 16 …, whose means are wanted; the part begins and ends on blocks, or
            ends with the field. The default model's come from its second transform alone, and from the
            levels of cells where a map has changed them; other models decode every chunk.

        Returns
        -------
        DataArray
            In the field's dtype, with its coordinates, attributes and encoding; missing values as they were.
            Of means: float32, float64 of variables of 64 bits; NaN where no value is valid, at coordinates
            of the blocks' centres.

        Raises
        ------
        ArchiveError
            A chunk is missing or damaged, or there are no such blocks.
        """
        template = self.template
        if coarse is not None:
            selection = self.selection.whole_axes()
            blocks = coarse_view.coarse_blocks(self.decoder, selection, coarse)
            means = coarse_view.coarse_values(self.decoder, selection.frames, blocks, coarse, progress)
            return coarse_view.label_blocks(template, means, coarse)
        with executor_of(workers, scheduler) as executor:
            labelled = template.copy(data=self.to_numpy(executor, progress))
        labelled.encoding = template.encoding
        return labelled

    def to_numpy(self, workers: Workers | None = None, progress: Progress | None = None) -> NDArray[Any]:
        """Decode the part as :meth:`decode` does, without its labels: nothing is read but its chunks."""
        frames, region = self.selection.frames, self.selection.region
        with executor_of(workers, None) as executor:
            return self.decoder.decode(frames, region, executor, progress).reshape(self.shape)

    def to_xarray(self) -> xr.DataArray:
        """Return the part as a DataArray that is decoded where it is indexed, while the archive is open.

        Raises
        ------
        ArchiveError
            Coordinates are missing or damaged.
        """
        return lazy_dataset([self])[self.name]

    def slabs(
        self,
        max_bytes: int = 512 * 2**20,
        workers: int | None = None,
        scheduler: Scheduler | None = None,
    ) -> Iterator[tuple[dict[str, slice], NDArray[Any]]]:
        """Decode the part slab by slab, for what does not fit in memory.

        Parameters
        ----------
        max_bytes
            Of a slab; it holds at least one layer.
        workers, scheduler
            As in :meth:`decode`.

        Yields
        ------
        where, values
            A slab's place in :attr:`template` by dimension, and its values.
        """
        whole = replace(self, selection=self.selection.whole_axes())
        with executor_of(workers, scheduler) as executor:
            for where in cut(whole.template, max_bytes):
                yield where, whole.isel(**where).to_numpy(executor)

    def latents(
        self,
        block: Literal[16, 8] = 16,
        workers: int | None = None,
        progress: Progress | None = None,
        *,
        scheduler: Scheduler | None = None,
    ) -> xr.DataArray:
        """Return the latents as feature vectors of blocks, as :meth:`Archive.latents` does."""
        with executor_of(workers, scheduler) as executor:
            return block_features(self.decoder, self.selection.whole_axes(), block, executor, progress)

    def importance(self) -> xr.DataArray:
        """Return the stored importance of each block, as :meth:`Archive.importance` does."""
        decoder, lost = self.decoder, self.decoder.losses.importance
        return ImportanceReader(decoder.store, decoder.binding, lost).read(self.selection)


def _index_of(coordinate: xr.DataArray, name: str, label: Any, method: str | None) -> int | slice:
    """Return where a label, or a slice of labels, lies on an axis."""
    (dim,) = coordinate.dims
    places = xr.DataArray(np.arange(coordinate.size), {dim: coordinate.variable}, (dim,))
    try:
        found = places.sel({dim: label}, method=None if isinstance(label, slice) else method).values
    except (KeyError, TypeError, ValueError) as error:
        raise ArchiveError(f"{name}={label!r} is no label of that axis: {one_line(error)}") from None
    if found.ndim == 0:
        return int(found)
    if not isinstance(label, slice | str):  # a text may mean several times, such as a day
        raise ArchiveError(
            f"{name} takes one label or a slice of them, got {repr(label)[:100]}: to_xarray().sel(…) takes "
            "several"
        )
    if not found.size:
        ends = coordinate.values[0], coordinate.values[-1]
        raise ArchiveError(
            f"{name}={repr(label)[:100]} selects nothing: the axis runs from {ends[0]} to {ends[1]}, and so "
            "should a slice"
        )
    return slice(int(found[0]), int(found[-1]) + 1)
