"""The time view: a cluster followed through the steps of the series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from idlat.analysis import TrackPoint
from idlat.analysis.features import one_scaling
from idlat.explorer.data import Blocks, ExplorerState, TrackedState
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.data.clusters.cluster_tracks import Tracks, follow_rows
from idlat.explorer.data.clusters.tree_file import packed
from idlat.explorer.message_checks import whole
from idlat.explorer.session.load_step import marked
from idlat.explorer.session.page_view import Action, View, action
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.track_chart import TITLES, chart

__all__ = ["TrackView"]

LONGEST = 12
"""Tracks that the chart has room for; those that last longest."""


ANY_BLOCKS = "#0072b2"
"""The colour of chosen blocks that are no cluster."""


class TrackView(View):
    """A chart of tracks; a click shows the tracked blocks of a step."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._tracks: Tracks | None = None
        self._show_next: int | None = None  # the track to be shown once its step is
        self._variable = ""
        self._followed: TrackedState | None = None  # what the chart shows, or will
        self._again = False

    def initial(self) -> Mapping[str, Any]:
        """Return an empty chart."""
        return {
            "tracks": [],
            "track_note": "",
            "track_events": TITLES,
            "can_track": False,
        }

    def actions(self) -> Mapping[str, Action]:
        """Return what the chart asks for."""
        steps = self.host.dataset.steps
        shown = action(self.show, step=whole(0, steps - 1), track=whole(0))
        return {"track": action(self.follow), "show_tracked": shown}

    def follow(self) -> None:
        """Follow the chosen cluster, or any chosen blocks, on another thread."""
        editor, node, marks = self.host.editor, self.host.node, self.host.selection
        if editor is None or marks is None:
            return
        name, colour = f"{int(marks.sum()):,} chosen blocks", ANY_BLOCKS
        if node and np.array_equal(marks, editor.marks(node)):
            name, colour = editor.name(node), editor.colour(node)
        step, scaling = editor.blocks.step, editor.blocks.scaling
        chosen = packed(marks.astype(np.intp))
        self._follow(TrackedState(node or 0, name, colour, step, scaling, chosen))

    def _follow(self, tracked: TrackedState) -> None:
        dataset, variable = self.host.dataset, self._variable
        before, self._followed = self._followed, tracked

        def work(progress: Progress, _: Callable[[], bool]) -> Tracks:
            scaling, step = one_scaling(tracked.scaling), dataset.check_step(tracked.step)
            blocks = Blocks.of(dataset, step, variable=variable, scaling=scaling)
            rows = np.flatnonzero(marked(tracked.blocks, blocks))
            return follow_rows(blocks, rows, tracked.node, tracked.name, progress=progress)

        def done(tracks: Tracks) -> None:
            if self._variable == variable and self._followed is tracked:  # whatever step is shown by now
                self._take(tracks, tracked.colour)

        def failed() -> None:
            if self._followed is tracked:
                self._followed = before if self._tracks is not None else None

        self.host.worker.run("tracks", f"Following {tracked.name}", work, done, failed)

    def _take(self, tracks: Tracks, colour: str) -> None:
        self._tracks = tracks
        rows: dict[int, list[TrackPoint]] = {}
        for point in tracks.points:
            rows.setdefault(point.track, []).append(point)
        kept = sorted(rows, key=lambda track: (-len(rows[track]), track))[:LONGEST]
        self.state.tracks = chart(tracks.points, kept, colour)
        more = f", the {LONGEST} longest shown" if len(rows) > LONGEST else ""
        count = f"{len(rows)} tracks" if len(rows) != 1 else "1 track"
        if not rows:
            count = "no track, its blocks touch no other of it"
        self.state.track_note = f"{tracks.name}: {count}{more}"

    def show(self, step: int, track: int) -> None:
        """Go to a step and select the blocks that a track has there."""
        if self._tracks is None:
            return
        if self.state.step == step:
            self.host.select(self._marks(step, track), 0)
        else:
            self._show_next = track
            self.state.step = step

    def on_blocks_loaded(self) -> None:
        """Forget the tracks of another variable; select the blocks where a click on the chart led here."""
        assert self.host.blocks is not None, "loaded means that there are blocks"
        if self._variable != self.host.blocks.variable:
            self._variable, self._tracks = self.host.blocks.variable, None
            self._followed = self._followed if self._again else None
            self.state.update({"tracks": [], "track_note": ""})
        if self._again and self._followed is not None:
            self._follow(self._followed)
        self._again = False
        track, self._show_next = self._show_next, None
        if track is not None:
            self.host.selection, self.host.node = self._marks(self.host.blocks.step, track), 0

    def _marks(self, step: int, track: int) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
        blocks, tracks = self.host.blocks, self._tracks
        if blocks is None or tracks is None:
            return None
        marks: np.ndarray[Any, np.dtype[np.bool_]] = blocks.rows_of(tracks.blocks_of(track, step))
        return marks if marks.any() else None

    def on_selection_changed(self) -> None:
        """Offer to follow what is chosen."""
        self.state.can_track = self.host.selection is not None and self.host.dataset.steps > 1

    def figures(self) -> dict[str, Any]:
        """Return the tracks, once there are any."""
        return {"tracks": self._tracks}

    def keep(self) -> dict[str, Any]:
        """Return what is followed."""
        return {"tracked": self._followed}

    def restore(self, state: ExplorerState) -> None:
        """Take what is followed; it is followed again once the state is shown."""
        self._followed, self._again, self._tracks = state.tracked, state.tracked is not None, None
        self.state.update({"tracks": [], "track_note": ""})
