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
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from idlat.archive import Archive, FieldReader, VariableRecord, match_field, open_archive
from idlat.errors import FieldError, IdlatError, ImportanceError
from idlat.explorer.data.field_mismatch import check_field
from idlat.explorer.data.open_fields import Given, open_fields
from idlat.explorer.data.step_volumes import Kind, StepValues, Volume, thinned
from idlat.explorer.notation import written_units
from idlat.fields import FieldPath
from idlat.importance.measures.voxel_spacing import spacing_of
from idlat.progress import Progress
from idlat.shared_cache import Cache
from idlat.tiling import Box, Triple, box_shape

__all__ = ["BLOCK", "Dataset", "Kind", "Volume"]

BLOCK: Literal[16] = 16
"""Voxels an axis of a block."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """An open archive with its field; safe to use from several threads.

    Attributes
    ----------
    archive : Archive
        What is explored.
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

    archive: Archive
    readers: Mapping[str, FieldReader]
    paths: tuple[FieldPath, ...]
    cache: Cache
    largest: int = 256**3
    how: Mapping[str, Any] = attribute(default_factory=dict)

    block = BLOCK

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
        opened = open_archive(archive, model)
        try:
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
    def variables(self) -> tuple[str, ...]:
        """Names of the variables; all share one grid."""
        return self.archive.variables

    def record(self, variable: str | None = None) -> VariableRecord:
        """Return the archive's record of a variable, the first one unless named.

        Raises
        ------
        ArchiveError
            There is no such variable.
        """
        return self.archive.record.variable(self.variables[0] if variable is None else variable)

    @property
    def steps(self) -> int:
        """Time steps."""
        return self.record().steps

    @property
    def shape(self) -> Triple:
        """Voxels along z, y, x."""
        return self.record().volume

    @property
    def block_shape(self) -> Triple:
        """Blocks along z, y, x; the last ones may reach beyond the field."""
        z, y, x = (-(-n // BLOCK) for n in self.shape)
        return z, y, x

    @property
    def large(self) -> bool:
        """Whether a step is too large to be shown whole, voxel by voxel."""
        return math.prod(self.shape) > self.largest

    @property
    def has_field(self) -> bool:
        """Whether the original is at hand."""
        return bool(self.readers)

    @property
    def expression(self) -> str | None:
        """The importance expression that the archive was written under; None for a file or an array."""
        source = self.archive.record.importance
        return source.text if source.kind == "expression" else None

    @property
    def gain(self) -> float:
        """g of w = e^{aI+g}."""
        return self.archive.gain

    @property
    def adjustable(self) -> bool:
        """Whether its model has a range of qualities; those of the presets paper and baseline have one."""
        low, high = self.archive.model.gain_limits
        return low < high

    @property
    def quality(self) -> float | None:
        """The gain on the scale from 0 to 100 that ``--quality`` has; None where there is no choice."""
        low, high = self.archive.model.gain_limits
        return 100 * (self.gain - low) / (high - low) if self.adjustable else None

    @cached_property
    def _placed(self) -> tuple[tuple[float, float, float], str]:
        """Distance between voxels and its unit: physical where all axes have one unit, else voxels."""
        template = self.archive.template(self.variables[0])
        try:
            spacing = spacing_of(template, "physical")
        except ImportanceError:
            return (1.0, 1.0, 1.0), "voxels"
        return spacing, str(template.coords["x"].attrs.get("units", ""))

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxels along z, y, x."""
        return self._placed[0]

    @property
    def length_units(self) -> str:
        """What `spacing` is in; ``voxels`` where the field does not say."""
        return self._placed[1]

    @property
    def units(self) -> str:
        """Unit of the first variable's values."""
        return self.units_of()

    def units_of(self, variable: str | None = None) -> str:
        """Return the unit of a variable's values, empty where it is not known."""
        given = self.archive.template(self.record(variable).name).attrs.get("units", "")
        return written_units(str(given))

    @cached_property
    def times(self) -> tuple[str, ...]:
        """What to call each step: the time coordinate, or its index."""
        template = self.archive.template(self.variables[0])
        if "time" not in template.coords:
            return tuple(str(step) for step in range(self.steps))
        return tuple(str(value) for value in np.atleast_1d(template.coords["time"].values))

    def check_step(self, step: int) -> int:
        """Return a step.

        Raises
        ------
        IdlatError
            There is no such step.
        """
        if not 0 <= step < self.steps:
            raise IdlatError(f"there is no step {step}: the steps run from 0 to {self.steps - 1}")
        return step

    def value_range(self, step: int, variable: str | None = None) -> tuple[float, float]:
        """Return the extremes of the valid values of the series that a step was written in.

        Of a field of components those of the length, as far as the components' own extremes tell. Equal where
        the field is constant.
        """
        record, first = self.record(variable), self.check_step(step) * self.record(variable).components
        ranges = [record.normalisation(first + i) for i in range(record.components)]
        if len(ranges) == 1:
            return ranges[0].minimum, ranges[0].maximum
        return 0.0, math.hypot(*(max(abs(n.minimum), abs(n.maximum)) for n in ranges))

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
