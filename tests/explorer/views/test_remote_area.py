"""Gestures over the picture: who gets which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from idlat.explorer.views.space.remote_area import RemoteArea


class Hand:
    """Notes what it is told; something can be taken in the upper left quarter of 100 × 100 pixels."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *parts: self.told.append((name, *parts))

    def grab(self, x: float, y: float) -> bool:
        self.told.append(("grab", x, y))
        return x < 50 and y < 50


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def area(hand: Hand) -> RemoteArea:
    made = RemoteArea("space", hand, hand.resize, hand.click, hand)
    made.update_size("", {"w": 100, "h": 100, "p": 2})
    hand.told.clear()
    return made


def send(area: RemoteArea, kind: str, x: float, y: float, **keys: bool) -> None:
    area.on_interaction("", {"type": kind, "x": x, "y": y, "shiftKey": False, "ctrlKey": False, **keys})


def test_a_press_on_something_drags_it_until_the_release(area: RemoteArea, hand: Hand) -> None:
    send(area, "LeftButtonPress", 10, 90)  # y counts from below, in CSS pixels
    send(area, "MouseMove", 30, 70)
    send(area, "LeftButtonRelease", 30, 70)
    send(area, "MouseMove", 31, 70)
    assert hand.told == [("grab", 20, 20), ("drag", 60, 60), ("drop",), ("hover", 62, 60)]


def test_a_press_beside_it_turns(area: RemoteArea, hand: Hand) -> None:
    send(area, "LeftButtonPress", 80, 20)
    send(area, "MouseMove", 85, 15)
    send(area, "LeftButtonRelease", 85, 15)
    assert hand.told == [("grab", 160, 160), ("turn", 5, 5)]


@pytest.mark.parametrize(
    ("kind", "keys", "becomes"),
    [
        ("LeftButtonPress", {"shiftKey": True}, "shift"),
        ("MiddleButtonPress", {}, "shift"),
        ("RightButtonPress", {}, "zoom"),
        ("LeftButtonPress", {"ctrlKey": True}, "turn"),
    ],
)
def test_other_gestures_go_on_over_something(
    area: RemoteArea, hand: Hand, kind: str, keys: dict[str, bool], becomes: str
) -> None:
    send(area, kind, 10, 90, **keys)
    send(area, "MouseMove", 20, 80)
    assert [name for name, *_ in hand.told] == [becomes]


def test_a_click_with_ctrl_picks_what_is_behind(area: RemoteArea, hand: Hand) -> None:
    send(area, "LeftButtonPress", 10, 90, ctrlKey=True)
    send(area, "LeftButtonRelease", 10, 90, ctrlKey=True)
    assert hand.told == [("click", 20, 20)]
