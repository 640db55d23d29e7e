"""Distance: importance that decays away from a surface or an object (paper Sect. 5.1.1; Eq. 15)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import edt
import numpy as np
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.arguments import Importance, LevelArgument, Quantity, Units, arg
from idlat.importance.expression_tree import Block, Expression, Values
from idlat.importance.families.family_base import Leaf, range_of
from idlat.importance.family_registry import family
from idlat.importance.field_view import WHOLE_STEP, FieldView
from idlat.importance.measures import uneven_distance
from idlat.importance.measures.coarse_distance import CoarseObjects, Marks
from idlat.importance.measures.near_distance import inner_box, near_distance
from idlat.importance.measures.surface_crossings import seeds_at
from idlat.importance.measures.surface_distance import HALO, REACH, are_cubes, surface_distance
from idlat.importance.measures.voxel_spacing import (
    VOXELS,
    Positions,
    Spacing,
    spacing_of,
    uneven_positions,
)
from idlat.importance.percentile_levels import level_text, resolved
from idlat.importance.quantities import VALUE
from idlat.tiling import Box, box_shape, crop, grow

__all__ = ["Distance", "Isosurface"]

_OBJECT = 0.5  # importance from which on a voxel belongs to the object


@dataclass(frozen=True)
class _Place:
    """What a decay must know: a voxel's sides; for large steps also where the object is."""

    spacing: Spacing
    coarse: CoarseObjects | None
    positions: Positions | None = None  # where edt does not serve
    level: float = math.nan

    def far_from(self, block: Block) -> bool:
        """Whether no part of the object lies in a block: its values need not be read."""
        return self.coarse is not None and not self.coarse.of(block.step).touches(block.box)


class _Decay(Leaf):
    """exp(−decay·d), d the distance to something; 0 in a step that lacks it."""

    decay: float
    units: str

    def _located(self, view: FieldView, marks: Marks) -> _Place | None:
        """Look for the object until a step has it, then say where; None if none has it."""
        positions = uneven_positions(view.field, self.units)
        if positions is not None and not view.whole:
            raise ImportanceError(
                f"a step of more than {WHOLE_STEP} voxels needs even spacing for units=physical: use "
                "units=voxels"
            )
        spacing = spacing_of(view.field, self.units) if positions is None else VOXELS
        coarse = None if view.whole else CoarseObjects(view, marks, spacing)
        for step in range(view.steps):
            found = marks(step, view.everything).any() if coarse is None else coarse.of(step).found
            if found:
                return _Place(spacing, coarse, positions)
        return None

    def _decayed(self, block: Block, near: NDArray[np.float32] | None) -> Values:
        """Fill in distances that are infinite, from afar, and let all of them decay.

        In a block of a large step 0 where its surroundings are not known.
        """
        place: _Place = block.facts[self]
        if place.coarse is None:
            return np.zeros(block.shape, np.float32) if near is None else self._of_distance(near)
        result = np.zeros(block.shape, np.float32)
        inner = inner_box(block.box, block.view.shape, self.halo)
        if all(box_shape(inner)) and place.coarse.of(block.step).found:
            at = crop(inner, block.box)
            known = None if near is None else near[at]
            if known is None or not np.isfinite(known).all():
                far = place.coarse.of(block.step).distance(inner)
                known = far if known is None else np.where(np.isfinite(known), known, far)
            result[at] = self._of_distance(known)
        return result

    def _of_distance(self, distance: NDArray[np.float32]) -> NDArray[np.float32]:
        with np.errstate(under="ignore"):
            result: NDArray[np.float32] = np.exp(distance * np.float32(-self.decay))
        return result


@family(
    "isosurface",
    group="distance",
    title="Near an isosurface",
    examples=("isosurface(8.0, decay=0.2)",),
    meaning="e^{−decay·d}, d the distance in voxels to the isosurface; `units=physical` likewise",
    use="a surface and what lies around it",
)
@dataclass(frozen=True)
class Isosurface(_Decay):
    """exp(−decay·|SDF|), the distance to an isosurface of a quantity (paper Eq. 15).

    A step of a series without the isosurface gets importance 0; that no step has it is an error.

    Attributes
    ----------
    level
        The isovalue, in units of the quantity.
    decay
        Per unit of length, above 0.
    source
        The quantity.
    units
        One of "voxels", "physical".
        Voxels count the same along every axis; physical units are those of the coordinates.

    Examples
    --------
    >>> from idlat.importance import isosurface
    >>> isosurface(np.arange(4.0).reshape(1, 1, 4), 1.5, decay=1.0).values.round(2).tolist()
    [[[0.2199999988079071, 0.6100000143051147, 0.6100000143051147, 0.2199999988079071]]]
    """

    level: LevelArgument = arg(label="the isovalue")
    decay: float = arg(0.2, positive=True, log=(0.01, 2.0), units="1/voxel")
    source: Quantity = VALUE
    units: Units = "voxels"

    @property
    def halo(self) -> int:
        """What distances within a region's reach need."""
        return HALO

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> _Place:
        """Look for the isosurface; where it runs is kept for large steps alone."""
        level = resolved(self.level, view, self.source, facts)

        def marks(step: int, box: Box) -> NDArray[np.bool_]:
            outer = grow(box, 1, view.shape)
            values = Block(view, step, outer, facts).quantity(self.source)
            return seeds_at(values, level)[crop(box, outer)]

        place = self._located(view, marks)
        if place is None:
            low, high = range_of(view, self.source, facts)
            of = "the field" if self.source == VALUE else str(self.source)
            raise ImportanceError(
                f"{of} has no isosurface {level_text(self.level)}: its values lie in [{low:.6g}, {high:.6g}] "
                "and no neighbours enclose it; choose another"
            )
        if place.positions is None and place.coarse is None and not are_cubes(place.spacing):
            z, y, x = (
                side * np.arange(n, dtype=np.float64)
                for side, n in zip(place.spacing, view.shape, strict=True)
            )
            place = replace(place, positions=(z, y, x))
        return replace(place, level=level)

    def compute(self, block: Block) -> Values:
        """Measure the distance and let it decay."""
        place: _Place = block.facts[self]
        if place.far_from(block):
            return self._decayed(block, None)
        values = block.quantity(self.source)
        if place.positions is not None:
            distance = uneven_distance.surface_distance(values, place.level, place.positions)
        elif place.coarse is None:
            distance = surface_distance(values, place.level, np.inf, place.spacing)
        elif are_cubes(place.spacing):
            distance = near_distance(values, place.level, block.box, block.view.shape)
            if distance is not None:
                distance *= np.float32(min(place.spacing))
        else:
            distance = surface_distance(values, place.level, REACH, place.spacing)
        return self._decayed(block, distance)


@family(
    "distance",
    group="distance",
    title="Around values above",
    examples=("distance(value > 6, decay=0.2)",),
    meaning="e^{−decay·d}, d the distance to the voxels of importance 0.5 or more",
    use="around an object, such as a mask",
)
@dataclass(frozen=True)
class Distance(_Decay):
    """exp(−decay·d), d the distance to the nearest voxel of an object: 1 in the object itself.

    The object is where another importance is 0.5 or more. A step of a series without the object gets
    importance 0; that no step has it is an error.

    Attributes
    ----------
    of
        The importance that marks the object; in Python also a text, or an array on the field's grid.
    decay
        Per unit of length, above 0.
    units
        One of "voxels", "physical".
        As for an isosurface.

    Examples
    --------
    >>> from idlat.importance import distance
    >>> distance(np.array([[[9, 0, 0]]]), "value > 5", decay=1).values.round(2).tolist()
    [[[1.0, 0.3700000047683716, 0.14000000059604645]]]
    """

    of: Importance = arg(label="an object, where an importance is 0.5 or more")
    decay: float = arg(0.2, positive=True, log=(0.01, 2.0), units="1/voxel")
    units: Units = "voxels"

    @property
    def halo(self) -> int:
        """What distances within a region's reach need, and what the object needs besides."""
        return REACH + self.of.halo

    def prepare(self, view: FieldView, facts: Mapping[Expression, Any]) -> _Place:
        """Look for the object; where it is is kept for large steps alone."""
        halo = 0 if view.whole else self.of.halo

        def marks(step: int, box: Box) -> NDArray[np.bool_]:
            outer = grow(box, halo, view.shape)
            return self._object(Block(view, step, outer, facts))[crop(box, outer)]

        place = self._located(view, marks)
        if place is None:
            raise ImportanceError(
                f"no voxel belongs to the object of {self}: {self.of} is below 0.5 everywhere"
            )
        return place

    def _object(self, block: Block) -> NDArray[np.bool_]:
        """Mark the object's voxels."""
        return np.broadcast_to(np.asarray(block.of(self.of)) >= _OBJECT, block.shape)

    def compute(self, block: Block) -> Values:
        """Measure the distance and let it decay."""
        place: _Place = block.facts[self]
        if place.far_from(block):
            return self._decayed(block, None)
        inside = self._object(block)
        if not inside.any():
            return self._decayed(block, None)
        if place.positions is not None:
            return self._decayed(block, uneven_distance.object_distance(inside, place.positions))
        threads = 2 if place.coarse is None else 1  # regions are measured by tasks, a thread each
        near: NDArray[np.float32] = edt.edt(~inside, anisotropy=place.spacing, parallel=threads)
        if place.coarse is not None:
            near[near > REACH * min(place.spacing)] = np.inf
        return self._decayed(block, near)
