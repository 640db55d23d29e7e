"""What the browser loads: this package's own files and those of trame, Vuetify and trame-rca, from here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["PREFIX", "SCRIPTS", "folders", "index_page", "use_modules"]

HERE = Path(__file__).with_name("components")
PREFIX = "idlat"
"""Under ``/assets/``, this package's own."""

SCRIPTS = (
    "place.js",
    "bytes.js",
    "scatter.js",
    "captioned.js",
    "tree.js",
    "matrix.js",
    "transfer.js",
    "distribution.js",
    "tracks.js",
    "field.js",
    "naming.js",
    "notice.js",
    "keys.js",
    "cameras.js",
    "panes.js",
    "bridge.js",
    "install.js",
)

_OWN: dict[str, Any] = {
    "serve": {PREFIX: str(HERE)},
    "vue_use": ["idlat_explorer"],
}


def use_modules(server: Any) -> None:
    """Make a trame server load every module that the page needs."""
    from trame_client.module import vue3 as client
    from trame_rca import module as rca
    from trame_vuetify.module import v3

    server.enable_module(client)
    server.enable_module(v3)
    server.enable_module(rca)
    server.enable_module(_OWN)


def client_folder() -> Path:
    """Return the folder of trame's own client."""
    from trame_client.module import vue3

    return Path(vue3.www)


@cache
def folders() -> Mapping[str, Path]:
    """Return what is served below ``/assets/``, by its first part."""
    from trame_server import Server

    server = Server("assets")
    server.client_type = "vue3"
    use_modules(server)
    return {name: Path(path) for name, path in server.serve.items()}


@cache
def index_page() -> str:
    """Return the page: ours, with the names that trame's build gave its script and style.

    Examples
    --------
    >>> "assets/index-" in index_page()
    True
    """
    theirs = (client_folder() / "index.html").read_text(encoding="utf-8")
    names = {}
    for mark, pattern in (
        ("@SCRIPT@", r'src="\./(assets/[\w.-]+\.js)"'),
        ("@STYLE@", r'href="\./(assets/[\w.-]+\.css)"'),
    ):
        found = re.search(pattern, theirs)
        assert found is not None, "trame's page names its script and style"
        names[mark] = found[1]
    # in this order, before trame's client: it loads what a module names all at once, in any order
    names["@COMPONENTS@"] = "\n    ".join(f'<script src="{PREFIX}/{name}"></script>' for name in SCRIPTS)
    page = (HERE / "index.html").read_text(encoding="utf-8")
    for mark, name in names.items():
        page = page.replace(mark, name)
    return page
