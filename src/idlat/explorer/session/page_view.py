"""What a view of the page is: what it shows, the actions it takes, the fields that the browser may set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from idlat.explorer.message_checks import Check, record

if TYPE_CHECKING:
    from idlat.explorer.data import ExplorerState
    from idlat.explorer.session.window_session import Session

__all__ = ["Action", "View", "action"]


@dataclass(frozen=True)
class Action:
    """Something that the page may ask for: the check of its parts, and what it does with them."""

    check: Check
    run: Callable[..., None]


def action(run: Callable[..., None], **parts: Check) -> Action:
    """Make an action; its parts are the arguments of `run`."""
    return Action(record(parts), run)


class View:
    """A part of the page.

    Parameters
    ----------
    session
        The window's.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def state(self) -> Any:
        """trame's state, which the page shows."""
        return self.session.state

    def initial(self) -> Mapping[str, Any]:
        """Return the state to begin with."""
        return {}

    def actions(self) -> Mapping[str, Action]:
        """Return what the page may ask for."""
        return {}

    def fields(self) -> Mapping[str, Check]:
        """Return the state that the browser may set, and with what."""
        return {}

    def changed(self, field: str) -> None:
        """Act on a field of this view that changed."""

    def loaded(self) -> None:
        """Act on new blocks: another step or variable."""

    def edited(self) -> None:
        """Act on a change of the cluster tree."""

    def selected(self) -> None:
        """Act on a change of the selection."""

    def keep(self) -> dict[str, Any]:
        """Return this view's part of the state that is kept."""
        return {}

    def restore(self, state: ExplorerState) -> None:
        """Take this view's part of a state, whose blocks are read; :meth:`loaded` follows."""

    def figures(self) -> dict[str, Any]:
        """Return this view's part of a report, by the attributes of :class:`Report`."""
        return {}

    def touched(self) -> None:
        """Act on anything having changed."""

    def redress(self) -> None:
        """Act on another theme."""

    def ready(self) -> None:
        """Act on the connection's protocol standing."""

    def close(self) -> None:
        """Let go of what the view holds."""
