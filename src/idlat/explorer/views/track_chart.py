"""The chart of tracks: a row a track, its points in their steps, what happens to it, where it comes from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from idlat.analysis import TrackPoint

__all__ = ["TITLES", "chart"]

TITLES = {"birth": "begins", "merge": "takes others in", "split": "divides", "death": "ends"}
"""What the events of tracks are called on the page."""


def chart(points: Sequence[TrackPoint], kept: Sequence[int], colour: str) -> list[dict[str, Any]]:
    """Return the rows of the chart, as the page draws them.

    Parameters
    ----------
    points
        Of all tracks.
    kept
        The tracks that have a row, in order.
    colour
        Of the cluster that is followed.

    Returns
    -------
    list of dict
        ``track``, ``first`` and ``last`` step, ``colour``, ``points`` (each with ``step``, ``blocks``, radius
        ``r``, ``events`` by name, ``told`` in words), and ``links``: rows of other tracks that go over into
        this one, with the step that they were in last and the step where they are part of it.
    """
    largest = max((point.size for point in points), default=1)
    row_of = {track: row for row, track in enumerate(kept)}
    rows: list[dict[str, Any]] = [
        {"track": track, "first": 0, "last": 0, "colour": colour, "points": [], "links": []} for track in kept
    ]
    for point in points:
        if point.track not in row_of:
            continue
        row = rows[row_of[point.track]]
        row["first"] = point.step if not row["points"] else row["first"]
        row["last"] = point.step
        row["points"].append(
            {
                "step": point.step,
                "blocks": point.size,
                "r": 3 + 5 * math.sqrt(point.size / largest),
                "events": list(point.events),
                "told": ", ".join(TITLES[event] for event in point.events),
            }
        )
        others = [row_of[name] for name in point.previous if name != point.track and name in row_of]
        row["links"] += [{"row": other, "before": point.step - 1, "after": point.step} for other in others]
    return rows
