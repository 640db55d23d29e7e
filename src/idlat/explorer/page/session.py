"""One window's session: what is shown and chosen, the work behind it, and the views that share it.

::

    page ── act(name, parts) ─▶ the view that knows it ─▶ tree, selection, scene, jobs
         ◀─ state ───────────── views                  ◀─ loaded, edited, selected
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.explorer.checks import Check
from idlat.explorer.data import Blocks, Dataset, ExplorerState, TreeEditor
from idlat.explorer.data.carried import carried
from idlat.explorer.data.jobs import Work
from idlat.explorer.data.treefile import unpacked
from idlat.explorer.page.downloads import Downloads
from idlat.explorer.page.template import VUETIFY, template
from idlat.explorer.page.view import View
from idlat.explorer.page.views import make_views
from idlat.explorer.page.views.space import SpaceView
from idlat.explorer.page.worker import Worker

__all__ = ["Desk", "Session"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """What all windows share.

    Attributes
    ----------
    dataset : Dataset
        The archive and its field.
    downloads : Downloads
        Files on offer.
    title : str
        What to call the archive.
    command : tuple of str
        The command line that opened it, for reports.
    """

    dataset: Dataset
    downloads: Downloads
    title: str
    command: tuple[str, ...]


class Session:
    """The content of one window; all of it runs on the event loop, its jobs and its renderer beside it.

    Parameters
    ----------
    server
        trame's, this window's own.
    desk
        Shared with the other windows.
    """

    def __init__(self, server: Any, desk: Desk) -> None:
        self.server, self.desk, self.state = server, desk, server.state
        self.loop = asyncio.get_running_loop()
        self.worker = Worker(self.state, self.say, self.touch)
        self.blocks: Blocks | None = None
        self.editor: TreeEditor | None = None
        self.node: int | None = None
        self.selection: NDArray[np.bool_] | None = None
        self.points: NDArray[np.float64] | None = None
        self.pending: ExplorerState | None = None
        self.closed = False
        self._notices = 0
        self.space = SpaceView(self)
        self.views: tuple[View, ...] = make_views(self)
        self._actions = {name: found for view in self.views for name, found in view.actions().items()}
        self._owners = {key: view for view in self.views for key in view.fields()}
        self.state.update(
            {
                "download": None,
                "fragment": "",
                "notice": {"text": "", "kind": "info"},
                "notice_shown": False,
            }
        )
        for view in self.views:
            self.state.update(dict(view.initial()))
        self.state.trame__title = f"{desk.title} · idlat explorer"
        self.state.trame__favicon = "idlat/icon.svg"
        self.state.trame__vuetify3_config = VUETIFY
        self.state.trame__template_main = template()
        self.state.trame__template_error = "<idlat-reconnect></idlat-reconnect>"
        # what only the page needs to know never comes to the server
        self.state.client_only("help", "enlarged", "tool", "tab", "renaming", "notice_shown")
        server.trigger("act")(self.act)
        self.state.change(*self._owners)(self._fields_changed)

    @property
    def dataset(self) -> Dataset:
        """The archive and its field."""
        return self.desk.dataset

    def ready(self) -> None:
        """Begin: the connection's protocol stands."""
        for view in self.views:
            view.ready()

    @property
    def actions(self) -> dict[str, Check]:
        """What the page may ask for, and with what."""
        return {name: found.check for name, found in self._actions.items()}

    @property
    def fields(self) -> dict[str, Check]:
        """Which state the page may set, and with what."""
        return {key: check for view in self.views for key, check in view.fields().items()}

    def act(self, name: str, parts: dict[str, Any]) -> None:
        """Do what the page asks for; what goes wrong is told on the page."""
        try:
            self._actions[name].run(**parts)
        except IdlatError as error:
            self.say(str(error), "error")
        except Exception:
            _log.exception("action %s failed", name)
            self.say(f"{name} failed: see the server's log", "error")
        self.touch()

    def touch(self) -> None:
        """Tell the views that something changed."""
        for view in self.views:
            view.touched()

    def _fields_changed(self, **_: Any) -> None:
        for key in sorted(self.state.modified_keys & set(self._owners)):
            try:
                self._owners[key].changed(key)
            except IdlatError as error:
                self.say(str(error), "error")
        self.touch()

    def say(self, text: str, kind: str = "info") -> None:
        """Show a line for a few seconds."""
        self._notices += 1
        self.state.notice = {"text": text, "kind": kind, "number": self._notices}
        self.state.notice_shown = True
        self.state.dirty("notice_shown")

    def load(self) -> None:
        """Read the blocks of the variable and step that the state names."""
        variable, step, before = self.state.variable, self.state.step, self.editor

        def read(*_: Any) -> TreeEditor:
            blocks = Blocks.of(self.dataset, step, variable=variable)
            if before is None or before.blocks.variable != variable or len(before.tree.nodes) == 1:
                return TreeEditor(blocks)
            return before if before.blocks.step == step else carried(before, blocks)

        self.work("blocks", "Reading the latents", read, self._loaded)

    def _loaded(self, editor: TreeEditor) -> None:
        pending, self.pending = self.pending, None
        self.editor, self.blocks = editor, editor.blocks
        blocks = editor.blocks
        chosen = self.node if self.node and self.selection is not None and pending is None else 0
        known = {entry["id"] for entry in editor.outline()}
        self.selection, self.node = None, 0
        if chosen in known and chosen:
            self.selection, self.node = self.marks(chosen), chosen
        try:
            if pending is not None:
                self._take(pending, blocks)
        finally:
            for view in self.views:
                view.loaded()
            self.tell_edited()

    def _take(self, state: ExplorerState, blocks: Blocks) -> None:
        """Take a state's tree and selection, which are of these blocks."""
        self.editor = TreeEditor(blocks) if state.tree is None else TreeEditor.from_dict(blocks, state.tree)
        if state.selection is not None:
            try:
                marks = unpacked(state.selection, blocks.count).astype(bool)
            except ValueError:
                raise IdlatError("the state's selection is of other blocks: select again") from None
            self.selection = marks if marks.any() else None
        self.node = state.node

    def marks(self, node: int) -> NDArray[np.bool_]:
        """Mark the blocks (n,) of a node."""
        assert self.editor is not None, "only a tree has nodes"
        marks = np.zeros(self.editor.blocks.count, bool)
        marks[self.editor.rows(node)] = True
        return marks

    def tell_edited(self) -> None:
        """Tell the views that the tree changed; a node that is gone is no longer chosen."""
        assert self.editor is not None, "a tree is edited once there is one"
        alive = {entry["id"] for entry in self.editor.outline()}
        if self.node not in alive:
            self.node = 0
        for view in self.views:
            view.edited()
        self.tell_selected()

    def select(self, rows: NDArray[np.bool_] | None, node: int | None = None) -> None:
        """Choose blocks (n,), None for all; with a node where they are one's."""
        self.selection = rows
        self.node = self.node if node is None else node
        self.tell_selected()

    def tell_selected(self) -> None:
        """Tell the views that the selection changed."""
        for view in self.views:
            view.selected()

    def redress(self) -> None:
        """Tell the views that the theme changed."""
        for view in self.views:
            view.redress()

    def photograph(self, take: Callable[[bytes], None]) -> None:
        """Let `take` have the picture of physical space as PNG."""
        self.space.photograph(take)

    def offer(self, name: str, write: Callable[[Path], object]) -> None:
        """Let the page fetch a file; `write` fills it."""
        self.hand_out(name, self.desk.downloads.add(name, write))

    def hand_out(self, name: str, key: str) -> None:
        """Let the page fetch a file that is written."""
        self.state.download = {"name": name, "key": key}

    def work(self, kind: str, label: str, work: Work, done: Callable[[Any], None]) -> None:
        """Run work beside the event loop; see :meth:`Worker.run`."""
        self.worker.run(kind, label, work, done)

    def later(self, call: Callable[[], None]) -> None:
        """Call something on the loop, from another thread, and show what it changed."""

        def run() -> None:
            if not self.closed:
                with self.state:
                    call()

        if not self.closed:
            self.loop.call_soon_threadsafe(run)

    def close(self) -> None:
        """End the window's work."""
        self.closed = True
        self.worker.close()
        for view in self.views:
            view.close()
