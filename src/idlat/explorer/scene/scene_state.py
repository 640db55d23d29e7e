"""Everything that a picture shows, as one value: a view builds it, the scene draws what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from idlat.errors import RenderError
from idlat.explorer.scene.geometry.block_outlines import Outlines
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.panel_layout import PanelPlace, arrange
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.handles.shape_overlay import Gizmo
from idlat.explorer.scene.scene_settings import KINDS, Kind, PanelLook, SceneSettings

__all__ = ["PanelValues", "SceneState"]


@dataclass(frozen=True, eq=False)
class PanelValues:
    """The values of a panel: the same object as long as they are the same.

    Attributes
    ----------
    make : callable
        Returns them, float32 (z, y, x), NaN where missing; called on the thread that draws.
    value_range : tuple of float, optional
        Values of the colour map's ends. By default a reconstruction has those of the original, a difference
        all its values but one in 1,000, and another volume all. That of a difference is made symmetric
        about 0, that of a map is always 0 to 1.
    """

    make: Callable[[], NDArray[np.float32]]
    value_range: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class SceneState:
    """What is shown, of volumes on one grid.

    Attributes
    ----------
    frame : VolumeFrame or None
        The grid; None before there is a volume.
    panels : mapping of kind to PanelValues
        Which panels there are.
    settings : SceneSettings
        How they are drawn.
    selection : Selection or None
        The blocks that are shown; None shows all.
    outlines : Outlines or None
        Lines around the selected blocks, in the colours of their clusters; None draws none.
    units, length_units : str
        Of values and of lengths; empty where not known.
    notes : mapping of kind to str
        Written beside a panel's title.
    subject : str
        What the panels of the variable and step in view are of, written beside their titles.
    looks : mapping of kind to PanelLook
        Of panels of other variables or steps.
    gizmo : Gizmo or None
        A shape to be dragged, drawn over every panel if its grid is this one.
    mark : Gizmo or None
        Where what is pointed at elsewhere is, drawn alike.

    Raises
    ------
    RenderError
        There is a panel of an unknown kind, or one without a grid; the selection is of another grid, or the
        slices lie outside.
    """

    frame: VolumeFrame | None = None
    panels: Mapping[Kind, PanelValues] = field(default_factory=dict)
    settings: SceneSettings = field(default_factory=SceneSettings)
    selection: Selection | None = None
    outlines: Outlines | None = None
    units: str = ""
    length_units: str = ""
    notes: Mapping[Kind, str] = field(default_factory=dict)
    subject: str = ""
    looks: Mapping[Kind, PanelLook] = field(default_factory=dict)
    gizmo: Gizmo | None = None
    mark: Gizmo | None = None

    def __post_init__(self) -> None:
        for kind in self.panels:
            if kind not in KINDS:
                raise RenderError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        if self.frame is None:
            if self.panels or self.selection is not None:
                raise RenderError("panels and a selection need a grid: give the state its frame")
            return
        shape, slices = self.frame.shape, self.settings.slices
        if self.selection is not None and self.selection.shape != shape:
            raise RenderError(f"a selection of a volume {self.selection.shape} does not fit one {shape}")
        if slices is not None and not all(0 <= i < n for i, n in zip(slices, shape, strict=True)):
            raise RenderError(f"slices must be inside the volume {shape}, got {slices}")

    def places(self, width: int, height: int, count: int | None = None) -> list[PanelPlace]:
        """Return the pixels of each panel of a picture, or of so many panels; of one where there is none."""
        aspect = 1.0
        if self.frame is not None:
            x, y, z = self.frame.extent
            aspect = (x + z) / (y + z) if self.settings.mode == "sections" else (x + y) / (z + 0.5 * (x + y))
        panels = len(self.panels) if count is None else count
        return arrange(max(panels, 1), width, height, max(aspect, 1.0))

    def on(self, frame: VolumeFrame) -> SceneState:
        """Return the state on a grid; what belongs to another one is left out."""
        if frame == self.frame:
            return self
        settings = replace(self.settings, slices=None)
        return SceneState(
            frame,
            settings=settings,
            units=self.units,
            length_units=self.length_units,
            subject=self.subject,
        )

    def without(self, *kinds: Kind) -> SceneState:
        """Return the state without these panels, their notes and looks."""
        panels = {kind: values for kind, values in self.panels.items() if kind not in kinds}
        notes = {kind: note for kind, note in self.notes.items() if kind not in kinds}
        looks = {kind: look for kind, look in self.looks.items() if kind not in kinds}
        return replace(self, panels=panels, notes=notes, looks=looks)

    def changed_from(self, before: SceneState) -> set[str]:
        """Return the names of what differs from another state, those of the settings among them.

        Examples
        --------
        >>> state = SceneState(units="K")
        >>> changed = replace(state, settings=SceneSettings(mode="slices"), units="Pa")
        >>> sorted(changed.changed_from(state))
        ['mode', 'units']
        """
        return _changed(self, before) - {"settings"} | _changed(self.settings, before.settings)


def _changed(one: SceneState | SceneSettings, other: SceneState | SceneSettings) -> set[str]:
    return {each.name for each in fields(one) if getattr(one, each.name) != getattr(other, each.name)}
