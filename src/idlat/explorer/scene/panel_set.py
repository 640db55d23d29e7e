"""The panels that there are, on one grid: which comes first, and what each takes from another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.errors import RenderError
from idlat.explorer.scene.geometry.colour_maps import Theme
from idlat.explorer.scene.geometry.value_codes import Codes, value_span
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.scene_settings import KINDS, OF_THE_FIELD, Kind
from idlat.explorer.scene.scene_state import PanelValues
from idlat.explorer.scene.volume_panel import VolumePanel

__all__ = ["PanelSet"]

_USUAL = 0.999  # share of differences that are inside the colour map by default


class PanelSet:
    """At most one panel of each kind, all on one grid.

    Parameters
    ----------
    theme
        Colours of what is no data.
    """

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._panels: dict[Kind, VolumePanel] = {}

    @property
    def kinds(self) -> list[Kind]:
        """Which panels there are, in their order."""
        return [kind for kind in KINDS if kind in self._panels]

    @property
    def values(self) -> VolumePanel | None:
        """The panel of the field's own values: the original's before the reconstruction's."""
        return next((self._panels[kind] for kind in OF_THE_FIELD if kind in self._panels), None)

    def __getitem__(self, kind: Kind) -> VolumePanel:
        """Return the panel of a kind."""
        return self._panels[kind]

    def shown(self) -> list[VolumePanel]:
        """Return the panels there are, in their order."""
        return [self._panels[kind] for kind in self.kinds]

    def put(self, kind: Kind, given: PanelValues, frame: VolumeFrame) -> None:
        """Show values in the panel of a kind.

        Raises
        ------
        RenderError
            They do not lie on the grid of all panels, or their range is not finite and in order.
        """
        values = np.ascontiguousarray(given.make(), np.float32)
        if values.shape != frame.shape:
            raise RenderError(f"all panels share one grid {frame.shape}, got a volume {values.shape}")
        codes = self._codes(kind, values, given.value_range)
        self._panels[kind] = VolumePanel(kind, values, frame, codes, self._theme)
        self._share_surface()

    def clear(self) -> None:
        """Take all panels away."""
        self._panels.clear()

    def remove(self, kind: Kind) -> None:
        """Take a panel away, where there is one."""
        self._panels.pop(kind, None)
        self._share_surface()

    def _share_surface(self) -> None:
        """Let a difference and a map draw the isosurface of the original."""
        for panel in self._panels.values():
            panel.borrowed = None if panel.kind in OF_THE_FIELD else self.values

    def _codes(
        self, kind: Kind, values: NDArray[np.float32], value_range: tuple[float, float] | None
    ) -> Codes:
        """Return the values of the colour map's ends."""
        original = self._panels.get("original")
        if value_range is None and kind in OF_THE_FIELD[1:] and original:
            return original.codes
        if kind == "map":
            value_range = (0.0, 1.0)
        low, high = value_range or value_span(values, _USUAL if kind == "difference" else 1.0)
        if kind == "difference":
            high = max(abs(low), abs(high))
            low = -high
        return Codes(low, high)
