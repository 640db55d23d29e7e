"""Reading an archive: regions of its fields, its latents, a coarse view, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Literal, Self

import xarray as xr

from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.create_arrays import read_coding
from idlat.archive.format.losses import NO_LOSSES, Losses
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.read.archive_info import ArchiveInfo, bytes_streams, describe
from idlat.archive.read.lazy_dataset import lazy_dataset
from idlat.archive.read.region_selection import Index, RegionSelection
from idlat.archive.read.stored_variable import StoredLabels, StoredVariable
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.model.latent_model import LatentModel
from idlat.parallel import Scheduler
from idlat.progress import Progress
from idlat.tiling import Box

__all__ = ["Archive", "Block"]


@dataclass(frozen=True)
class Block:
    """A block of a parallel run.

    Attributes
    ----------
    own, stored
        Its voxels in the whole grid, and those that its archive holds: with its halo.
    archive
        Of the block.
    """

    own: Box
    stored: Box
    archive: Archive


@dataclass(frozen=True)
class Archive(Mapping[str, StoredVariable]):
    """An open archive: a mapping of its variables' names to :class:`StoredVariable`.

    Use it in a ``with`` statement, or close it, where it is a ``.zip``.

    Attributes
    ----------
    store
        Where its objects are.
    record
        Its root attributes.
    model
        What decodes it.
    losses
        What it has lost, as :func:`idlat.repair` noted; what depends on it decodes as missing values.
    """

    store: ArchiveStore
    record: ArchiveRecord
    model: LatentModel
    losses: Losses = NO_LOSSES

    def __repr__(self) -> str:
        return "\n".join([f"<idlat.Archive {self.path!r}>", *(f"  {stored!r}" for stored in self.values())])

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
    def blocks(self) -> Sequence[Block]:
        """The archives that it consists of; none unless a parallel run wrote blocks."""
        return ()

    def bytes_streams(self, variables: Sequence[VariableRecord]) -> int:
        """Return the bytes of every stored object that decoding some variables needs."""
        return bytes_streams(self.store, variables, self.losses)

    def bytes_archive(self) -> int:
        """Return the bytes of everything on disk."""
        return self.store.size_on_disk()

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

    @property
    def steps(self) -> int:
        """Time steps, 1 without time; of the blocks of a parallel run, those that all blocks have."""
        return self.record.variables[0].steps

    @cached_property
    def _stored(self) -> dict[str, StoredVariable]:
        return {variable.name: self._opened(variable) for variable in self.record.variables}

    def _opened(self, variable: VariableRecord) -> StoredVariable:
        grid = self.record.grid(variable, self.model.cell)
        binding = self.record.binding(variable, self.gain)
        losses, model = self.losses.of(variable), self.model
        if not losses.everything:
            model = read_coding(self.store, variable, self.record, model)
        decoder = VariableDecoder(self.store, variable, grid, model, binding, losses)
        return StoredVariable(decoder, StoredLabels(decoder, self.losses), RegionSelection.whole(variable))

    def __getitem__(self, name: str) -> StoredVariable:
        """Return a variable, of which nothing is read yet.

        Raises
        ------
        KeyError
            There is no such variable.
        """
        if name not in self._stored:
            raise KeyError(f"{self.path} has no variable {name!r}; it has: {', '.join(self.variables)}")
        return self._stored[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def variable(self, name: str | None = None) -> StoredVariable:
        """Return the variable of a name, or the only one there is.

        Raises
        ------
        ArchiveError
            There is no such variable, or several and none was named.
        """
        return self[self.record.variable(name).name]

    def decoder(self, variable: str | None = None) -> VariableDecoder:
        """Return what decodes one variable; it keeps the latents that it has read lately."""
        return self.variable(variable).decoder

    def template(self, variable: str | None = None, **indices: Index) -> xr.DataArray:
        """Return what :meth:`decode` returns with zeros for values; it takes no memory to speak of."""
        return self.variable(variable).isel(**indices).template

    def decode(
        self,
        variable: str | None = None,
        time: Index = None,
        z: Index = None,
        y: Index = None,
        x: Index = None,
        *,
        component: Index = None,
        coarse: int | None = None,
        workers: int | None = None,
        scheduler: Scheduler | None = None,
        progress: Progress | None = None,
    ) -> xr.DataArray:
        """Decode a region of a variable, or see it from afar.

        Parameters
        ----------
        variable
            Its name; may be left out where there is one only.
        time, component
            A step's or a component's index, a slice of them, or None for all; an index takes the axis away,
            as in xarray. Negative ones count from the end.
        z, y, x
            The same of voxels; slices are half-open, of step 1.
        coarse
            Side of blocks of voxels, 8, 16 …, whose means are wanted: see :meth:`StoredVariable.decode`.
        workers
            Threads; one for each processor unless given.
        scheduler
            A Dask cluster to run on instead of threads: see :func:`idlat.compress`.
        progress
            Called as ``progress("decode", done, total)``.

        Returns
        -------
        DataArray
            In the field's dtype, with its coordinates, attributes and encoding; missing values as they were.
            Of means: float32, float64 of variables of 64 bits, at coordinates of the blocks' centres.

        Raises
        ------
        ArchiveError
            There is no such variable or step, the region leaves the field, or a chunk is missing or damaged.
        """
        part = self.variable(variable).isel(time=time, component=component, z=z, y=y, x=x)
        return part.decode(workers, progress, scheduler=scheduler, coarse=coarse)

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
        workers: int | None = None,
        scheduler: Scheduler | None = None,
        progress: Progress | None = None,
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
        workers, scheduler
            As in :meth:`decode`. The latents come here.
        progress
            Called as ``progress("latents", done, total)``.

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
        part = self.variable(variable).isel(time=time, component=component, z=z, y=y, x=x)
        return part.latents(block, workers, progress, scheduler=scheduler)

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
        return self.variable(variable).isel(time=time).importance()

    def to_xarray(self) -> xr.Dataset:
        """Return the variables as a Dataset that is decoded where it is indexed, while the archive is open.

        Raises
        ------
        ArchiveError
            Coordinates are missing or damaged.
        """
        return lazy_dataset(self.values())

    def info(self) -> ArchiveInfo:
        """Return what the archive says of itself, and its sizes."""
        return describe(self.store, self.record, self.losses)
