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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idlat.errors import IdlatError

if TYPE_CHECKING:
    from idlat.explorer.session.page_view import View
    from idlat.explorer.session.view_host import Host

__all__ = ["Options", "explore", "page_views", "require_libraries"]

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
    prefix: str = ""

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
    from idlat.explorer.server.path_prefix import checked_prefix
    from idlat.explorer.server.web_server import Site, serve
    from idlat.explorer.session.downloads import Downloads
    from idlat.explorer.session.shared_context import SharedContext
    from idlat.explorer.session.window_session import Session

    atexit.register(gc.freeze)  # seconds would go by in looking for garbage while the process ends
    gate = Gate(options.host, options.token, prefix=checked_prefix(options.prefix))
    _log_to_stderr()
    field = list(options.field) or None
    with Dataset.open(options.archive, field, model=options.model, how=options.how) as dataset:
        downloads = Downloads()
        shared = SharedContext(dataset, downloads, Path(options.archive).name, options.command())

        def fill(server: Any) -> Session:
            set_page(server.state, shared.title)
            return Session(server, shared, page_views())

        try:
            asyncio.run(serve(Site(gate, fill, downloads), options.port, _started(options), _ending))
        finally:
            downloads.close()


def page_views() -> tuple[Callable[[Host], View], ...]:
    """Return what makes the views of a window, in the order in which they are told of events."""
    from idlat.explorer.views.cluster_tree_view import ClusterTreeView
    from idlat.explorer.views.isosurface_map_view import IsosurfaceMapView
    from idlat.explorer.views.latent_space_view import LatentSpaceView
    from idlat.explorer.views.saving_view import SavingView
    from idlat.explorer.views.space.space_view import SpaceView
    from idlat.explorer.views.top_bar_view import TopBarView
    from idlat.explorer.views.track_view import TrackView
    from idlat.explorer.views.workbench.workbench_view import WorkbenchView

    return (
        TopBarView,
        ClusterTreeView,
        LatentSpaceView,
        WorkbenchView,
        SpaceView,
        IsosurfaceMapView,
        TrackView,
        SavingView,
    )


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
