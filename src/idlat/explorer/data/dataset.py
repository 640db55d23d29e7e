"""An open archive and, perhaps, the field that it was made of: volumes of each, bounded in memory.

::

    archive ─ decode ──────────▶ reconstruction ┐
    field ── read, NaN if missing ─▶ original ──┴─▶ difference      whole, a region, or the means of cells
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from idlat.archive import FieldReader, match_field, open_archive, with_latents
from idlat.errors import FieldError, IdlatError
from idlat.explorer.data.archive_description import BLOCK, ArchiveDescription
from idlat.explorer.data.field_mismatch import check_field
from idlat.explorer.data.open_fields import Given, open_fields
from idlat.explorer.data.step_volumes import Kind, StepValues, Volume, thinned
from idlat.fields import FieldPath
from idlat.progress import Progress
from idlat.shared_cache import Cache
from idlat.tiling import Box, box_shape

__all__ = ["BLOCK", "Dataset", "Kind", "Volume"]


@dataclass(frozen=True, eq=False)
class Dataset(ArchiveDescription):
    """An open archive with its field; safe to use from several threads.

    Attributes
    ----------
    readers : mapping of str to FieldReader
        The original of each variable; empty where no field was given.
    paths : tuple of Path or str
        Of the field's files.
    cache : Cache
        Volumes, and what else is expensive to compute.
    largest : int
        Voxels up to which values are shown as they are; a larger volume by the means of its cells.
    how : mapping
        How the files are read, as keywords of :func:`idlat.open_field`.
    """

    readers: Mapping[str, FieldReader]
    paths: tuple[FieldPath, ...]
    cache: Cache
    largest: int = 256**3
    how: Mapping[str, Any] = attribute(default_factory=dict)

    @classmethod
    def open(
        cls,
        archive: str | Path,
        field: Given = None,
        *,
        model: str | Path | None = None,
        memory: int = 2**30,
        how: Mapping[str, Any] | None = None,
    ) -> Dataset:
        """Open an archive, and the field that it was made of.

        Parameters
        ----------
        archive
            Its path or URL.
        field
            A file, the files of a series, or an array in memory; without it there is no original to compare.
        model
            The model that the archive was written with, where it is neither shipped nor carried.
        memory
            Bytes of decoded arrays to keep.
        how
            How the field's files are read, as keywords of :func:`idlat.open_field`.

        Raises
        ------
        IdlatError
            The archive cannot be opened, or the field is not the one that it was made of.
        """
        opened = with_latents(open_archive(archive, model))
        try:
            if len({variable.volume for variable in opened.record.variables}) > 1:
                raise IdlatError(
                    f"{opened.path}: its variables lie on several grids, and the explorer shows those of "
                    "one: compress them into archives of their own"
                )
            given, paths = open_fields(opened.variables, field, how or {})
            records = opened.record.variables
            readers = match_field(opened, given, records) if given else []
        except BaseException:
            opened.close()
            raise
        named = {record.name: reader for record, reader in zip(records, readers, strict=False)}
        dataset = cls(opened, MappingProxyType(named), paths, Cache(memory), how=how or {})
        try:
            check_field(dataset)
        except BaseException:
            dataset.close()
            raise
        return dataset

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive and drop what is kept."""
        self.cache.clear()
        self.archive.close()

    @property
    def large(self) -> bool:
        """Whether a step is too large to be shown whole, voxel by voxel."""
        return math.prod(self.shape) > self.largest

    @property
    def has_field(self) -> bool:
        """Whether the original is at hand."""
        return bool(self.readers)

    def volume(
        self,
        kind: Kind,
        step: int,
        largest: int | None = None,
        *,
        variable: str | None = None,
        region: Box | None = None,
        progress: Progress | None = None,
    ) -> Volume:
        """Return the values of a step.

        Parameters
        ----------
        kind
            ``original``, ``reconstruction``, or ``difference``: the reconstruction less the original.
        step
            Its index.
        largest
            Voxels up to which values come as they are, the dataset's unless given; a larger volume comes as
            means of cells of 8³ voxels.
        variable
            The first one unless named; of one with components the length.
        region
            Voxels; the whole step unless given. Means of cells are of all cells that it touches.
        progress
            Told of the stages ``read`` and ``decode``; what it raises ends the work.

        Raises
        ------
        FieldError
            The original is wanted and no field was given.
        IdlatError
            There is no such step, variable or region, or a chunk is damaged.
        """
        name = self.record(variable).name
        step, box = self.check_step(step), self._checked(region)
        if kind != "reconstruction" and not self.has_field:
            raise FieldError(f"the {kind} needs the field: start the explorer with it after the archive")
        largest = self.largest if largest is None else largest
        if math.prod(box_shape(box)) <= largest:
            return Volume(self._values(kind, name, step, box, progress), self.spacing, 1, box)
        means = self._values(kind, name, step, None, progress)
        values, stride, shown = thinned(means, self.archive.model.cell, box, self.shape, largest)
        z, y, x = (length * stride for length in self.spacing)
        return Volume(values, (z, y, x), stride, shown)

    def _values(
        self, kind: Kind, name: str, step: int, box: Box | None, progress: Progress | None
    ) -> NDArray[np.float32]:
        """Return voxels, or means of all cells, from the cache or newly computed."""

        def make() -> NDArray[np.float32]:
            if kind == "difference":
                decoded = self._values("reconstruction", name, step, box, progress)
                return decoded - self._values("original", name, step, box, progress)
            values = StepValues(self.archive.decoder(name), self.readers.get(name), step)
            return values.of(kind, box, progress)

        return self.cache.get((kind, name, step, box), make, lambda values: values.nbytes)

    def cells(
        self, step: int, variable: str | None = None, progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Return the means (z, y, x) of all cells of a step as they are decoded, from the latents alone."""
        name = self.record(variable).name
        return self._values("reconstruction", name, self.check_step(step), None, progress)

    def _checked(self, region: Box | None) -> Box:
        z, y, x = ((0, n) for n in self.shape) if region is None else region
        for name, (start, stop), length in zip("zyx", (z, y, x), self.shape, strict=True):
            if not 0 <= start < stop <= length:
                raise IdlatError(
                    f"region {name}={start}:{stop} is empty or outside the field ({name} runs 0:{length})"
                )
        return z, y, x
