"""The explorer's web server: the page and its assets, one WebSocket a window, downloads, a clean end."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web

from idlat.errors import IdlatError
from idlat.explorer.server import page_assets as assets
from idlat.explorer.server.access_gate import Gate, is_loopback
from idlat.explorer.server.browser_window import Content, Window
from idlat.explorer.session.downloads import Downloads

__all__ = ["Site", "answer", "page_path", "serve"]

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
        for prefix in sorted({"", self.gate.prefix}):  # some proxies take it away, others do not
            self._add_routes(app.router, prefix)
        if self.gate.prefix:
            app.router.add_get(self.gate.prefix, self._to_page)
        app.on_shutdown.append(self._close)
        return app

    def _add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        """Answer below a path."""
        router.add_get(f"{prefix}/", self._page)
        router.add_get(f"{prefix}/alive", self._alive)
        router.add_get(f"{prefix}/ws", self._window)
        router.add_get(f"{prefix}/download/{{key}}", self._download)
        router.add_post(f"{prefix}/assets/paraview/", self._where)
        for name, folder in sorted(assets.folders().items(), reverse=True):
            router.add_static(f"{prefix}/assets/{name}", folder)
        router.add_static(f"{prefix}/assets", assets.client_folder())

    async def _to_page(self, request: web.Request) -> web.Response:
        """Lead to the page, whose links are relative to a path that ends with a slash."""
        raise web.HTTPFound(f"{request.path}/")

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=assets.index_page(), content_type="text/html", headers=_FRESH)

    async def _alive(self, _: web.Request) -> web.Response:
        """Tell a page that lost its connection whether to come back."""
        if len(self.windows) >= MOST_WINDOWS:
            return web.Response(status=503, text=_full(), headers=_FRESH)
        return web.Response(text="alive\n", headers=_FRESH)

    async def _where(self, request: web.Request) -> web.Response:
        """Tell trame's client, which asks for a launcher first, where its WebSocket is.

        The page's own scripts know: which scheme, host and path a proxy has, the server does not.
        """
        asked = urlsplit(request.query.get("socket", ""))
        if asked.scheme not in _SOCKETS:
            raise web.HTTPBadRequest(reason="expected the page's address")
        place = asked._replace(scheme=_SOCKETS[asked.scheme]).geturl()
        return web.json_response({"sessionURL": place, "secret": "wslink-secret"})

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


_SOCKETS = {"http": "ws", "https": "wss"}
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
    >>> address(Gate("127.0.0.1", prefix="/proxy/8080"), 8080)
    'http://127.0.0.1:8080/proxy/8080/'
    """
    host = gate.host
    if not is_loopback(host) and host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}{page_path(gate)}"


def page_path(gate: Gate) -> str:
    """Return the path of the page, with the token.

    Examples
    --------
    >>> page_path(Gate("127.0.0.1", "secret", prefix="/user/ada/proxy/8080"))
    '/user/ada/proxy/8080/?token=secret'
    """
    return f"{gate.prefix}/" + (f"?token={quote(gate.token)}" if gate.token else "")
