"""Start the explorer: find what is missing, open the archive, serve until it is told to end."""

from __future__ import annotations

import asyncio
import atexit
import gc
import importlib.util
import logging
import shlex
import sys
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path
from typing import Any

from idlat.errors import IdlatError

__all__ = ["Options", "explore", "require_libraries"]

LIBRARIES = (
    "aiohttp",
    "trame",
    "trame_client",
    "trame_rca",
    "trame_server",
    "trame_vuetify",
    "wslink",
    "PIL",
)


@dataclass(frozen=True)
class Options:
    """What to explore and where to serve it; as `idlat explore` takes it."""

    archive: str
    field: tuple[str, ...] = ()
    how: Mapping[str, Any] = attribute(default_factory=dict)
    model: str | None = None
    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    open_browser: bool = True

    def command(self) -> tuple[str, ...]:
        """Return the command that explores the same."""
        from idlat.explorer.data.open_fields import reading_words

        model = ("--model", self.model) if self.model else ()
        return ("idlat", "explore", self.archive, *self.field, *reading_words(self.how), *model)


def require_libraries() -> None:
    """Say what is missing, before any of it is used.

    Raises
    ------
    IdlatError
        With the line that installs it.
    """
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise IdlatError(f"the explorer needs {', '.join(missing)}: pip install 'idlat[explorer]'")
    from idlat.render.offscreen import require_offscreen

    require_offscreen()


def explore(options: Options) -> None:
    """Serve the explorer until SIGINT or SIGTERM.

    Raises
    ------
    IdlatError
        A library is missing, the archive or field cannot be opened, or the address cannot be had.
    """
    require_libraries()
    from idlat.explorer.data import Dataset
    from idlat.explorer.server.access_gate import Gate
    from idlat.explorer.server.page_template import set_page
    from idlat.explorer.server.web_server import Site, serve
    from idlat.explorer.session.downloads import Downloads
    from idlat.explorer.session.window_session import Desk, Session

    atexit.register(gc.freeze)  # seconds would go by in looking for garbage while the process ends
    gate = Gate(options.host, options.token)
    _log_to_stderr()
    field = list(options.field) or None
    with Dataset.open(options.archive, field, model=options.model, how=options.how) as dataset:
        downloads = Downloads()
        desk = Desk(dataset, downloads, Path(options.archive).name, options.command())

        def fill(server: Any) -> Session:
            set_page(server.state, desk.title)
            return Session(server, desk)

        try:
            asyncio.run(serve(Site(gate, fill, downloads), options.port, _started(options), _ending))
        finally:
            downloads.close()


def _started(options: Options) -> Any:
    """Return what to do with the address: print it, and open it in the browser unless told not to."""

    def started(address: str) -> None:
        if not options.open_browser:
            print(address, flush=True)
            return
        print(f"{shlex.join(options.command())}\n  {address}\n  Ctrl-C ends it", flush=True)
        webbrowser.open(address)

    return started


def _ending() -> None:
    """Say that it ends: what a driver still draws may take a moment."""
    print("The explorer ends; the address of a page brings its view back.", file=sys.stderr, flush=True)


def _log_to_stderr() -> None:
    """Write warnings of the explorer to standard error, one line each."""
    log = logging.getLogger("idlat.explorer")
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
        log.addHandler(handler)
        log.propagate = False
