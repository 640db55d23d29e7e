"""One browser window: a trame server that is its alone, over one connection.

trame shares one server's state among all who connect to it. Here every connection gets a server of its own in
the same process, so that two windows share the archive and what is decoded, and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from aiohttp import web

from idlat.explorer.message_checks import Check
from idlat.explorer.server.page_assets import use_modules
from idlat.explorer.server.window_socket import Socket

__all__ = ["Content", "Window"]

_log = logging.getLogger(__name__)


class Content(Protocol):
    """What fills a window."""

    @property
    def actions(self) -> dict[str, Check]:
        """What the page may ask for, and with what."""

    @property
    def fields(self) -> dict[str, Check]:
        """Which state the page may set, and with what."""

    def ready(self) -> None:
        """Begin: the protocol stands."""

    def close(self) -> None:
        """Free everything."""


class Window:
    """A trame server of one connection, with its content.

    Parameters
    ----------
    fill
        Makes the content on the server: state, layout, triggers.
    """

    def __init__(self, fill: Callable[[Any], Content]) -> None:
        from trame_client.widgets.core import VirtualNode
        from trame_server import Server
        from trame_server.protocol import CoreServer

        self.server = Server("idlat", VirtualNode)
        self.server.client_type = "vue3"
        use_modules(self.server)
        self.content = fill(self.server)
        CoreServer.server = self.server  # where a new protocol looks for its server
        protocol = CoreServer()
        CoreServer.server = None  # it has found it: what is last must not be kept for ever
        self.socket = Socket(protocol, self.content.actions, self.content.fields)
        protocol.set_server(self.socket.web_app)
        protocol.port_callback(0)
        self.content.ready()

    async def run(self, request: web.Request) -> web.WebSocketResponse:
        """Serve the window until it closes."""
        try:
            return await self.socket.run(request)
        finally:
            self.content.close()

    async def close(self) -> None:
        """Close the connection."""
        await self.socket.close()
