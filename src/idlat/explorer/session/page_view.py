"""What a view of the page is: what it shows, the actions it takes, the fields that the browser may set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from idlat.explorer.data import ExplorerState
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.message_checks import Check, record
from idlat.explorer.session.view_host import Host

__all__ = ["Action", "View", "action", "kept"]


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
    host
        The window.
    """

    KEPT: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Fields of :class:`ExplorerState` that this view owns, and what they are called in trame's state."""

    def __init__(self, host: Host) -> None:
        self.host = host

    @property
    def state(self) -> Any:
        """trame's state, which the page shows."""
        return self.host.state

    def initial(self) -> Mapping[str, Any]:
        """Return the state to begin with."""
        return {}

    def actions(self) -> Mapping[str, Action]:
        """Return what the page may ask for."""
        return {}

    def fields(self) -> Mapping[str, Check]:
        """Return the state that the browser may set, and with what."""
        return {}

    def keep(self) -> dict[str, Any]:
        """Return this view's part of the state that is kept: what :attr:`KEPT` names."""
        return {field: _plain(self.state[name], tuple) for field, name in self.KEPT.items()}

    def restore(self, state: ExplorerState) -> None:
        """Take this view's part of a state, whose blocks are read; :meth:`on_blocks_loaded` follows."""
        self.state.update({name: _plain(getattr(state, field), list) for field, name in self.KEPT.items()})

    def figures(self) -> dict[str, Any]:
        """Return this view's part of a report, by the attributes of :class:`Report`."""
        return {}

    def photograph(self, take: Callable[[bytes], None]) -> None:
        """Let `take` have the picture of physical space as PNG, on the loop, if this view draws it."""

    def ahead(self, step: int) -> Sequence[Callable[[Progress], object]]:
        """Return what computes what this view will show of another step, for the cache, on another thread."""
        return ()

    def on_field_changed(self, field: str) -> None:
        """Act on a field of this view that changed."""

    def on_blocks_loaded(self) -> None:
        """Act on new blocks: another step or variable."""

    def on_tree_changed(self) -> None:
        """Act on a change of the cluster tree."""

    def on_selection_changed(self) -> None:
        """Act on a change of the selection."""

    def on_pointed(self, row: int | None) -> None:
        """Act on a block that is pointed at, or on none."""

    def on_map_changed(self) -> None:
        """Act on another map being edited, or on what came of it."""

    def on_map_dragged(self, values: Mapping[str, float]) -> None:
        """Act on parameters of the map that is edited being dragged."""

    def on_map_wanted(self) -> None:
        """Act on the map that is edited being wanted."""

    def on_any_change(self) -> None:
        """Act on anything having changed."""

    def on_theme_changed(self) -> None:
        """Act on another theme."""

    def on_connected(self) -> None:
        """Act on the connection standing."""

    def close(self) -> list[Callable[[], object]]:
        """Free what the view holds; return what waits for the end of what still runs."""
        return []


def _plain(value: Any, kind: type[list[Any]] | type[tuple[Any, ...]]) -> Any:
    """Return a value with its lists and tuples as one kind: trame's state has lists, what is kept tuples."""
    return kind(_plain(each, kind) for each in value) if isinstance(value, list | tuple) else value


def kept(*fields: str, **renamed: str) -> Mapping[str, str]:
    """Name fields for :attr:`View.KEPT`; those that trame's state calls otherwise with that name.

    Examples
    --------
    >>> dict(kept("mode", look="latent_look"))
    {'mode': 'mode', 'look': 'latent_look'}
    """
    return MappingProxyType({**{name: name for name in fields}, **renamed})
