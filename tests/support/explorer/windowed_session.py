"""A session without a browser, and the page's side of it, for tests of what comes of what the page asks."""

import asyncio
from dataclasses import replace
from typing import Any, TypeVar

from idlat.explorer.data import ExplorerState
from idlat.explorer.server.access_gate import Gate
from idlat.explorer.server.launch import page_views
from idlat.explorer.server.web_server import Site
from idlat.explorer.session.downloads import Downloads
from idlat.explorer.session.shared_context import SharedContext
from idlat.explorer.session.window_session import Session
from idlat.explorer.views.space.space_view import SpaceView
from idlat.explorer.views.workbench.workbench_view import WorkbenchView
from support.explorer.served_page import Wire, serving_site

Kind = TypeVar("Kind")


def view_of(session: Session, kind: type[Kind]) -> Kind:
    """Return a session's view of a kind."""
    return next(view for view in session.views if isinstance(view, kind))


class Page:
    """The browser's side: the state as it was told, and actions."""

    def __init__(self, wire: Wire, session: Session) -> None:
        self.wire, self.session, self.state = wire, session, session.state

    @property
    def space(self) -> SpaceView:
        return view_of(self.session, SpaceView)

    @property
    def bench(self) -> WorkbenchView:
        return view_of(self.session, WorkbenchView)

    async def act(self, name: str, /, **parts: Any) -> dict[str, Any]:
        return await self.wire.call("trame.trigger", "act", [name, parts], {})

    async def until(self, condition: Any) -> None:
        for _ in range(6_000):
            if condition() and not self.state.jobs:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"nothing came of it: {self.state.jobs}, {self.state.notice}")


def kept_of(page: Page) -> ExplorerState:
    """Return the state as it would be kept, but for the camera, which is known once a picture is drawn."""
    return replace(page.session.current_state(), camera=None, fitted=False)


def in_session(dataset, test, fragment=""):
    """Run a test with an open page of a fresh session."""
    sessions: list[Session] = []
    downloads = Downloads()
    shared = SharedContext(dataset, downloads, "v.idlat", ("idlat", "explore", "v.idlat"))

    def fill(server: Any) -> Session:
        sessions.append(Session(server, shared, page_views()))
        return sessions[-1]

    async def run(served) -> None:
        page = Page(await served.window(), sessions[0])
        await page.act("open", fragment=fragment)
        await page.until(lambda: page.state.nodes and page.state.latent_note == "t-SNE")
        await test(page)

    try:
        serving_site(Site(Gate("127.0.0.1"), fill, downloads), run)
    finally:
        downloads.close()
