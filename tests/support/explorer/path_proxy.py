"""A proxy that shows a server below a path, as a notebook server does, for tests."""

import asyncio
import threading

from aiohttp import ClientSession, WSMsgType, web

HOP_BY_HOP = {"connection", "upgrade", "transfer-encoding", "content-encoding", "content-length", "host"}


class PathProxy:
    """Passes on what comes below a path, with the browser's `Host`; the path is taken away, or left in."""

    def __init__(self, target: str, path: str, strips: bool) -> None:
        self.target, self.path, self.strips = target.rstrip("/"), path, strips
        self.asked: list[str] = []  # paths that lie elsewhere
        self.address = ""
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(120)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _start(self) -> None:
        self._client = ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", f"{self.path}/{{rest:.*}}", self._pass)
        app.router.add_route("*", "/{rest:.*}", self._stray)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}{self.path}/"

    async def _end(self) -> None:
        await self._client.close()
        await self._runner.cleanup()

    async def _stray(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        return web.Response(status=404)

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path.removeprefix(self.path) if self.strips else request.raw_path
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        headers["Host"] = request.host
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._pass_socket(request, path, headers)
        async with self._client.request(
            request.method,
            self.target + path,
            headers=headers,
            data=await request.read(),
            allow_redirects=False,
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())

    async def _pass_socket(
        self, request: web.Request, path: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        headers = {name: value for name, value in headers.items() if not name.startswith("Sec-WebSocket")}
        page = web.WebSocketResponse(max_msg_size=0)
        async with self._client.ws_connect(self.target + path, headers=headers, max_msg_size=0) as server:
            await page.prepare(request)

            async def forward(source, sink) -> None:
                async for message in source:
                    if message.type == WSMsgType.BINARY:
                        await sink.send_bytes(message.data)
                await sink.close()

            await asyncio.gather(forward(page, server), forward(server, page))
        return page

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=120)
