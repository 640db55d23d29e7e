"""The chart of tracks: every event is drawn where it happens, and told in words."""

from __future__ import annotations

import math

from idlat.analysis import TrackPoint
from idlat.explorer.views.track_chart import TITLES, chart


def point(
    track: int, step: int, size: int, events: tuple[str, ...] = (), previous: tuple[int, ...] = ()
) -> TrackPoint:
    """A feature whose place does not matter."""
    return TrackPoint(track, step, size, (0.0, 0.0, 0.0), (0, 0, 0), (1, 1, 1), events, previous, None, ())


# Track 0 lasts; 1 goes over into it in step 2; 2 begins in step 1, and divides into itself and 3, which ends.
POINTS = (
    point(0, 0, 16),
    point(1, 0, 4),
    point(0, 1, 16, (), (0,)),
    point(1, 1, 4, (), (1,)),
    point(2, 1, 9, ("birth", "split")),
    point(0, 2, 20, ("merge",), (0, 1)),
    point(2, 2, 5, (), (2,)),
    point(3, 2, 4, ("death",), (2,)),
)


def test_a_row_has_the_events_of_its_track_in_their_steps() -> None:
    rows = chart(POINTS, (0, 1, 2, 3), "#0072b2")
    assert [(row["track"], row["first"], row["last"]) for row in rows] == [
        (0, 0, 2),
        (1, 0, 1),
        (2, 1, 2),
        (3, 2, 2),
    ]
    drawn = {(row["track"], at["step"]): at["events"] for row in rows for at in row["points"] if at["events"]}
    assert drawn == {(0, 2): ["merge"], (2, 1): ["birth", "split"], (3, 2): ["death"]}
    told = [at["told"] for row in rows for at in row["points"] if at["told"]]
    assert told == ["takes others in", "begins, divides", "ends"]
    assert {event for at in POINTS for event in at.events} == TITLES.keys()


def test_lines_lead_from_the_tracks_that_go_over_into_another() -> None:
    rows = chart(POINTS, (0, 1, 2, 3), "#0072b2")
    assert rows[0]["links"] == [{"row": 1, "before": 1, "after": 2}]
    assert rows[3]["links"] == [{"row": 2, "before": 1, "after": 2}]
    assert rows[1]["links"] == rows[2]["links"] == []


def test_tracks_without_a_row_are_left_out_with_their_lines() -> None:
    rows = chart(POINTS, (2, 0), "#0072b2")
    assert [row["track"] for row in rows] == [2, 0]
    assert [row["links"] for row in rows] == [[], []]


def test_a_point_is_larger_the_more_blocks_it_has() -> None:
    radii = [at["r"] for at in chart(POINTS, (0,), "#0072b2")[0]["points"]]
    assert radii == [3 + 5 * math.sqrt(16 / 20), 3 + 5 * math.sqrt(16 / 20), 8.0]
