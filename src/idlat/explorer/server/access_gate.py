"""Who may reach the explorer: loopback alone, or whoever brings the token.

Three gates stand before every answer. The ``Host`` header must name this machine's own address, so that no
other site's name can be turned towards it (DNS rebinding). A WebSocket's ``Origin`` must be the page's own,
so that no other page can talk to it. With a token, a cookie must carry it;
the address that is printed sets it.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from idlat.errors import IdlatError

__all__ = ["Gate", "is_loopback"]

_log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    # templates are compiled in the browser, which needs 'unsafe-eval'; nothing is loaded from elsewhere
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
        "frame-ancestors 'none'; base-uri 'self'; form-action 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_FRAMES = (
    "frame-ancestors 'self' http://localhost:* http://127.0.0.1:* https://localhost:* https://127.0.0.1:*"
)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Gate:
    """What a request must bring.

    Attributes
    ----------
    host : str
        Address that the server listens on.
    token : str or None
        The secret to bring; None where there is none.
    framed : bool
        Whether a page of this machine, or of the same address, such as a notebook, may show the explorer in
        a frame.
    prefix : str
        The path below which a proxy shows the page, as :func:`checked_prefix` returns it.

    Raises
    ------
    IdlatError
        Others could reach the server and there is no token.

    Examples
    --------
    >>> Gate("0.0.0.0", None)
    Traceback (most recent call last):
    ...
    idlat.errors.IdlatError: --host 0.0.0.0 lets other machines in: give a secret with --token, ...
    """

    host: str
    token: str | None = None
    framed: bool = False
    prefix: str = ""

    def __post_init__(self) -> None:
        if self.token is not None and not self.token.strip():
            raise IdlatError("--token is empty: give a secret word, or none with --host 127.0.0.1")
        if self.token is None and not is_loopback(self.host):
            raise IdlatError(
                f"--host {self.host} lets other machines in: give a secret with --token, "
                "or leave --host at 127.0.0.1"
            )

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request through, or answer why not; add the headers that confine the page."""
        response = self.refusal(request) or await self._answer(request, handler)
        if not response.prepared:
            for name, value in self.headers.items():
                response.headers.setdefault(name, value)
        return response

    @property
    def headers(self) -> dict[str, str]:
        """What confines the page."""
        if not self.framed:
            return HEADERS
        policy = HEADERS["Content-Security-Policy"].replace("frame-ancestors 'none'", _FRAMES)
        others = {name: value for name, value in HEADERS.items() if name != "X-Frame-Options"}
        return {**others, "Content-Security-Policy": policy}

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.Response(status=error.status, text=error.reason, headers=_location(error))

    def refusal(self, request: web.Request) -> web.Response | None:
        """Return what a request is refused with, or None."""
        reason, status = None, 403
        if not self._knows(request.host):
            reason = "this server does not answer to that name without --token"
        elif request.path in ("/ws", f"{self.prefix}/ws") and not _same_origin(request):
            reason = "the connection must come from the explorer's own page"
        elif self.token is not None and not self._holds_token(request):
            if self._is_given(request.query.get("token", "")):
                return self._admit(request)
            reason, status = "open the address that `idlat explore` printed: it carries the token", 401
        if reason is None:
            return None
        # quoted, for a path may hold line breaks that would forge lines of the log
        _log.warning("refused %s %.200r from %s: %s", request.method, request.path, request.remote, reason)
        return web.Response(status=status, text=reason + "\n")

    def _knows(self, host: str) -> bool:
        """Tell whether a ``Host`` header names this server; any name does where a token is needed."""
        try:
            parts = urlsplit(f"//{host}")
            name, _ = parts.hostname or "", parts.port
        except ValueError:  # no address, or no port
            return False
        return is_loopback(name) or name == self.host or self.token is not None

    def _cookie(self, request: web.Request) -> str:
        # cookies are shared by all ports of a host, and by all paths of a proxy: two explorers must not
        # overwrite each other's
        own = None if request.transport is None else request.transport.get_extra_info("sockname")
        return f"idlat_{own[1] if own else 80}"

    def _holds_token(self, request: web.Request) -> bool:
        return self._is_given(request.cookies.get(self._cookie(request), ""))

    def _is_given(self, secret: str) -> bool:
        return self.token is not None and hmac.compare_digest(secret.encode(), self.token.encode())

    def _admit(self, request: web.Request) -> web.Response:
        """Hand out the cookie and lead to the address without the token, which history need not keep."""
        # relative, for a proxy's path may stand before it
        bare = request.path == self.prefix
        response = web.Response(
            status=303, headers={"Location": f"{self.prefix.rpartition('/')[2]}/" if bare else "./"}
        )
        path = f"{self.prefix}/"
        response.set_cookie(
            self._cookie(request), self.token or "", httponly=True, samesite="Strict", path=path
        )
        return response


def _location(error: web.HTTPException) -> dict[str, str]:
    return {"Location": error.headers["Location"]} if "Location" in error.headers else {}


def _same_origin(request: web.Request) -> bool:
    """Tell whether a request comes from the page that this very server sent."""
    try:
        origin = urlsplit(request.headers.get("Origin", ""))
    except ValueError:
        return False
    return origin.scheme in ("http", "https") and origin.netloc == request.host
