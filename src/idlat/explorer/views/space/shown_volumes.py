"""The volumes of a step that are decoded and seen, by kind: what is drawn of them, counted and told."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.data import Dataset, Kind, Volume
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.notation import number
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.scene_settings import OF_THE_FIELD, OF_THE_STEP
from idlat.explorer.scene.scene_state import PanelValues, SceneState
from idlat.explorer.views.space.canvas import Canvas
from idlat.explorer.views.space.decode_volumes import Decoded
from idlat.tiling import Box

__all__ = ["ShownVolumes"]


class ShownVolumes:
    """Decoded volumes of one step and variable; all share one grid.

    Parameters
    ----------
    canvas
        Draws them.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._decoded: dict[Kind, Decoded] = {}

    def clear(self) -> None:
        """Forget all, as of another step; what is drawn stays until others come."""
        self._decoded = {}

    def keep(self, kinds: Collection[Kind]) -> None:
        """Forget those of other kinds."""
        self._decoded = {kind: found for kind, found in self._decoded.items() if kind in kinds}

    def take(self, found: Decoded) -> None:
        """Have one more."""
        self._decoded[found.kind] = found

    def absent(self, kinds: Sequence[Kind]) -> list[Kind]:
        """Return of these kinds those that are not decoded."""
        return [kind for kind in kinds if kind not in self._decoded]

    @property
    def one(self) -> Volume | None:
        """One of them; None where there is none."""
        return next((found.volume for found in self._decoded.values()), None)

    @property
    def by_kind(self) -> Mapping[Kind, Volume]:
        """All of them, in the order of panels."""
        return {kind: self._decoded[kind].volume for kind in OF_THE_STEP if kind in self._decoded}

    @property
    def counted(self) -> Decoded | None:
        """Whose values the histogram counts: the original's before the reconstruction's."""
        return next((self._decoded[kind] for kind in OF_THE_FIELD if kind in self._decoded), None)

    @property
    def some_missing(self) -> bool:
        """Whether voxels lack a value."""
        return any(found.missing > 0 for found in self._decoded.values())

    def drawn(self, scene: SceneState, kinds: Collection[Kind] | None = None) -> SceneState:
        """Return a scene with a new panel for each, or for these, and a note of its missing voxels."""
        for kind, found in self._decoded.items():
            if kinds is not None and kind not in kinds:
                continue
            scene = scene.on(self._canvas.frame_of(found.volume))
            values = PanelValues(partial(_values, found.volume), self._range(kind))
            notes = dict(scene.notes)
            if found.missing:
                notes[kind] = f"{number(100 * found.missing, 2)} % missing"
            scene = replace(scene, panels={**scene.panels, kind: values}, notes=notes)
        return scene

    def _range(self, kind: Kind) -> tuple[float, float] | None:
        return None if kind == "difference" else self._canvas.reach

    def span(self, selection: Selection | None) -> tuple[float, float]:
        """Return the smallest and largest value of the chosen blocks; NaN where none is known."""
        spans = next((found.spans for found in self._decoded.values() if found.spans is not None), None)
        return (math.nan, math.nan) if spans is None else spans.over(selection)

    def ahead(
        self, step: int, variable: str, region: Box | None, others: Sequence[tuple[str, Kind]]
    ) -> Sequence[Callable[[Progress], object]]:
        """Return what decodes the volumes of another step that are shown of this one, and `others`."""
        decode = partial(_decoded_ahead, self._canvas.host.dataset, step, region)
        return [partial(decode, *each) for each in (*((variable, kind) for kind in self._decoded), *others)]


def _values(volume: Volume) -> NDArray[np.float32]:
    return volume.values


def _decoded_ahead(
    dataset: Dataset, step: int, region: Box | None, variable: str, kind: Kind, progress: Progress
) -> None:
    """Decode a volume for the cache."""
    dataset.volume(kind, step, variable=variable, region=region, progress=progress)
