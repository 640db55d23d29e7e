"""What stays of windows that closed: none of their objects, and no memory."""

import asyncio
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from idlat.explorer.data import Dataset
from idlat.explorer.server.access_gate import Gate
from idlat.explorer.server.launch import page_views
from idlat.explorer.server.web_server import Site
from idlat.explorer.session.downloads import Downloads
from idlat.explorer.session.shared_context import SharedContext
from idlat.explorer.session.window_session import Session
from idlat.explorer.views.space.space_view import SpaceView
from support.explorer.served_page import Served, Wire, serving_site
from support.explorer.windowed_session import Page, view_of


@pytest.fixture(scope="module")
def dataset(archive):
    with Dataset.open(*archive) as opened:
        yield opened


class Windows:
    """Opens windows of a site one after another, has each draw and edit, and closes it."""

    def __init__(self, dataset: Dataset) -> None:
        self.gone: list[weakref.ref[Any]] = []
        self._shared = SharedContext(dataset, Downloads(), "v.idlat", ("idlat",))
        self._sessions: list[Session] = []

    def run(self, test: Callable[[Served], Awaitable[None]]) -> None:
        try:
            serving_site(Site(Gate("127.0.0.1"), self._fill, self._shared.downloads), test)
        finally:
            self._shared.downloads.close()

    def _fill(self, server: Any) -> Session:
        session = Session(server, self._shared, page_views())
        self._sessions.append(session)
        self.gone.extend(weakref.ref(part) for part in (session, server, session.worker, *session.views))
        return session

    async def open_and_close(self, served: Served) -> None:
        wire = await self._use(served)  # nothing here holds the session when it closes
        await wire.socket.close()

    async def _use(self, served: Served) -> Wire:
        wire = await served.window()
        session = self._sessions.pop()
        page = Page(wire, session)
        await page.act("open", fragment="")
        await page.until(lambda: page.state.latent_note == "t-SNE" and view_of(session, SpaceView).camera)
        await page.act("split", node=0)
        await page.until(lambda: len(page.state.nodes) > 1)
        parts = (session.editor, session.blocks, view_of(session, SpaceView).renderer)
        self.gone.extend(weakref.ref(part) for part in parts)
        await page.act("theme", theme="dark")
        await page.until(lambda: view_of(session, SpaceView).camera)
        return wire

    async def swept(self) -> None:
        """Wait until nothing is left of the windows, and what frees their memory has done so."""
        for _ in range(6_000):
            freeing = any(thread.name.startswith("explorer-") for thread in threading.enumerate())
            if not freeing and all(each() is None for each in self.gone):
                return
            await asyncio.sleep(0.01)
        raise AssertionError([type(each()).__name__ for each in self.gone if each() is not None])


def test_nothing_stays_of_windows_that_closed(dataset):
    windows = Windows(dataset)

    async def test(served: Served) -> None:
        for _ in range(3):
            await windows.open_and_close(served)
        await windows.swept()

    windows.run(test)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow_by_the_window(dataset):
    windows, held = Windows(dataset), []

    async def test(served: Served) -> None:
        for _ in range(8):
            await windows.open_and_close(served)
            await windows.swept()
            held.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)

    windows.run(test)
    assert held[-1] - held[2] < 32 * 2**20, held  # the first ones load libraries and fill the cache
