"""A site with a small window of its own, for tests of what stands between a browser and a session."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgpack
from aiohttp import ClientWebSocketResponse
from aiohttp.test_utils import TestClient, TestServer
from wslink.chunking import UnChunker, generate_chunks

from idlat.explorer.message_checks import numbers, point, real, record, text
from idlat.explorer.server.access_gate import Gate
from idlat.explorer.server.web_server import Site
from idlat.explorer.session.downloads import Downloads


class Content:
    """Remembers what it was asked."""

    def __init__(self, server: Any) -> None:
        self.server, self.said, self.closed = server, [], False
        self.actions = {"say": record({"text": text(10)}), "points": record({"points": numbers(point, 3)})}
        self.fields = {"level": real(0, 1)}
        server.state.level = 0.5
        server.trigger("act")(self.act)

    def act(self, name: str, parts: dict[str, Any]) -> None:
        self.said.append((name, parts))

    def ready(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


class Served:
    """A running site, its client and the contents of the windows that were opened."""

    def __init__(self, client: TestClient, site: Site, contents: list[Content]) -> None:
        self.client, self.site, self.contents = client, site, contents
        self.host = f"127.0.0.1:{client.port}"

    async def window(self) -> "Wire":
        socket = await self.client.ws_connect("/ws", headers={"Origin": f"http://{self.host}"})
        wire = Wire(socket)
        assert "result" in await wire.call("wslink.hello", {"secret": "wslink-secret"}, kind="system")
        return wire


class Wire:
    """A window's connection, as the browser's side of it."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket, self.number, self.parts = socket, 0, UnChunker()
        self.parts.set_max_message_size(2**26)

    async def call(self, method: str, *args: Any, kind: str = "rpc") -> dict[str, Any]:
        """Call a method and return the answer to it."""
        self.number += 1
        name = f"{kind}:page:{self.number}"
        await self.send({"wslink": "1.0", "id": name, "method": method, "args": list(args), "kwargs": {}})
        while True:
            answer = await self.receive()
            if answer.get("id") == name:
                return answer

    async def send(self, message: Any) -> None:
        for chunk in generate_chunks(msgpack.packb(message), 4_000_000):
            await self.socket.send_bytes(chunk)

    async def receive(self) -> dict[str, Any]:
        while True:
            message = self.parts.process_chunk(await self.socket.receive_bytes(timeout=120))
            if message is not None:
                return message


def serving(test: Callable[[Served], Awaitable[None]], gate: Gate | None = None) -> None:
    """Run a test against a site of small windows."""
    contents: list[Content] = []

    def fill(server: Any) -> Content:
        contents.append(Content(server))
        return contents[-1]

    downloads = Downloads()
    try:
        serving_site(Site(gate or Gate("127.0.0.1"), fill, downloads), test, contents)
    finally:
        downloads.close()


def serving_site(
    site: Site, test: Callable[[Served], Awaitable[None]], contents: list[Content] | None = None
) -> None:
    """Run a test against a site."""

    async def run() -> None:
        async with TestClient(TestServer(site.application())) as client:
            await test(Served(client, site, [] if contents is None else contents))

    asyncio.run(run())
