"""The explorer beside a notebook: served from a thread, shown in a frame, its selection as a mask.

::

    cell ──explore_beside──▶ a thread's loop ──▶ the page, in an iframe of the notebook's
    next cell ──session.selection──▶ the blocks chosen in the window opened last ──▶ voxels, True or False
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from idlat.errors import IdlatError
from idlat.explorer.data import Dataset
from idlat.explorer.server.access_gate import Gate
from idlat.explorer.server.launch import page_views
from idlat.explorer.server.page_template import set_page
from idlat.explorer.server.web_server import Site, answer, page_path
from idlat.explorer.session.downloads import Downloads
from idlat.explorer.session.shared_context import SharedContext
from idlat.explorer.session.window_session import Session

__all__ = ["ExplorerSession"]

_START = 60.0  # seconds in which a server answers, or never


class ExplorerSession:
    """A running explorer; :func:`idlat.explore` makes one.

    Parameters
    ----------
    dataset
        What to explore; it is closed with the session.
    gate
        Who may look.
    port
        Where; 0 takes a free one.
    command
        The command line that explores the same, for reports.

    Raises
    ------
    IdlatError
        The address cannot be had.
    """

    def __init__(self, dataset: Dataset, gate: Gate, port: int, command: tuple[str, ...]) -> None:
        self._dataset, self._downloads = dataset, Downloads()
        self._sessions: list[Session] = []
        self._started = threading.Event()
        self._failed: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self.address, self._frame = "", page_path(gate) if gate.prefix else ""
        shared = SharedContext(dataset, self._downloads, Path(dataset.archive.path).name, command)

        def fill(server: Any) -> Session:
            set_page(server.state, shared.title)
            self._sessions = [each for each in self._sessions if not each.closed]
            self._sessions.append(Session(server, shared, page_views()))
            return self._sessions[-1]

        site = Site(gate, fill, self._downloads)
        self._thread = threading.Thread(
            target=self._serve, args=(site, port), name="idlat-explorer", daemon=True
        )
        self._thread.start()
        atexit.register(self.close)
        if not self._started.wait(_START) or self._failed is not None:
            self.close()
            raise self._failed or IdlatError("the explorer does not answer: try again")

    def _serve(self, site: Site, port: int) -> None:
        def started(address: str) -> None:
            self.address = address
            self._started.set()

        async def run() -> None:
            self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
            await answer(site, port, started, self._ended)

        try:
            asyncio.run(run())
        except Exception as error:
            self._failed = error
            self._started.set()

    def show(self, height: int = 800) -> None:
        """Show the page in the notebook; elsewhere print its address."""
        if not in_notebook():
            print(self.address, flush=True)
            return
        from IPython.display import IFrame, display

        display(IFrame(self._frame or self.address, "100%", height))

    def close(self) -> None:
        """End the server, and free what it held; nothing where that is done."""
        atexit.unregister(self.close)
        if self._loop is not None and self._ended is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._downloads.close()
        self._dataset.close()

    def __enter__(self) -> ExplorerSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ExplorerSession({self.address!r})"

    @property
    def _window(self) -> Session | None:
        """The window opened last that is open still."""
        return next((each for each in reversed(self._sessions) if not each.closed), None)

    @property
    def variable(self) -> str:
        """The variable in view."""
        window = self._window
        shown = None if window is None or window.blocks is None else window.blocks.variable
        return shown or self._dataset.variables[0]

    @property
    def step(self) -> int:
        """The time step in view."""
        window = self._window
        return 0 if window is None or window.blocks is None else window.blocks.step

    @property
    def selection(self) -> xr.DataArray:
        """The voxels of the blocks that are chosen in the window opened last.

        Returns
        -------
        DataArray
            bool, dims ``(z, y, x)``, with the coordinates of the step in view; nowhere True where no window
            is open, or none of its blocks is chosen.
        """
        window = self._window
        blocks, rows = (None, None) if window is None else (window.blocks, window.selection)
        mask = np.zeros(self._dataset.shape, bool)
        if blocks is not None and rows is not None and len(rows) == blocks.count:
            for row in np.flatnonzero(rows):
                mask[tuple(map(slice, *blocks.reach(int(row))))] = True
        stored = self._dataset.archive.variable(self.variable)
        lead = {"time": self.step, "component": 0}
        template = stored.isel(**{dim: at for dim, at in lead.items() if dim in stored.dims}).template
        return xr.DataArray(mask, template.coords, template.dims, "selection")


def in_notebook() -> bool:
    """Whether cells of a notebook, which can show a frame, run in this process."""
    import sys

    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")
