"""What frames the views: the archive's name and facts, variable and step, theme, jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from idlat.explorer.data.step_times import shown_times
from idlat.explorer.message_checks import Check, flag, one_of, text, whole
from idlat.explorer.session.page_view import Action, View, action
from idlat.explorer.session.view_host import Host

__all__ = ["TopBarView"]

TICK = 1.2
"""Seconds a step at least, while the steps play."""


class TopBarView(View):
    """The top bar."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._next: asyncio.TimerHandle | None = None
        self._dressed = "light"

    def initial(self) -> Mapping[str, Any]:
        """Return the archive's facts and the first step."""
        dataset = self.host.dataset
        size = " × ".join(map(str, dataset.shape))
        steps = f", {dataset.steps} steps" if dataset.steps > 1 else ""
        bound = dataset.archive.record.settings.max_error
        largest = f" · no error above {bound.text}" if bound is not None else ""
        return {
            "title": self.host.shared.title,
            "facts": f"{size} (z, y, x){steps} · {_importance(dataset.expression)}{largest}",
            "variables": list(dataset.variables),
            "variable": dataset.variables[0],
            "steps": dataset.steps,
            "step": 0,
            "times": shown_times(dataset.archive.template(dataset.variables[0])),
            "shape": list(dataset.shape),
            "units": dataset.units,
            "theme": self._dressed,
            "playing": False,
            "help": False,
            "enlarged": "",
        }

    def actions(self) -> Mapping[str, Action]:
        """Return what the top bar asks for."""
        return {
            "theme": action(self.set_theme, theme=one_of("light", "dark")),
            "play": action(self.play, on=flag),
            "cancel": action(self.host.worker.cancel, kind=text(40)),
            "say": action(self.host.say, text=text(200)),
        }

    def fields(self) -> Mapping[str, Check]:
        """Return what the top bar sets."""
        dataset = self.host.dataset
        return {
            "step": whole(0, dataset.steps - 1),
            "variable": one_of(*dataset.variables),
            "theme": one_of("light", "dark"),
        }

    def on_field_changed(self, field: str) -> None:
        """Draw in other colours, or read other blocks."""
        if field == "theme":
            if self._dressed != self.state.theme:
                self._dressed = self.state.theme
                self.host.change_theme()
        else:
            self.host.load_shown()

    def on_blocks_loaded(self) -> None:
        """Show the units of another variable, with its values."""
        if self.host.blocks is not None:
            self.state.units = self.host.dataset.units_of(self.host.blocks.variable)

    def set_theme(self, theme: str) -> None:
        """Turn the page light or dark."""
        self.state.theme = theme

    def play(self, on: bool) -> None:
        """Go through the steps, or stop."""
        self.state.playing = on
        self._stop()
        if on:
            self._next = self.host.loop.call_later(TICK, self._tick)

    def close(self) -> list[Callable[[], object]]:
        """Go on no more."""
        self._stop()
        return []

    def _stop(self) -> None:
        if self._next is not None:
            self._next.cancel()

    def _tick(self) -> None:
        """Go on one step, once the last one is shown."""
        if self.host.closed or not self.state.playing:
            return
        if not self.state.jobs:
            with self.state:
                self.state.step = (self.state.step + 1) % self.state.steps
        self._next = self.host.loop.call_later(TICK, self._tick)


def _importance(expression: str | None) -> str:
    """Say under which importance an archive was written."""
    if expression is None:
        return "importance from a file"
    return "importance the same everywhere" if expression == "1" else expression
