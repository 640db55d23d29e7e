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

from idlat.archive.blocks import block_features, stored_importance
from idlat.archive.coordinates import label_field
from idlat.archive.decode import VariableDecoder
from idlat.archive.format import ArchiveRecord
from idlat.archive.info import ArchiveInfo, describe
from idlat.archive.layout import grid_of
from idlat.archive.models import LatentModel
from idlat.archive.parallel import Progress, worker_count
from idlat.archive.stores import ArchiveStore
from idlat.archive.variable import VariableRecord
from idlat.errors import ArchiveError
from idlat.fields import slabs as cut
from idlat.tiling import Box

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
        grid = grid_of(variable, self.record.periodic, self.model.cell)
        return VariableDecoder(self.store, variable, grid, self.model, self.gain)

    def decoder(self, variable: str | None = None) -> VariableDecoder:
        """Return what decodes one variable; it keeps the latents that it has read lately."""
        return self._decoders[self.record.variable(variable).name]

    def template(
        self,
        variable: str | None = None,
        time: int | slice | None = None,
        z: slice = slice(None),
        y: slice = slice(None),
        x: slice = slice(None),
    ) -> xr.DataArray:
        """Return what :meth:`decode` returns with zeros for values; it takes no memory to speak of."""
        record = self.record.variable(variable)
        values = np.broadcast_to(np.zeros((), record.dtype), record.shape)
        whole = label_field(values, record.dims, self.store, record.path).rename(record.name)
        steps, region = _steps(record, time), _region(record, z, y, x)
        selection: dict[str, Any] = {dim: slice(*span) for dim, span in zip("zyx", region, strict=True)}
        if record.has_time:
            selection["time"] = steps[0] if isinstance(time, int) else slice(steps.start, steps.stop)
        part = whole.isel(selection)
        part.encoding = dict(whole.encoding)
        return part

    def decode(
        self,
        variable: str | None = None,
        time: int | slice | None = None,
        z: slice = slice(None),
        y: slice = slice(None),
        x: slice = slice(None),
        *,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> xr.DataArray:
        """Decode a region of a variable.

        Parameters
        ----------
        variable
            Its name; may be left out where there is one only.
        time
            A step's index, a slice of them, or None for all; an index takes the axis away, as in xarray.
        z, y, x
            Half-open ranges of voxels, step 1.
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
        record = self.record.variable(variable)
        steps, region = _steps(record, time), _region(record, z, y, x)
        template = self.template(record.name, time, z, y, x)
        values = self.decoder(record.name).decode(steps, region, worker_count(workers), progress)
        labelled = template.copy(data=values.reshape(template.shape))
        labelled.encoding = template.encoding
        return labelled

    def slabs(
        self,
        variable: str | None = None,
        time: int | slice | None = None,
        z: slice = slice(None),
        y: slice = slice(None),
        x: slice = slice(None),
        *,
        max_bytes: int = 512 * 2**20,
        workers: int | None = None,
    ) -> Iterator[tuple[dict[str, slice], NDArray[Any]]]:
        """Decode a region slab by slab, for what does not fit in memory.

        Parameters
        ----------
        variable, time, z, y, x, workers
            As in :meth:`decode`.
        max_bytes
            Of a slab; it holds at least one layer.

        Yields
        ------
        where, values
            A slab's place in :meth:`template` by dimension, and its values.
        """
        record = self.record.variable(variable)
        steps, region = _steps(record, time), _region(record, z, y, x)
        template, decoder = self.template(record.name, time, z, y, x), self.decoder(record.name)
        for where in cut(template, max_bytes):
            chosen = steps[where["time"]] if "time" in where else steps
            layers = (region[0][0] + where["z"].start, region[0][0] + where["z"].stop)
            values = decoder.decode(chosen, (layers, region[1], region[2]), worker_count(workers))
            yield where, values if template.ndim == 4 else values[0]

    def latents(
        self,
        block: Literal[16, 8] = 16,
        variable: str | None = None,
        time: int | slice | None = None,
        z: slice = slice(None),
        y: slice = slice(None),
        x: slice = slice(None),
    ) -> xr.DataArray:
        """Return the latents as feature vectors of blocks (paper, Sect. 5.4); no voxel is decoded.

        Parameters
        ----------
        block
            Voxels an axis: 16 joins 2³ cells into a vector of 8·C features, channel after channel; 8 gives
            one cell's C.
        variable, time
            As in :meth:`decode`.
        z, y, x
            As in :meth:`decode`; they begin and end at multiples of `block`, or end with the field.

        Returns
        -------
        DataArray
            int32, dims ``(z_block, y_block, x_block, feature)``, with ``time`` first where the field has it.
            A block that reaches beyond the field has zeros there. The coordinate ``empty`` is true where a
            block has no valid voxel, or no latent but zeros.

        Raises
        ------
        IdlatError
            There is no such variable, step or block size, a region cuts blocks, or a chunk is missing.
        """
        record = self.record.variable(variable)
        steps, region = _steps(record, time), _region(record, z, y, x)
        features = block_features(self.decoder(record.name), steps, region, block)
        return features if record.has_time and not isinstance(time, int) else features.isel(time=0)

    def importance(self, variable: str | None = None, time: int | slice | None = None) -> xr.DataArray | None:
        """Return the importance of each block of 16³ voxels, in [0, 1]; None unless the archive keeps it.

        Returns
        -------
        DataArray or None
            float32, dims ``(z_block, y_block, x_block)``, with ``time`` first where the field has it.
        """
        record = self.record.variable(variable)
        values = stored_importance(self.store, self.record, record, _steps(record, time))
        if values is None or (record.has_time and not isinstance(time, int)):
            return values
        return values.isel(time=0)

    def coarse(self, variable: str | None = None, time: int | slice | None = None) -> xr.DataArray:
        """Return the mean of each cell of 8³ voxels, from the latents alone: a view at 1/512 of the size.

        Returns
        -------
        DataArray
            float32, dims ``(z, y, x)``, with ``time`` first where the field has it; coordinates are those of
            each cell's first voxel.
        """
        record = self.record.variable(variable)
        steps = _steps(record, time)
        values = np.stack([self.decoder(record.name).coarse(step) for step in steps])
        every = slice(None, None, self.model.cell)
        template = self.template(record.name, time).isel(z=every, y=every, x=every)
        values = values.reshape(template.shape)
        return xr.DataArray(values, template.coords, template.dims, record.name, template.attrs)

    def info(self) -> ArchiveInfo:
        """Return what the archive says of itself, and its sizes."""
        return describe(self.store, self.record, self.model)


def _region(record: VariableRecord, z: slice, y: slice, x: slice) -> Box:
    spans = []
    for name, part, length in zip("zyx", (z, y, x), record.volume, strict=True):
        start = 0 if part.start is None else part.start
        stop = length if part.stop is None else part.stop
        start, stop = (n + length if n < 0 else n for n in (start, stop))
        if part.step not in (None, 1) or not 0 <= start < stop <= length:
            raise ArchiveError(
                f"region {name}={start}:{stop} is empty or leaves the field, whose {name} runs from 0 to "
                f"{length}"
            )
        spans.append((start, stop))
    return spans[0], spans[1], spans[2]


def _steps(record: VariableRecord, time: int | slice | None) -> range:
    if time is None:
        return range(record.steps)
    if not record.has_time:
        raise ArchiveError(f"variable {record.name!r} has no time axis: leave the time out")
    if isinstance(time, slice):
        steps = range(*time.indices(record.steps))
        if not steps or steps.step != 1:
            raise ArchiveError(
                f"time {time.start}:{time.stop} selects no steps of the {record.steps} there are"
            )
        return steps
    if not -record.steps <= time < record.steps:
        raise ArchiveError(
            f"time {time} is outside the archive, whose steps run from 0 to {record.steps - 1}"
        )
    return range(time % record.steps, time % record.steps + 1)
