"""What frames the views: the archive's name and facts, variable and step, theme, jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from idlat.explorer.data.step_times import shown_times
from idlat.explorer.message_checks import Check, flag, numbers, one_of, real, text, whole
from idlat.explorer.session.page_view import Action, View, action, kept
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.step_player import StepPlayer

__all__ = ["TopBarView"]


class TopBarView(View):
    """The top bar, and how the page is shared out."""

    KEPT = kept("panes")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._player = StepPlayer(host)
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
            "panes": [],
        }

    def actions(self) -> Mapping[str, Action]:
        """Return what the top bar asks for."""
        return {
            "theme": action(self.set_theme, theme=one_of("light", "dark")),
            "play": action(self._player.play, on=flag),
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
            "panes": numbers(real(0, 1), 3),
        }

    def on_field_changed(self, field: str) -> None:
        """Draw in other colours, or read other blocks."""
        if field == "theme":
            if self._dressed != self.state.theme:
                self._dressed = self.state.theme
                self.host.change_theme()
        elif field != "panes":
            self.host.load_shown()

    def on_blocks_loaded(self) -> None:
        """Show the units of another variable, with its values."""
        if self.host.blocks is not None:
            self.state.units = self.host.dataset.units_of(self.host.blocks.variable)

    def set_theme(self, theme: str) -> None:
        """Turn the page light or dark."""
        self.state.theme = theme

    def close(self) -> list[Callable[[], object]]:
        """Go on no more."""
        self._player.stop()
        return []


def _importance(expression: str | None) -> str:
    """Say under which importance an archive was written."""
    if expression is None:
        return "importance from a file"
    return "importance the same everywhere" if expression == "1" else expression
