"""Reading an archive: regions of its fields, its latents, a coarse view, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.integrity import Binding
from idlat.archive.format.latent_model import LatentModel
from idlat.archive.format.stored_coordinates import label_field
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.read.archive_info import ArchiveInfo, describe
from idlat.archive.read.block_importance import ImportanceReader
from idlat.archive.read.block_latents import block_features
from idlat.archive.read.region_selection import Index, Selection, select
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.fields import slabs as cut
from idlat.fields.metadata.related_variables import isel_with_related
from idlat.parallel import worker_count
from idlat.progress import Progress

__all__ = ["Archive"]


@dataclass(frozen=True)
class Archive:
    """An open archive.

    Use it in a ``with`` statement, or close it, where it is a ``.zip``.

    Parameters
    ----------
    store
        Where its objects are.
    record
        Its root attributes.
    model
        What decodes it.
    """

    store: ArchiveStore
    record: ArchiveRecord
    model: LatentModel

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive's files."""
        self.store.close()

    @property
    def path(self) -> str:
        """The path or URL that it was opened with."""
        return self.store.name

    @property
    def gain(self) -> float:
        """The gain g of w = e^{aI+g}."""
        assert self.record.gain is not None
        return self.record.gain

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables."""
        return tuple(variable.name for variable in self.record.variables)

    @cached_property
    def _decoders(self) -> dict[str, VariableDecoder]:
        return {v.name: self._decoder(v) for v in self.record.variables}

    def _decoder(self, variable: VariableRecord) -> VariableDecoder:
        grid = self.record.grid(variable, self.model.cell)
        return VariableDecoder(self.store, variable, grid, self.model, self._binding(variable))

    def _binding(self, variable: VariableRecord) -> Binding:
        return Binding(self.record.id, self.gain, variable)

    def decoder(self, variable: str | None = None) -> VariableDecoder:
        """Return what decodes one variable; it keeps the latents that it has read lately."""
        return self._decoders[self.record.variable(variable).name]

    def template(
        self,
        variable: str | None = None,
        time: Index = None,
        z: Index = None,
        y: Index = None,
        x: Index = None,
        *,
        component: Index = None,
    ) -> xr.DataArray:
        """Return what :meth:`decode` returns with zeros for values; it takes no memory to speak of."""
        return self._template(select(self.record.variable(variable), time, z, y, x, component))

    def _template(self, selection: Selection) -> xr.DataArray:
        record = selection.variable
        values = np.broadcast_to(np.zeros((), record.dtype), record.shape)
        whole = label_field(values, self.store, record, self.record.id).rename(record.name)
        return isel_with_related(whole, selection.indexers())

    def decode(
        self,
        variable: str | None = None,
        time: Index = None,
        z: Index = None,
        y: Index = None,
        x: Index = None,
        *,
        component: Index = None,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> xr.DataArray:
        """Decode a region of a variable.

        Parameters
        ----------
        variable
            Its name; may be left out where there is one only.
        time, component
            A step's or a component's index, a slice of them, or None for all; an index takes the axis away,
            as in xarray. Negative ones count from the end.
        z, y, x
            The same of voxels; slices are half-open, of step 1.
        workers
            Threads; one for each processor unless given.
        progress
            Called as ``progress("decode", done, total)``.

        Returns
        -------
        DataArray
            In the field's dtype, with its coordinates, attributes and encoding; missing values as they were.

        Raises
        ------
        ArchiveError
            There is no such variable or step, the region leaves the field, or a chunk is missing or damaged.
        """
        selection = select(self.record.variable(variable), time, z, y, x, component)
        template = self._template(selection)
        values = self._values(selection, workers, progress)
        labelled = template.copy(data=values.reshape(template.shape))
        labelled.encoding = template.encoding
        return labelled

    def values(self, variable: str | None = None, **where: slice) -> NDArray[Any]:
        """Decode a box as :meth:`decode` does, without its labels: nothing is read but its chunks.

        Parameters
        ----------
        variable
            As in :meth:`decode`.
        **where
            Slices by dimension; the whole axis where absent.

        Returns
        -------
        array
            In the field's dtype, with all of its axes.

        Raises
        ------
        ArchiveError
            As :meth:`decode`.
        """
        selection = select(self.record.variable(variable), **where)
        values = self._values(selection, None, None)
        return values.reshape([*map(len, selection.lead.values()), *values.shape[1:]])

    def _values(self, selection: Selection, workers: int | None, progress: Progress | None) -> NDArray[Any]:
        """Decode a part: (frame, z, y, x)."""
        decoder = self.decoder(selection.variable.name)
        return decoder.decode(selection.frames, selection.region, worker_count(workers), progress)

    def slabs(
        self,
        variable: str | None = None,
        time: Index = None,
        z: Index = None,
        y: Index = None,
        x: Index = None,
        *,
        component: Index = None,
        max_bytes: int = 512 * 2**20,
        workers: int | None = None,
    ) -> Iterator[tuple[dict[str, slice], NDArray[Any]]]:
        """Decode a region slab by slab, for what does not fit in memory.

        Parameters
        ----------
        variable, time, z, y, x, component, workers
            As in :meth:`decode`.
        max_bytes
            Of a slab; it holds at least one layer.

        Yields
        ------
        where, values
            A slab's place in :meth:`template` by dimension, and its values.
        """
        selection = select(self.record.variable(variable), time, z, y, x, component).whole_axes()
        template, decoder = self._template(selection), self.decoder(selection.variable.name)
        for where in cut(template, max_bytes):
            part = selection.part(where)
            values = decoder.decode(part.frames, part.region, worker_count(workers))
            yield where, values.reshape(part.shape)

    def latents(
        self,
        block: Literal[16, 8] = 16,
        variable: str | None = None,
        time: Index = None,
        z: Index = None,
        y: Index = None,
        x: Index = None,
        *,
        component: Index = None,
    ) -> xr.DataArray:
        """Return the latents as feature vectors of blocks (paper, Sect. 5.4); no voxel is decoded.

        Parameters
        ----------
        block
            Voxels an axis: 16 joins 2³ cells into a vector of 8·C features, channel after channel; 8 gives
            one cell's C. The presets `paper` and `baseline` have blocks of 16 alone, of 560: y, then z.
        variable, time, component
            As in :meth:`decode`.
        z, y, x
            As in :meth:`decode`; they begin and end at multiples of `block`, or end with the field.

        Returns
        -------
        DataArray
            int32, or float32 of a model without a quantiser, dims ``(z_block, y_block, x_block, feature)``,
            with ``time`` and ``component`` first where the field has them. A block that reaches beyond the
            field has zeros there. The coordinate ``empty`` is true where a block has no valid voxel, or no
            latent but zeros.

        Raises
        ------
        IdlatError
            There is no such part or block size, the model has no such blocks, the region cuts blocks, or a
            chunk is missing.
        """
        selection = select(self.record.variable(variable), time, z, y, x, component)
        return block_features(self.decoder(selection.variable.name), selection.whole_axes(), block)

    def importance(self, variable: str | None = None, time: Index = None) -> xr.DataArray | None:
        """Return the importance of each block of 16³ voxels, in [0, 1]; None unless the archive keeps it.

        Returns
        -------
        DataArray or None
            float32, dims ``(z_block, y_block, x_block)``, with ``time`` first where the field has it.

        Raises
        ------
        ArchiveError
            There is no such variable or step, or a chunk is missing or damaged.
        """
        if not self.record.settings.keep_importance:
            return None
        selection = select(self.record.variable(variable), time)
        return ImportanceReader(self.store, self._binding(selection.variable)).read(selection)

    def coarse(
        self,
        variable: str | None = None,
        time: Index = None,
        *,
        component: Index = None,
    ) -> xr.DataArray:
        """Return the mean of each cell of 8³ voxels, from the latents alone: a view at 1/512 of the size.

        Returns
        -------
        DataArray
            float32, dims ``(z, y, x)``, with ``time`` and ``component`` first where the field has them;
            coordinates are those of each cell's first voxel.
        """
        selection = select(self.record.variable(variable), time, component=component)
        decoder = self.decoder(selection.variable.name)
        values = np.stack([decoder.coarse(frame) for frame in selection.frames])
        every = slice(None, None, self.model.cell)
        template = self._template(selection).isel(z=every, y=every, x=every)
        values = values.reshape(template.shape)
        return xr.DataArray(values, template.coords, template.dims, template.name, template.attrs)

    def info(self) -> ArchiveInfo:
        """Return what the archive says of itself, and its sizes."""
        return describe(self.store, self.record)
