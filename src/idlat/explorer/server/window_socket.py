"""One browser window's connection: every message is checked before trame sees it; what is odd is logged.

::

    bytes ─ unpack ─▶ {id, method, args} ─ a method that the page calls? arguments as it sends them? ─▶ trame
                │                          └─ no: refused, logged, the session goes on
                └─ not a message: refused, logged
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import WSMsgType, web
from wslink.protocol import WslinkHandler

from idlat.explorer.message_checks import Check, RefusedError, numbers, one_of, real, record, text, whole

__all__ = ["Socket", "SocketHost"]

_log = logging.getLogger(__name__)

LARGEST = 8 * 2**20
"""Bytes of one message from the browser: a state of a large tree fits many times."""

CLOSING = 0.3
"""Seconds that a browser has to answer the end of a connection."""

BAD_REQUEST = -32602  # JSON-RPC: invalid parameters

_SIZE = record({"w": real(0, 10_000), "h": real(0, 10_000), "p": real(0.1, 8)})


class SocketHost:
    """What a wslink handler asks of its web application: nothing that could stop the server."""

    last_active_client_id: str | None = None

    async def stop(self) -> None:
        """Refuse: no window may end the server for the others."""
        _log.warning("refused a window's request to stop the server")


class Socket(WslinkHandler):  # type: ignore[misc]
    """A wslink handler of one connection.

    Parameters
    ----------
    protocol
        trame's side of the connection.
    actions
        Arguments of each action that the page knows.
    fields
        State that the page may set, and with what.
    """

    def __init__(self, protocol: Any, actions: Mapping[str, Check], fields: Mapping[str, Check]) -> None:
        super().__init__(protocol, SocketHost())
        self._actions, self._fields = actions, fields
        self.refused = 0

    async def run(self, request: web.Request) -> web.WebSocketResponse:
        """Serve a connection until it closes."""
        socket = web.WebSocketResponse(
            max_msg_size=LARGEST + 4096, heartbeat=30, compress=False, timeout=CLOSING
        )
        client = "page"
        await socket.prepare(request)
        self.connections[client] = socket
        try:
            await self.onConnect(request, client)
            async for message in socket:
                await self._take(message, client)
        finally:
            await self.onClose(client)
            self.connections.pop(client, None)
            self.authentified_client_ids.discard(client)
        return socket

    async def close(self) -> None:
        """Close the connection: the server goes away."""
        for socket in list(self.connections.values()):
            await socket.close(code=1001, message=b"the server ends")

    async def _take(self, message: Any, client: str) -> None:
        """Unpack a message and act on it; whatever is wrong with it ends here."""
        if message.type != WSMsgType.BINARY:
            self._note("a text message")
            return
        if len(self.unchunkers[client].pending_messages) > 8:  # begun and never ended: they take memory
            self.unchunkers[client].release_pending_messages()
        try:
            whole_message = self.unchunkers[client].process_chunk(message.data)
        except Exception as error:  # whatever bytes the unpacking stumbles on
            self.unchunkers[client].release_pending_messages()
            self._note(f"bytes that are no message ({type(error).__name__})")
            return
        if whole_message is not None:
            with self.network_monitor:
                await self.onCompleteMessage(whole_message, client)
            self.unchunkers[client].set_max_message_size(LARGEST)  # wslink allows 4 GB after the greeting

    async def onCompleteMessage(self, rpc: Any, client_id: str) -> None:  # noqa: N802
        """Pass a message on if it is one that the page sends; else answer why not."""
        try:
            if not isinstance(rpc, dict):
                raise RefusedError("a message that is no object")
            for part in ("id", "method"):
                if not isinstance(rpc.get(part), str) or len(rpc[part]) > 200:
                    raise RefusedError(f"a message without {part}")
            args, kwargs = rpc.get("args", []), rpc.get("kwargs", {})
            if not isinstance(args, list) or kwargs not in ({}, [], None):
                raise RefusedError(f"{rpc['method']}: arguments are no list")
            if rpc["method"] not in _METHODS:
                raise RefusedError(f"unknown method {rpc['method'][:60]!r}")
            rpc |= {"args": _METHODS[rpc["method"]](self, args), "kwargs": {}}
        except RefusedError as error:
            self._note(str(error))
            if isinstance(rpc, dict) and isinstance(rpc.get("id"), str):
                await self.sendWrappedError(rpc["id"], BAD_REQUEST, str(error), client_id=client_id)
            return
        await super().onCompleteMessage(rpc, client_id)

    async def sendWrappedMessage(self, *given: Any, **named: Any) -> None:  # noqa: N802
        """Send a message, unless the browser has left: what was on its way to it is dropped."""
        with contextlib.suppress(ConnectionResetError):
            await super().sendWrappedMessage(*given, **named)

    def _note(self, what: str) -> None:
        self.refused += 1
        _log.warning("refused a malformed message: %s", what)

    def _trigger(self, args: list[Any]) -> list[Any]:
        """Check what an action is called with: ``["act", [name, payload], {}]``."""
        if len(args) not in (2, 3) or args[0] != "act" or not isinstance(args[1], list) or len(args[1]) != 2:
            raise RefusedError("trigger: expected act with a name and its parts")
        name, payload = args[1]
        if not isinstance(name, str) or name not in self._actions:
            raise RefusedError(f"unknown action {str(name)[:40]!r}")
        try:
            return ["act", [name, self._actions[name](payload)], {}]
        except RefusedError as error:
            raise RefusedError(f"action {name}: {error}") from None

    def _update(self, args: list[Any]) -> list[Any]:
        """Check a change of state: ``[[{"key": …, "value": …}, …]]``."""
        if len(args) != 1 or not isinstance(args[0], list):
            raise RefusedError("state: expected a list of changes")
        changes = []
        for change in args[0]:
            if not isinstance(change, dict) or not isinstance(change.get("key"), str):
                raise RefusedError("state: a change without key")
            key = change["key"]
            if key not in self._fields:
                raise RefusedError(f"state: {key[:40]!r} is not the page's to set")
            try:
                changes.append({"key": key, "value": self._fields[key](change.get("value"))})
            except RefusedError as error:
                raise RefusedError(f"state {key}: {error}") from None
        return [changes]


def _hello(_: Socket, args: list[Any]) -> list[Any]:
    return [record({"secret": text(200)})(args[0])] if len(args) == 1 else _none(_, args)


def _none(_: Socket, args: list[Any]) -> list[Any]:
    if args:
        raise RefusedError("arguments where none are known")
    return args


def _words(longest: int) -> Any:
    return lambda _, args: numbers(text(longest), 1)(args)


def _resize(_: Socket, args: list[Any]) -> list[Any]:
    if len(args) != 3:
        raise RefusedError("size: expected area, origin and size")
    return [one_of("space")(args[0]), text(40)(args[1]), _SIZE(args[2])]


def _pointer(_: Socket, args: list[Any]) -> list[Any]:
    if len(args) != 3 or not isinstance(args[2], dict) or len(args[2]) > 40:
        raise RefusedError("event: expected area, origin and event")
    event = {"type": text(40)(args[2].get("type"))}
    for key in ("x", "y", "w", "h", "spinY"):
        if args[2].get(key) is not None:
            event[key] = real(-1e5, 1e5)(args[2][key])
    for key in ("shiftKey", "ctrlKey", "altKey"):
        event[key] = bool(args[2].get(key))
    return [one_of("space")(args[0]), text(40)(args[1]), event]


def _drop(_: Socket, args: list[Any]) -> list[Any]:
    if len(args) != 2:
        raise RefusedError("drop: expected area and limit")
    return [one_of("space")(args[0]), whole(1, 10_000)(args[1])]


_METHODS: dict[str, Any] = {
    "wslink.hello": _hello,
    "trame.state.get": _none,
    "trame.state.update": Socket._update,
    "trame.trigger": Socket._trigger,
    "trame.lifecycle.update": _words(40),
    "trame.error.client": _words(4000),
    "trame.rca.size": _resize,
    "trame.rca.event": _pointer,
    "trame.rca.drop": _drop,
}
