"""Location: maps and masks from files, inside an expression (paper Sect. 5.1.1; Eq. 17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from idlat.importance.arguments import FilePath
from idlat.importance.array_maps import open_map
from idlat.importance.expression_tree import Block, Expression, Values
from idlat.importance.families.family_base import Leaf
from idlat.importance.family_registry import family
from idlat.importance.field_view import FieldView
from idlat.importance.importance_map import checked
from idlat.importance.resample_maps import GridSource, on_grid

__all__ = ["FileMap", "MapFile", "MaskFile"]


@dataclass(frozen=True)
class FileMap(Leaf):
    """Something read from a file on the field's grid."""

    path: FilePath

    @property
    def called(self) -> str:
        """What to call the file in an error."""
        return f"importance map {Path(self.path).name!a}"

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> GridSource:
        """Open the file, and check its grid."""
        return on_grid(open_map(self.path, view), view, self.called)


@family(
    "file",
    group="location",
    examples=('file("map.npy")',),
    meaning="what the file holds; a path alone as well",
    use="maps made elsewhere, steps that matter more",
)
@dataclass(frozen=True)
class MapFile(FileMap):
    """An importance map from a file on the field's grid, with or without time.

    Attributes
    ----------
    path
        What :func:`idlat.open_field` opens; a raw file must hold float32 in the field's shape.
    """

    def compute(self, block: Block) -> Values:
        """Read it; raise where it leaves [0, 1]."""
        source: GridSource = block.facts[self]
        return checked(source.read(block.step, block.box), self.called)


@family(
    "mask",
    group="location",
    examples=('mask("eye.npy")',),
    meaning="1 where the file is valid and not 0, else 0",
    use="a segmented object",
)
@dataclass(frozen=True)
class MaskFile(FileMap):
    """1 where a file has a valid value other than 0, else 0 (paper Eq. 17).

    Attributes
    ----------
    path
        As of :class:`MapFile`.
    """

    def compute(self, block: Block) -> Values:
        """Read it; where it is interpolated, all voxels that see a part of the mask belong to it."""
        source: GridSource = block.facts[self]
        values = source.read(block.step, block.box)
        return np.asarray(np.isfinite(values) & (values != 0), np.float32)
