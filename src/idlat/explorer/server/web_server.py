"""The explorer's web server: the page and its assets, one WebSocket a window, downloads, a clean end."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from aiohttp import web

from idlat.errors import IdlatError
from idlat.explorer.server import page_assets as assets
from idlat.explorer.server.access_gate import Gate, is_loopback
from idlat.explorer.server.browser_window import Content, Window
from idlat.explorer.session.downloads import Downloads

__all__ = ["Site", "answer", "serve"]

_log = logging.getLogger(__name__)

MOST_WINDOWS = 12
"""Windows at a time: each holds volumes on the way to its picture."""


class Site:
    """What the server answers.

    Parameters
    ----------
    gate
        Who may come in.
    fill
        Makes the content of a window, given its trame server.
    downloads
        Files that windows offer.
    """

    def __init__(self, gate: Gate, fill: Callable[[Any], Content], downloads: Downloads) -> None:
        self.gate, self.downloads = gate, downloads
        self._fill = fill
        self.windows: set[Window] = set()

    def application(self) -> web.Application:
        """Return the aiohttp application."""
        app = web.Application(middlewares=[self.gate.middleware])
        app.router.add_get("/", self._page)
        app.router.add_get("/alive", self._alive)
        app.router.add_get("/ws", self._window)
        app.router.add_get("/download/{key}", self._download)
        app.router.add_post("/assets/paraview/", self._where)
        for name, folder in sorted(assets.folders().items(), reverse=True):
            app.router.add_static(f"/assets/{name}", folder)
        app.router.add_static("/assets", assets.client_folder())
        app.on_shutdown.append(self._close)
        return app

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=assets.index_page(), content_type="text/html", headers=_FRESH)

    async def _alive(self, _: web.Request) -> web.Response:
        """Tell a page that lost its connection whether to come back."""
        if len(self.windows) >= MOST_WINDOWS:
            return web.Response(status=503, text=_full(), headers=_FRESH)
        return web.Response(text="alive\n", headers=_FRESH)

    async def _where(self, request: web.Request) -> web.Response:
        """Tell trame's client, which asks for a launcher first, where its WebSocket is."""
        scheme = "wss" if request.secure else "ws"
        return web.json_response({"sessionURL": f"{scheme}://{request.host}/ws", "secret": "wslink-secret"})

    async def _window(self, request: web.Request) -> web.StreamResponse:
        if len(self.windows) >= MOST_WINDOWS:
            _log.warning("refused a window: %d are open", MOST_WINDOWS)
            raise web.HTTPServiceUnavailable(reason=_full())
        window = Window(self._fill)
        self.windows.add(window)
        try:
            return await window.run(request)
        finally:
            self.windows.discard(window)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        found = self.downloads.find(request.match_info["key"])
        if found is None:
            raise web.HTTPNotFound(reason="no such download; make it again")
        named = f"attachment; filename*=UTF-8''{quote(found.name)}"
        return web.FileResponse(found.path, headers={"Content-Disposition": named, **_FRESH})

    async def _close(self, _: web.Application) -> None:
        await asyncio.gather(*(window.close() for window in list(self.windows)), return_exceptions=True)


_FRESH = {"Cache-Control": "no-store"}
_ENDS = (signal.SIGINT, signal.SIGTERM)


def _full() -> str:
    return f"{MOST_WINDOWS} windows are open: close one"


async def serve(
    site: Site, port: int, started: Callable[[str], None], ending: Callable[[], object] = lambda: None
) -> None:
    """Serve until SIGINT or SIGTERM; a second one does not wait for the windows to close.

    Parameters
    ----------
    site
        What to serve.
    port
        Where; 0 takes a free one.
    started
        Called with the address once it answers.
    ending
        Called at once when it is told to end.

    Raises
    ------
    IdlatError
        The port or the address cannot be had.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        ended.set()
        ending()
        for number in _ENDS:
            loop.remove_signal_handler(number)

    for number in _ENDS:
        loop.add_signal_handler(number, end)
    try:
        await answer(site, port, started, ended)
    finally:
        for number in _ENDS:
            loop.remove_signal_handler(number)


async def answer(site: Site, port: int, started: Callable[[str], None], ended: asyncio.Event) -> None:
    """Serve until an event is set, on any thread's loop; otherwise as :func:`serve`."""
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        place = web.TCPSite(runner, site.gate.host, port)
        try:
            await place.start()
        except OSError as error:
            raise IdlatError(
                f"cannot listen on {site.gate.host} port {port} ({error.strerror}): choose another --port"
            ) from None
        started(address(site.gate, runner.addresses[0][1]))
        await ended.wait()
    finally:
        await runner.cleanup()


def address(gate: Gate, port: int) -> str:
    """Return the address to open.

    Examples
    --------
    >>> address(Gate("127.0.0.1"), 8080)
    'http://127.0.0.1:8080/'
    >>> address(Gate("::1", "se cret"), 8080)
    'http://[::1]:8080/?token=se%20cret'
    """
    host = gate.host
    if not is_loopback(host) and host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/" + (f"?token={quote(gate.token)}" if gate.token else "")
