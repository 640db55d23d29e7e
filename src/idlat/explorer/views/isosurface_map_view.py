"""The isosurface map view: how alike the isosurfaces of a step are, and which stand for the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from idlat.analysis import SimilarityMap
from idlat.explorer.data import Kind
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.data.isosurface_similarity import METHODS, Span, isosurface_map
from idlat.explorer.message_checks import Check, one_of, whole
from idlat.explorer.notation import number
from idlat.explorer.session.page_view import Action, View, action
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.isosurface_pictures import isosurface_pictures
from idlat.explorer.views.page_colours import palette

__all__ = ["IsosurfaceMapView"]

TITLES = {
    "latent": "latents",
    "cell-overlap": "shared cells",
    "fast": "distance fields, coarse",
    "distance-field": "distance fields",
}
"""What the page calls the ways to compare isosurfaces."""

SPANS = {"all": "all values", "most": "1st to 99th percentile", "colours": "the colours' range"}
"""Where isovalues may lie."""

COUNTS, CHOSEN = (4, 120), (1, 12)
"""How many isovalues are compared, and how many stand for the others."""


class IsosurfaceMapView(View):
    """A matrix; a click in it sets the isovalue."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._map: SimilarityMap | None = None

    def figures(self) -> dict[str, Any]:
        """Return the map, once there is one."""
        return {"similarity": self._map, "representatives": self.state.map_chosen}

    def initial(self) -> Mapping[str, Any]:
        """Return an empty map."""
        return {
            "map_palette": palette("magma"),
            "map_method": "latent",
            "map_methods": [{"value": name, "title": TITLES[name]} for name in METHODS],
            "map_span": "all",
            "map_spans": [{"value": name, "title": title} for name, title in SPANS.items()],
            "map_count": 40,
            "map_chosen": 4,
            **_EMPTY,
        }

    def fields(self) -> Mapping[str, Check]:
        """Return how the map is made."""
        return {
            "map_method": one_of(*METHODS),
            "map_span": one_of(*SPANS),
            "map_count": whole(*COUNTS),
            "map_chosen": whole(*CHOSEN),
        }

    def on_field_changed(self, field: str) -> None:
        """Choose more or fewer of a map that stands; the rest is for the next one."""
        if field == "map_chosen" and self._map is not None:
            self._choose(self._map)

    def actions(self) -> Mapping[str, Action]:
        """Return what computes the map."""
        return {"isosurface_map": action(self.compute)}

    def on_blocks_loaded(self) -> None:
        """Forget the map of another step."""
        self._map = None
        self.state.update(_EMPTY)

    def on_theme_changed(self) -> None:
        """Draw the representatives before another ground."""
        if self._map is not None:
            self._choose(self._map)

    def compute(self) -> None:
        """Compute the map on another thread."""
        blocks, state = self.host.blocks, self.state
        if blocks is None:
            return
        low, high = state.colour_range
        spans: dict[str, Span] = {"all": "all", "most": "most", "colours": (float(low), float(high))}
        method, span, count = state.map_method, spans[state.map_span], state.map_count
        self.host.work(
            "isosurfaces",
            "Comparing isosurfaces",
            lambda progress, _: isosurface_map(
                blocks.dataset,
                blocks.step,
                count,
                span=span,
                method=method,
                variable=blocks.variable,
                progress=progress,
            ),
            self._show,
        )

    def _show(self, found: SimilarityMap) -> None:
        self._map = found
        self.state.update(
            {
                "isovalues": found.isovalues.tolist(),
                "similarity": found.similarity.astype("<f4").tobytes(),
            }
        )
        self._choose(found)

    def _choose(self, found: SimilarityMap) -> None:
        """Show which isovalues stand for the others, and then what their surfaces look like."""
        values, chosen = found.isovalues.tolist(), sorted(found.representative(self.state.map_chosen))
        self.state.representative = [values.index(value) for value in chosen]
        shown = [{"value": value, "title": number(value), "picture": ""} for value in chosen]
        self.state.representative_values = shown
        blocks, theme, colours = self.host.blocks, self.state.theme, self.state.colours_name
        if blocks is None:
            return

        def draw(progress: Progress, _: Callable[[], bool]) -> list[str]:
            kind: Kind = "original" if blocks.dataset.has_field else "reconstruction"
            volume = blocks.dataset.volume(kind, blocks.step, variable=blocks.variable, progress=progress)
            reach = (float(np.nanmin(volume.values)), float(np.nanmax(volume.values)))
            return isosurface_pictures(
                volume, chosen, reach, theme, colours, blocks.dataset.downwards, progress
            )

        def take(pictures: list[str]) -> None:
            if found is self._map and self.state.representative == [values.index(value) for value in chosen]:
                self.state.representative_values = [
                    {**one, "picture": picture} for one, picture in zip(shown, pictures, strict=True)
                ]

        self.host.work("representatives", "Drawing isosurfaces", draw, take)


_EMPTY = {"isovalues": [], "similarity": b"", "representative": [], "representative_values": []}
