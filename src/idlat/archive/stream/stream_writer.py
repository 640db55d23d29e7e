"""`idlat.StreamWriter`: the steps of a running simulation, compressed as they come.

::

    append(step, block, offset) ──the first──▶ idlat.compress ──▶ an archive
                                ──others─────▶ an append: gain, tables, normalisation of the first

One block that is the whole grid is an ordinary archive. Smaller ones, of the ranks of a parallel run, are an
archive each in a folder (:mod:`idlat.archive.read.blocks.block_folder`), which is read as one field.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from idlat.archive.compress_field import compress
from idlat.archive.format.root_document import is_archive, read_record
from idlat.archive.read.archive import Archive
from idlat.archive.read.blocks.block_folder import BlockFolder, block_name
from idlat.archive.storage.archive_location import location_of
from idlat.archive.storage.archive_store import local_path
from idlat.errors import ArchiveError, FieldError, IdlatError, OutputError
from idlat.fields import as_field
from idlat.tiling import Box, Triple

if TYPE_CHECKING:
    from idlat.importance import Importance

__all__ = ["StepReport", "StreamWriter"]

StreamMode = Literal["w-", "w", "a"]
Block = ArrayLike | Mapping[str, ArrayLike]


@dataclass(frozen=True)
class StepReport:
    """What became of one block of one step.

    Attributes
    ----------
    step
        Its index.
    bytes_original, bytes_streams
        Of the block's values, and of the objects that they became.
    max_error
        The largest error of any voxel of this block so far, by variable; 0 where none is finite.
    """

    step: int
    bytes_original: int
    bytes_streams: int
    max_error: Mapping[str, float]


class StreamWriter:
    """Compresses the steps of a running simulation as they come; readers see each finished one at once.

    Parameters
    ----------
    path
        The archive to be, or where blocks are smaller than the grid, the local folder of their archives.
    like
        A field ``(z, y, x)`` on the whole grid, or a Dataset of several, perhaps with ``component``: names,
        dtype, coordinates and attributes are taken from it, values never (any lazy array will do).
    importance
        An expression, evaluated on each block by itself. Percentiles, ``gradient()`` and what else is
        relative to the whole step are relative to the block.
    quality, max_error, effort, importance_range
        As :func:`idlat.compress` takes them. `quality` is relative to the spread of a block's first step, so
        give a number for `max_error` where blocks differ.
    halo
        Voxels by which a block reaches into its neighbours, 0 or 4: reading blends blocks over them.
    mode
        ``w-``: nothing may be there. ``w``: what this writer's blocks were is replaced by their first step.
        ``a``: a run goes on: steps that are stored are left as they are, an unfinished one is written again.
    workers
        Threads; one unless given, since a simulation has its own.

    Raises
    ------
    IdlatError
        An argument is out of range.

    Examples
    --------
    >>> like = xr.DataArray(np.zeros((8, 8, 8), "float32"), dims=("z", "y", "x"), name="p")
    >>> with StreamWriter("memory://examples/run.idlat", like, max_error=0.01) as writer:
    ...     for step in range(3):
    ...         report = writer.append(step, np.full((8, 8, 8), step, "float32"), time=0.5 * step)
    >>> import idlat
    >>> idlat.open_archive("memory://examples/run.idlat").decode().time.values.tolist()
    [0.0, 0.5, 1.0]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        like: xr.DataArray | xr.Dataset,
        importance: Importance = None,
        *,
        quality: float | None = None,
        max_error: float | Sequence[float] | None = None,
        effort: int | None = None,
        importance_range: float | None = None,
        halo: int = 0,
        mode: StreamMode = "w-",
        workers: int = 1,
    ) -> None:
        if mode not in get_args(StreamMode):
            raise OutputError(f"mode {mode!r} is unknown: choose one of {', '.join(get_args(StreamMode))}")
        if halo not in (0, 4):
            raise IdlatError(f"halo should be 0 or 4 voxels, got {halo}")
        if isinstance(max_error, str):
            raise IdlatError(
                f"max_error {max_error!r}: a running simulation knows no range yet, give a number"
            )
        arrays = list(like.data_vars.values()) if isinstance(like, xr.Dataset) else [like]
        if not arrays:
            raise FieldError("there is no variable in `like`: expected at least one")
        self._like = [_one_step(as_field(array)) for array in arrays]
        self._time = dict(arrays[0].coords["time"].attrs) if "time" in arrays[0].coords else {}
        self.path, self.importance, self.mode, self.workers = path, importance, mode, workers
        if len({each.shape[-3:] for each in self._like}) > 1:
            raise FieldError("the variables of `like` lie on several grids: use a writer for each")
        z, y, x = self._like[0].shape[-3:]
        self.shape: Triple = (z, y, x)
        self.halo = halo
        self._fixed: dict[str, Any] = {
            "quality": quality,
            "max_error": max_error,
            "effort": effort,
            "importance_range": importance_range,
        }
        self._steps: dict[Box, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is left to be written: every finished step is on the disk."""

    def append(
        self,
        step: int,
        local_block: Block,
        offset: Sequence[int] = (0, 0, 0),
        *,
        time: Any = None,
        importance: Importance = None,
    ) -> StepReport | None:
        """Compress a block of a step, and return once it is stored.

        Parameters
        ----------
        step
            0, 1, 2 …
        local_block
            Values ``(z, y, x)``, or ``(component, z, y, x)``; of several variables a mapping of their names.
            With a halo, the block's own voxels and as many more as it reaches into its neighbours.
        offset
            Of the first of the block's own voxels in the whole grid.
        time
            The step's coordinate ``time``, of all steps or none.
        importance
            A map of this block, where the importance is no expression.

        Returns
        -------
        StepReport or None
            None where the step was stored by an earlier run.

        Raises
        ------
        IdlatError
            The block does not fit, steps are left out, or nothing can be written; what is stored stays.
        """
        fields = self._fields(local_block, tuple(int(n) for n in offset), time)
        folder, box, place = self._place(tuple(int(n) for n in offset), fields[0].shape[-3:])
        if box not in self._steps:
            self._steps[box] = self._begin(folder, box, place)
        stored = self._steps[box]
        if step != stored:
            if 0 <= step < stored and self.mode == "a":
                return None
            raise IdlatError(f"step {step} was given, expected {stored}: steps come one after the other")
        options: dict[str, Any] = {"workers": self.workers}
        given = self.importance if importance is None else importance
        if step:
            archive = compress(fields, place, given, mode="a+w", **options)
        else:
            fresh: Any = "w" if self.mode in ("w", "a") else "w-"
            archive = compress(fields, place, given, mode=fresh, **self._fixed, **options)
        self._steps[box] = step + 1
        with archive:
            return _report(archive, step)

    def _fields(self, block: Block, offset: tuple[int, ...], time: Any) -> list[xr.DataArray]:
        """Give a step of a block its names and coordinates."""
        if len(offset) != 3:
            raise FieldError(f"offset should be three numbers (z, y, x), got {offset}")
        names = [str(like.name) for like in self._like]
        if not isinstance(block, Mapping):
            if len(names) > 1:
                raise FieldError(f"expected a mapping with {', '.join(names)}, got one array")
            block = {names[0]: block}
        if set(block) != set(names):
            raise FieldError(f"expected the variables {', '.join(names)}, got {', '.join(map(str, block))}")
        return [self._field(like, np.asarray(block[str(like.name)]), offset, time) for like in self._like]

    def _field(self, like: xr.DataArray, values: Any, offset: tuple[int, ...], time: Any) -> xr.DataArray:
        if values.ndim != like.ndim or values.shape[:-3] != like.shape[:-3]:
            raise FieldError(
                f"a block of {like.name!r} should have the axes {like.dims}, got an array of {values.shape}"
            )
        if values.dtype.newbyteorder("=") != like.dtype.newbyteorder("="):
            raise FieldError(f"a block of {like.name!r} is {values.dtype}, `like` is {like.dtype}")
        where = {}
        for dim, at, size, n in zip("zyx", offset, values.shape[-3:], self.shape, strict=True):
            start = at - min(self.halo, at)
            if at < 0 or start + size > n:
                raise FieldError(f"a block of {size} at {at} leaves the grid, which has {n} along {dim}")
            where[dim] = slice(start, start + size)
        field = like.isel(where).copy(data=values)
        field.encoding = like.encoding
        if time is not None:
            field = field.assign_coords(time=((), time, self._time))
        return field.expand_dims("time")

    def _place(
        self, offset: tuple[int, ...], size: tuple[int, ...]
    ) -> tuple[BlockFolder | None, Box, str | os.PathLike[str]]:
        z, y, x = offset
        a, b, c = size
        if (offset, size) == ((0, 0, 0), self.shape):
            return None, ((0, a), (0, b), (0, c)), self.path
        local = local_path(self.path)
        if local is None:
            raise OutputError(f"{os.fspath(self.path)}: blocks of a grid are written to a local folder")
        folder = BlockFolder(Path(local), self.shape, self.halo)
        box = folder.core_box((z, y, x), (a, b, c))
        if any(stop <= start for start, stop in box):
            raise FieldError(f"a block of {size} at {offset} is thinner than its halo of {self.halo}")
        return folder, box, folder.path / block_name(box)

    def _begin(self, folder: BlockFolder | None, box: Box, place: str | os.PathLike[str]) -> int:
        """Return how many steps a block has already."""
        if folder is not None:
            folder.begin()
            folder.check_free(box)
        found = location_of(place)
        if self.mode != "a" or not is_archive(found):
            return 0
        record = read_record(found.open())
        if not record.complete:  # its first step was not finished
            return 0
        names = [variable.name for variable in record.variables]
        if names != [str(like.name) for like in self._like]:
            raise ArchiveError(f"{found.name} holds {', '.join(names)}: this is another run")
        return record.variables[0].steps


def _report(archive: Archive, step: int) -> StepReport:
    """Say what a step became."""
    original, streams, errors = 0, 0, {}
    for variable in archive.record.variables:
        original += variable.bytes_original // variable.steps
        frames = range(step * variable.components, (step + 1) * variable.components)
        objects = [f"{kind}/c/{frame}/" for kind in ("latents", "second", "residual") for frame in frames]
        streams += sum(
            archive.store.size(f"{variable.path}/{each}") for each in (*objects, f"step/c/{step}/")
        )
        errors[variable.name] = 0.0 if variable.errors is None else float(variable.errors.max_error or 0.0)
    return StepReport(step, original, streams, errors)


def _one_step(field: xr.DataArray) -> xr.DataArray:
    """Take one step of a field, and drop its time."""
    first = field.isel(time=0) if "time" in field.dims else field
    bare = first.drop_vars("time", errors="ignore")
    bare.encoding = {key: value for key, value in field.encoding.items() if key != "idlat_dims"}
    return bare
