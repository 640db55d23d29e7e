"""What the page asks for and sets, handed to the view that it belongs to; what goes wrong is told there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from idlat.errors import IdlatError
from idlat.explorer.message_checks import Check
from idlat.explorer.session.page_view import View

__all__ = ["PageCalls"]

_log = logging.getLogger(__name__)


class PageCalls:
    """The way from a page to its views.

    Parameters
    ----------
    server
        trame's, this window's own.
    views
        All of the window's.
    say
        Shows a line, given its kind.
    """

    def __init__(self, server: Any, views: Sequence[View], say: Callable[[str, str], None]) -> None:
        self._state, self._views, self._say = server.state, views, say
        self._actions = {name: found for view in views for name, found in view.actions().items()}
        self._owners = {key: view for view in views for key in view.fields()}
        server.trigger("act")(self.act)
        self._state.change(*self._owners)(self._fields_changed)

    @property
    def actions(self) -> dict[str, Check]:
        """What the page may ask for, and with what."""
        return {name: found.check for name, found in self._actions.items()}

    @property
    def fields(self) -> dict[str, Check]:
        """Which state the page may set, and with what."""
        return {key: check for view in self._views for key, check in view.fields().items()}

    def act(self, name: str, parts: dict[str, Any]) -> None:
        """Do what the page asks for."""
        try:
            self._actions[name].run(**parts)
        except IdlatError as error:
            self._say(str(error), "error")
        except Exception:
            _log.exception("action %s failed", name)
            self._say(f"{name} failed: see the server's log", "error")
        self._touch()

    def _fields_changed(self, **_: Any) -> None:
        for key in sorted(self._state.modified_keys & set(self._owners)):
            try:
                self._owners[key].on_field_changed(key)
            except IdlatError as error:
                self._say(str(error), "error")
        self._touch()

    def _touch(self) -> None:
        for view in self._views:
            view.on_any_change()
