"""Reading what the analysis takes of a tile: normalised values without gaps, and importance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.original.field_reader import FieldReader
from idlat.archive.original.fill_missing import fill_smoothly
from idlat.fields.arrays.missing_values import VALID
from idlat.tiling import Box, Grid

__all__ = ["ImportanceSteps", "TileInput", "VariableInput", "variable_inputs"]


class ImportanceSteps(Protocol):
    """An importance map, a step at a time."""

    def step(self, step: int) -> Any:
        """Return the map of a step: float32 in [0, 1], an array (z, y, x) or what gives one for slices."""


@dataclass(frozen=True)
class TileInput:
    """A window of one variable; all arrays have its voxels (z, y, x).

    Attributes
    ----------
    original
        The values as they are in the field; what lies beyond its edge is replicated.
    x
        The model's input: normalised, missing values and outliers filled smoothly.
    importance
        In [0, 1], 0 where a value is missing or an outlier.
    kinds
        Of missing values (:mod:`idlat.fields.arrays.missing_values`) and outliers; None where the frame
        has none.
    """

    original: NDArray[Any]
    x: NDArray[np.float32]
    importance: NDArray[np.float32]
    kinds: NDArray[np.uint8] | None


@dataclass(frozen=True)
class VariableInput:
    """Reads one variable and its importance for the analysis.

    Attributes
    ----------
    variable, grid
        The variable's record and its cells.
    reader, importance
        Where values and importance come from.
    first_step
        Of the variable, which is the reader's and the map's step 0; those before it are stored already.
    """

    variable: VariableRecord
    grid: Grid
    reader: FieldReader
    importance: ImportanceSteps
    first_step: int = 0

    @property
    def frames(self) -> range:
        """The frames that are read here."""
        return range(self.first_step * self.variable.components, self.variable.frames)

    def values(self, frame: int) -> Any:
        """Return a frame's original values, to be sliced."""
        return self.reader.frame(frame - self.frames.start)

    def importance_of(self, frame: int) -> Any:
        """Return the importance of a frame's step, to be sliced."""
        return self.importance.step(self.variable.step_of(frame) - self.first_step)

    def check_box(self, frame: int, box: Box, values: NDArray[Any]) -> None:
        """Raise where a box of voxels has other values than when the field was read first."""
        self.reader.sums.check(frame - self.frames.start, box, values)

    def check_frame(self, frame: int, total: int) -> None:
        """Raise where a whole frame, whose bits have the sum `total`, has other values than at first."""
        self.reader.sums.check_frame(frame - self.frames.start, total)

    def read(self, frame: int, window: Box) -> TileInput:
        """Read a window of cells of one component of one step."""
        # the map first: it may look at voxels around the window, which then need not be read again
        importance = self.grid.gather_voxels(self.importance_of(frame), window)
        original = self.grid.gather_voxels(self.values(frame), window)
        importance = importance.astype(np.float32, copy=False)
        normalisation = self.variable.normalisation(frame)
        if self.variable.mask_of(frame) is None:
            return TileInput(original, normalisation.forward(original), importance, None)
        kinds = self.variable.kinds(original, frame)
        valid = kinds == VALID
        known = np.where(valid, original, np.asarray(normalisation.minimum).astype(original.dtype))
        importance[~valid] = 0.0
        return TileInput(original, fill_smoothly(normalisation.forward(known), valid), importance, kinds)


def variable_inputs(
    variables: Sequence[VariableRecord],
    readers: Sequence[FieldReader],
    maps: Sequence[ImportanceSteps],
    record: ArchiveRecord,
    cell: int,
    first_step: int = 0,
) -> list[VariableInput]:
    """Return what reads some variables, one reader and one map for each.

    Parameters
    ----------
    variables, readers, maps
        Of each the record, the values and the importance.
    record
        The archive's.
    cell
        Voxels an axis of a cell of the model.
    first_step
        Of each variable, which is the reader's and the map's step 0.
    """
    return [
        VariableInput(variable, record.grid(variable, cell), reader, made, first_step)
        for variable, reader, made in zip(variables, readers, maps, strict=True)
    ]
