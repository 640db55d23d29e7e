"""The time view: a cluster followed through the steps of the series."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from idlat.explorer.checks import whole
from idlat.explorer.data import ExplorerState
from idlat.explorer.data.tracks import Tracks, follow
from idlat.explorer.page.view import Action, View, action

__all__ = ["TracksView"]

WIDTH = 530
"""Of the chart, in its own units, from the first step to the last."""

LONGEST = 12
"""Tracks that the chart has room for; those that last longest."""


class TracksView(View):
    """A chart of tracks; a click shows the tracked blocks of a step."""

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self._tracks: Tracks | None = None
        self._show_next = False
        self._variable = ""
        self._again: int | None = None

    def initial(self) -> Mapping[str, Any]:
        """Return an empty chart."""
        return {
            "tracks": [],
            "track_note": "",
            "track_step": WIDTH / max(1, self.session.dataset.steps - 1),
            "can_track": False,
        }

    def actions(self) -> Mapping[str, Action]:
        """Return what the chart asks for."""
        steps = self.session.dataset.steps
        return {"track": action(self.follow), "show_tracked": action(self.show, step=whole(0, steps - 1))}

    def follow(self) -> None:
        """Follow the chosen cluster, beside the event loop."""
        if self.session.node:
            self._follow(self.session.node)

    def _follow(self, node: int) -> None:
        editor = self.session.editor
        if editor is None:
            return

        def done(tracks: Tracks) -> None:
            if self._variable == editor.blocks.variable:  # whatever step is shown by now
                self._take(tracks, editor.colour(node))

        self.session.worker.run(
            "tracks",
            f"Following {editor.name(node)}",
            lambda progress, _: follow(editor, node, progress=progress),
            done,
        )

    def _take(self, tracks: Tracks, colour: str) -> None:
        self._tracks = tracks
        largest = max((point.size for point in tracks.points), default=1)
        rows: dict[int, list[dict[str, Any]]] = {}
        for point in tracks.points:
            rows.setdefault(point.track, []).append(
                {
                    "step": point.step,
                    "blocks": point.size,
                    "r": 2 + 6 * math.sqrt(point.size / largest),
                    "events": ", ".join(point.events),
                }
            )
        kept = sorted(rows, key=lambda track: (-len(rows[track]), track))[:LONGEST]
        self.state.tracks = [
            {
                "track": track,
                "first": rows[track][0]["step"],
                "last": rows[track][-1]["step"],
                "points": rows[track],
                "colour": colour,
            }
            for track in kept
        ]
        more = f", the {LONGEST} longest shown" if len(rows) > LONGEST else ""
        count = f"{len(rows)} tracks" if len(rows) != 1 else "1 track"
        self.state.track_note = f"{tracks.name}: {count}{more}"

    def show(self, step: int) -> None:
        """Go to a step and select the tracked blocks there."""
        if self._tracks is None:
            return
        if self.state.step == step:
            self._select(step)
        else:
            self._show_next = True
            self.state.step = step

    def loaded(self) -> None:
        """Forget the tracks of another variable; select the blocks where a click on the chart led here."""
        assert self.session.blocks is not None, "loaded means that there are blocks"
        if self._variable != self.session.blocks.variable:
            self._variable, self._tracks = self.session.blocks.variable, None
            self.state.update({"tracks": [], "track_note": ""})
        node, self._again = self._again, None
        if (
            node
            and self.session.editor is not None
            and node in {each.id for each in self.session.editor.tree.nodes}
        ):
            self._follow(node)
        if self._show_next and self.session.blocks is not None:
            self._show_next = False
            self.session.selection, self.session.node = self._marks(self.session.blocks.step), 0

    def _select(self, step: int) -> None:
        self.session.select(self._marks(step), 0)

    def _marks(self, step: int) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
        blocks, tracks = self.session.blocks, self._tracks
        if blocks is None or tracks is None:
            return None
        marks: np.ndarray[Any, np.dtype[np.bool_]] = blocks.rows_of(tracks.member[step])
        return marks if marks.any() else None

    def selected(self) -> None:
        """Offer to follow the chosen cluster."""
        self.state.can_track = bool(self.session.node) and self.session.dataset.steps > 1

    def figures(self) -> dict[str, Any]:
        """Return the tracks, once there are any."""
        return {"tracks": self._tracks}

    def keep(self) -> dict[str, Any]:
        """Return which cluster is followed."""
        return {"tracked": None if self._tracks is None else self._tracks.node}

    def restore(self, state: ExplorerState) -> None:
        """Take which cluster is followed; it is followed anew once its tree is shown."""
        self._again = state.tracked
