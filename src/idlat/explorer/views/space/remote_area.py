"""The picture's place on the page, as trame-rca knows it: sizes and gestures come in, pictures go out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from idlat.explorer.views.space.render_thread import EncodedPicture

__all__ = ["Draggable", "Gestures", "RemoteArea"]

SMALLEST = 16
"""Pixels a side below which nothing is drawn."""

WAITING = 2
"""Messages on the way beyond which a picture of a moving view is left out."""

CLICK = 4.0
"""Pixels within which a press and a release are a click."""


class Gestures(Protocol):
    """Who acts on gestures."""

    def turn(self, dx: float, dy: float) -> None:
        """Turn by pixels."""

    def shift(self, dx: float, dy: float) -> None:
        """Move by pixels."""

    def zoom(self, factor: float) -> None:
        """Come nearer by a factor."""


class Draggable(Protocol):
    """Who has something in the picture that is dragged; places are device pixels from the upper left."""

    def grab(self, x: float, y: float) -> bool:
        """Take what is under the pointer, and tell whether there is something."""

    def drag(self, x: float, y: float) -> None:
        """Move what was taken."""

    def drop(self) -> None:
        """End the drag."""

    def hover(self, x: float, y: float) -> None:
        """Show what could be taken."""


class RemoteArea:
    """One remote-controlled area of trame-rca.

    Parameters
    ----------
    name
        The area's, as in the template.
    gestures
        Takes turns, shifts and zooms.
    resize
        Takes a new size, in device pixels.
    click
        Takes a click with Ctrl, in device pixels from the top left.
    grips
        Asked before a press begins to turn the view.
    """

    def __init__(
        self,
        name: str,
        gestures: Gestures,
        resize: Callable[[int, int], None],
        click: Callable[[float, float], None],
        grips: Draggable,
    ) -> None:
        self.area_name, self._grips = name, grips
        self._gestures, self._resize, self._click = gestures, resize, click
        self._streamer: Any = None
        self._button = ""
        self._from = self._begun = (0.0, 0.0)
        self._ratio, self._height = 1.0, 1.0

    def set_streamer(self, streamer: Any) -> None:
        """Take the protocol that pictures go out by."""
        self._streamer = streamer

    def push(self, frame: EncodedPicture) -> None:
        """Send a picture."""
        if self._streamer is None:
            return
        if frame.moving and self._streamer.coreServer.network_monitor.pending > WAITING:
            return  # the connection is slow: the next one is nearer to what the hand does
        meta = {
            "type": "image/jpeg",
            "codec": "",
            "w": frame.width,
            "h": frame.height,
            "st": int(time.time() * 1000),
            "key": "key",
        }
        self._streamer.push_content(self.area_name, meta, frame.content)

    def update_size(self, _: str, size: Mapping[str, float]) -> None:
        """Take the area's size in CSS pixels, and how many device pixels each has."""
        if min(size["w"], size["h"]) < SMALLEST:
            return  # hidden: another view fills the page
        self._ratio = min(2.0, max(1.0, size.get("p", 1)))
        self._height = size["h"]
        self._resize(round(size["w"] * self._ratio), round(size["h"] * self._ratio))

    def on_interaction(self, _: str, event: Mapping[str, Any]) -> None:
        """Take a gesture; y counts from below."""
        kind = event["type"]
        at = (float(event.get("x", 0.0)), float(event.get("y", 0.0)))
        if kind.endswith("ButtonPress"):
            moves = event["shiftKey"] or kind.startswith("Middle")
            self._button = "shift" if moves else "zoom" if kind.startswith("Right") else "turn"
            if self._button == "turn" and not event["ctrlKey"] and self._grips.grab(*self._pixel(at)):
                self._button = "grip"
            self._from = self._begun = at
        elif kind.endswith("ButtonRelease"):
            self._release(at, event)
        elif kind == "MouseMove" and self._button:
            self._drag(at)
        elif kind == "MouseMove":
            self._grips.hover(*self._pixel(at))
        elif kind == "MouseWheel":
            self._gestures.zoom(1.1 ** -max(-3.0, min(3.0, float(event.get("spinY", 0.0)))))

    def _release(self, at: tuple[float, float], event: Mapping[str, Any]) -> None:
        away = max(abs(at[0] - self._begun[0]), abs(at[1] - self._begun[1]))
        if self._button == "turn" and event["ctrlKey"] and away < CLICK:
            self._click(*self._pixel(at))
        if self._button == "grip":
            self._grips.drop()
        self._button = ""

    def _pixel(self, at: tuple[float, float]) -> tuple[float, float]:
        """Return a place in device pixels from the upper left."""
        return at[0] * self._ratio, (self._height - at[1]) * self._ratio

    def _drag(self, at: tuple[float, float]) -> None:
        dx, dy = at[0] - self._from[0], self._from[1] - at[1]
        self._from = at
        if self._button == "grip":
            self._grips.drag(*self._pixel(at))
        elif self._button == "turn":
            self._gestures.turn(dx, dy)
        elif self._button == "shift":
            self._gestures.shift(dx, dy)
        else:
            self._gestures.zoom(1.005**-dy)
