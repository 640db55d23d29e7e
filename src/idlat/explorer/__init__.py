"""The explorer: three linked views of an archive, and what they are made of.

Examples
--------
>>> from idlat.explorer import explore
>>> explore("run.idlat", "run.nc")  # doctest: +SKIP
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idlat.archive import Archive
    from idlat.explorer.server.notebook_session import ExplorerSession

__all__ = ["explore", "explore_beside"]

Given = str | os.PathLike[str]


def explore(
    archive: Given,
    field: Given | Sequence[Given] = (),
    *,
    model: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    open_browser: bool = True,
    prefix: str = "",
) -> None:
    """Open an archive in the browser, and serve it until SIGINT or SIGTERM; as ``idlat explore`` does.

    Parameters
    ----------
    archive
        Its path or URL.
    field
        The original, or the files of its steps, to compare.
    model
        The model of the archive, where it is neither shipped nor carried.
    host, port
        Where to listen; any host but loopback needs a token, port 0 takes a free one.
    token
        A secret that a browser must bring.
    open_browser
        Open the page; else print its address alone.
    prefix
        Path below which a proxy shows the page, where it leaves that path in what it passes on.

    Raises
    ------
    IdlatError
        A library is missing, the archive or field cannot be opened, or the address cannot be had.
    """
    from idlat.explorer.server.launch import Options
    from idlat.explorer.server.launch import explore as run

    several = [field] if isinstance(field, str | os.PathLike) else list(field)
    run(
        Options(
            archive=os.fspath(archive),
            field=tuple(os.fspath(each) for each in several),
            model=model,
            host=host,
            port=port,
            token=token,
            open_browser=open_browser,
            prefix=prefix,
        )
    )


def explore_beside(
    archive: Given | Archive,
    field: Any = None,
    *,
    model: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    height: int = 800,
    prefix: str = "",
) -> ExplorerSession:
    """Open an archive beside a notebook, or any running Python: `idlat.explore`, which does not block.

    In a notebook the page appears in a frame below the cell; elsewhere its address is printed. The browser
    must run where Python does, or reach it: over ``ssh -L`` with the same port on both sides, or through the
    notebook server's proxy (``jupyter-server-proxy``) with its `prefix`.

    Parameters
    ----------
    archive
        Open, or its path or URL.
    field
        The original, to compare: an array in memory, or its file or files.
    model, host, port, token
        As :func:`idlat.explorer.explore` takes them.
    height
        Of the frame, in pixels.
    prefix
        Path of the notebook server's proxy for `port`, such as ``/user/ada/proxy/8050/``: the frame loads
        from there. Without a token one is made, which the frame brings.

    Returns
    -------
    ExplorerSession
        Its `selection` is a mask of the voxels that are chosen; `close()` ends it.

    Raises
    ------
    IdlatError
        A library is missing, the archive or field cannot be opened, or the address cannot be had.
    """
    from idlat.explorer.server.launch import Options, require_libraries

    require_libraries()
    from idlat.explorer.data import Dataset
    from idlat.explorer.server.access_gate import Gate
    from idlat.explorer.server.notebook_session import ExplorerSession
    from idlat.explorer.server.path_prefix import checked_prefix

    path_of_page = checked_prefix(prefix)
    if path_of_page and token is None:
        token = secrets.token_urlsafe(24)  # the proxy's name is not known: who comes by any must bring it
    gate = Gate(host, token, framed=True, prefix=path_of_page)
    path = archive if isinstance(archive, str | os.PathLike) else archive.path
    if hasattr(field, "__array__") and not hasattr(field, "dims"):
        from idlat.fields import as_field

        field = as_field(field)
    dataset = Dataset.open(os.fspath(path), field, model=model)
    command = Options(os.fspath(path), tuple(map(str, dataset.paths)), model=model).command()
    session = ExplorerSession(dataset, gate, port, command)
    session.show(height)
    return session
