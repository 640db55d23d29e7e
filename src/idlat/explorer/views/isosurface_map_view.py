"""The isosurface map view: how alike the isosurfaces of a step are, and which stand for the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idlat.analysis import SimilarityMap
from idlat.explorer.data.isosurface_similarity import isosurface_map
from idlat.explorer.notation import number
from idlat.explorer.session.page_view import Action, View, action
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.page_colours import css_gradient, palette

__all__ = ["IsosurfaceMapView"]

REPRESENTATIVE = 4


class IsosurfaceMapView(View):
    """A matrix; a click in it sets the isovalue."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._map: SimilarityMap | None = None

    def figures(self) -> dict[str, Any]:
        """Return the map, once there is one."""
        return {"similarity": self._map}

    def initial(self) -> Mapping[str, Any]:
        """Return an empty map."""
        return {"map_palette": palette("magma"), "map_gradient": css_gradient("magma"), **_EMPTY}

    def actions(self) -> Mapping[str, Action]:
        """Return what computes the map."""
        return {"isosurface_map": action(self.compute)}

    def on_blocks_loaded(self) -> None:
        """Forget the map of another step."""
        self._map = None
        self.state.update(_EMPTY)

    def compute(self) -> None:
        """Compute the map on another thread."""
        blocks = self.host.blocks
        if blocks is not None:
            self.host.work(
                "isosurfaces",
                "Comparing isosurfaces",
                lambda progress, _: isosurface_map(
                    blocks.dataset, blocks.step, variable=blocks.variable, progress=progress
                ),
                self._show,
            )

    def _show(self, found: SimilarityMap) -> None:
        self._map = found
        values = found.isovalues.tolist()
        chosen = sorted(found.representative(REPRESENTATIVE))
        self.state.update(
            {
                "isovalues": values,
                "similarity": found.similarity.astype("<f4").tobytes(),
                "representative": [values.index(value) for value in chosen],
                "representative_values": [{"value": value, "title": number(value)} for value in chosen],
            }
        )


_EMPTY = {"isovalues": [], "similarity": b"", "representative": [], "representative_values": []}
