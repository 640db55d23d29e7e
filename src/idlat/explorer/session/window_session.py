"""One window's session: what is shown and chosen, the work behind it, and the views that share it.

::

    page ── act(name, parts) ─▶ the view that knows it ─▶ tree, selection, scene, jobs
         ◀─ state ───────────── views                  ◀─ loaded, edited, selected
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis.features import USUAL_SCALING, Scaling
from idlat.errors import IdlatError
from idlat.explorer.data import Blocks, Dataset, ExplorerState, History, TreeEditor
from idlat.explorer.data.background_jobs import Progress, Work
from idlat.explorer.data.clusters.tree_file import packed
from idlat.explorer.message_checks import Check
from idlat.explorer.notation import without_help
from idlat.explorer.session.free_memory import sweep
from idlat.explorer.session.job_runner import JobRunner
from idlat.explorer.session.load_step import Loaded, arrived, kept_tree, rescaled, restored, still_chosen
from idlat.explorer.session.page_view import View
from idlat.explorer.session.shared_context import SharedContext
from idlat.explorer.session.told_views import ToldViews
from idlat.explorer.session.view_host import Host

__all__ = ["Session"]

_log = logging.getLogger(__name__)


class Session(ToldViews):
    """The content of one window; all of it runs on the event loop, its jobs and its renderer beside it.

    Parameters
    ----------
    server
        trame's, this window's own.
    shared
        Shared with the other windows.
    views
        Make the views, given the session; their hooks are called in this order.
    """

    def __init__(
        self, server: Any, shared: SharedContext, views: Sequence[Callable[[Host], View]] = ()
    ) -> None:
        self.server, self.shared, self.state = server, shared, server.state
        self.loop = asyncio.get_running_loop()
        self.worker = JobRunner(self.state, self.say, self.touch)
        self.blocks: Blocks | None = None
        self.editor: TreeEditor | None = None
        self.node: int | None = None
        self.selection: NDArray[np.bool_] | None = None
        self.points: NDArray[np.float64] | None = None
        self._wanted: tuple[str, int] | None = None
        self._histories: dict[str, History] = {}  # of each variable's clusters
        self.closed = False
        self._notices = 0
        self.views = tuple(make(self) for make in views)
        self._actions = {name: found for view in self.views for name, found in view.actions().items()}
        self._owners = {key: view for view in self.views for key in view.fields()}
        self.state.update({"download": None, "fragment": ""})
        self.state.notice = {"text": "", "kind": "info", "number": 0}
        for view in self.views:
            self.state.update(dict(view.initial()))
        # what only the page needs to know never comes to the server
        self.state.client_only("help", "enlarged", "tool", "renaming")
        server.trigger("act")(self.act)
        self.state.change(*self._owners)(self._fields_changed)

    @property
    def dataset(self) -> Dataset:
        """The archive and its field."""
        return self.shared.dataset

    def ready(self) -> None:
        """Begin: the connection's protocol stands."""
        for view in self.views:
            view.on_connected()

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

    def _fields_changed(self, **_: Any) -> None:
        for key in sorted(self.state.modified_keys & set(self._owners)):
            try:
                self._owners[key].on_field_changed(key)
            except IdlatError as error:
                self.say(str(error), "error")
        self.touch()

    def say(self, text: str, kind: str = "info") -> None:
        """Show a line for a few seconds; the page shows each number once."""
        self._notices += 1
        self.state.notice = {"text": without_help(text), "kind": kind, "number": self._notices}

    def load_shown(self) -> None:
        """Read the blocks of the variable and step that the state names, unless they are on their way."""
        if self._wanted != (self.state.variable, self.state.step):
            self.load()

    def load(self, state: ExplorerState | None = None, scaling: Scaling | None = None) -> None:
        """Read the blocks of the variable and step that the page names, or take a state whole.

        With a scaling the same blocks are read with other features; each stays in its cluster.

        Whatever is wrong with a state is found on another thread, before anything of it is taken.
        """
        variable, step = self.state.variable, self.state.step
        if state is not None:
            variable, step = state.variable or self.dataset.variables[0], state.step
        self._wanted = (variable, step)
        dataset, history = self.dataset, self._histories.get(variable)
        usual = USUAL_SCALING if self.blocks is None else self.blocks.scaling

        def read(progress: Progress, _: Callable[[], bool]) -> Loaded:
            if state is not None:
                return restored(dataset, variable, state, progress)
            if scaling is not None:
                return rescaled(dataset, variable, step, history, scaling, progress)
            return arrived(dataset, variable, step, history, usual, progress)

        def failed() -> None:
            self._wanted = None
            if self.blocks is not None:
                self.state.scaling = self.blocks.scaling
            if state is not None and self.blocks is None:
                self.load()

        self.worker.run("blocks", "Reading the latents", read, self._loaded, failed)

    def _loaded(self, found: Loaded) -> None:
        before, marks, node = self.blocks, self.selection, self.node or 0
        known = self._histories.get(found.editor.blocks.variable)
        if found.carried is not None and known is not None and known.now is not found.carried:
            self.load(scaling=found.editor.blocks.scaling)  # it was edited while it was read
            return
        self.editor, self.blocks = found.editor, found.editor.blocks
        history = self._histories.setdefault(self.blocks.variable, self.editor.history)
        if (found.state or found.carried) is not None and history is not self.editor.history:
            self.editor.adopt(history)
        if found.state is not None:
            marks, node = found.marks, found.state.node
            self.state.update(
                {"variable": self.blocks.variable, "step": self.blocks.step, "theme": found.state.theme}
            )
            for view in self.views:
                view.restore(found.state)
        else:
            marks, node = still_chosen(self.editor, before, marks, node)
        self.selection, self.node = marks if marks is not None and marks.any() else None, node
        for view in self.views:
            view.on_blocks_loaded()
        self.tell_edited()
        if self.editor.stale:  # it was edited while it was carried
            self.load()

    def tell_edited(self) -> None:
        """Tell the views that the tree changed; a node that is gone is no longer chosen."""
        assert self.editor is not None, "a tree is edited once there is one"
        alive = {entry["id"] for entry in self.editor.outline()}
        if self.node not in alive:
            self.node = 0
        for view in self.views:
            view.on_tree_changed()
        self.select(self.selection, self.node)

    def select(self, rows: NDArray[np.bool_] | None, node: int | None = None) -> None:
        """Choose blocks (n,), None for all; with a node where they are one's."""
        self.selection = rows
        self.node = self.node if node is None else node
        for view in self.views:
            view.on_selection_changed()

    def current_state(self) -> ExplorerState:
        """Return everything that the window shows."""
        kept: dict[str, Any] = {
            "archive": self.shared.title,
            "variable": self.state.variable,
            "step": self.state.step,
            "theme": self.state.theme,
            **kept_tree(self.editor, self.state.step),
            "node": self.node or 0,
            "selection": None if self.selection is None else packed(self.selection.astype(np.intp)),
        }
        for view in self.views:
            kept |= view.keep()
        return ExplorerState(**kept)

    def offer(self, name: str, write: Callable[[Path], object]) -> None:
        """Let the page fetch a file; `write` fills it."""
        self.hand_out(name, self.download(name, write))

    def download(self, name: str, write: Callable[[Path], object]) -> str:
        """Let `write` fill a file of this window's, on any thread; return the key for :meth:`hand_out`."""
        return self.shared.downloads.add(name, write, self)

    def hand_out(self, name: str, key: str) -> None:
        """Let the page fetch a file that is written."""
        self.state.download = {"name": name, "key": key}

    def work(
        self,
        kind: str,
        label: str,
        work: Work,
        done: Callable[[Any], None],
        failed: Callable[[], None] | None = None,
    ) -> None:
        """Run work on the blocks in view on another thread; a result that others outdid is dropped.

        See :meth:`JobRunner.run`, which is for work that does not depend on the blocks in view.
        """
        blocks = self.blocks

        def take(result: Any) -> None:
            if self.blocks is blocks:
                done(result)

        self.worker.run(kind, label, work, take, failed)

    def later(self, call: Callable[[], None]) -> None:
        """Call something on the loop, from another thread, and show what it changed."""

        def run() -> None:
            if not self.closed:
                with self.state:
                    call()

        if not self.closed:
            self.loop.call_soon_threadsafe(run)

    def close(self) -> None:
        """End the window's work, and free what it held once that has ended."""
        self.closed = True
        waits: list[Callable[[], object]] = [self.worker.close()]
        self.shared.downloads.release(self)
        for view in self.views:
            waits += view.close()
        self.loop.call_soon(sweep, waits)  # once whoever closes it holds it no more
