"""Location: maps and masks from files, inside an expression (paper Sect. 5.1.1; Eq. 17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from idlat.errors import ImportanceError
from idlat.importance.array_maps import open_map
from idlat.importance.expression_tree import Block, Expression, Values
from idlat.importance.families.family_base import Leaf
from idlat.importance.field_view import FieldView
from idlat.importance.importance_map import checked
from idlat.importance.quantities import quoted
from idlat.importance.resample_maps import GridSource, on_grid

__all__ = ["FileMap", "MapFile", "MaskFile"]


@dataclass(frozen=True)
class FileMap(Leaf):
    """Something read from a file on the field's grid."""

    path: str

    def __post_init__(self) -> None:
        if not self.path or not self.path.isprintable() or set(self.path) & {'"'}:
            raise ImportanceError(f"{self.path!a} is no file name")

    @property
    def called(self) -> str:
        """What to call the file in an error."""
        return f"importance map {Path(self.path).name!a}"

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> GridSource:  # noqa: ARG002
        """Open the file, and check its grid."""
        return on_grid(open_map(self.path, view), view, self.called)


@dataclass(frozen=True)
class MapFile(FileMap):
    """An importance map from a file."""

    def __str__(self) -> str:
        return f"file({quoted(self.path)})"

    def compute(self, block: Block) -> Values:
        """Read it; raise where it leaves [0, 1]."""
        source: GridSource = block.facts[self]
        return checked(source.read(block.step, block.box), self.called)


@dataclass(frozen=True)
class MaskFile(FileMap):
    """1 where a file has a valid value other than 0, else 0 (paper Eq. 17)."""

    def __str__(self) -> str:
        return f"mask({quoted(self.path)})"

    def compute(self, block: Block) -> Values:
        """Read it; where it is interpolated, all voxels that see a part of the mask belong to it."""
        source: GridSource = block.facts[self]
        values = source.read(block.step, block.box)
        return np.asarray(np.isfinite(values) & (values != 0), np.float32)
