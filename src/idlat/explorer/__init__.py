"""The explorer: three linked views of an archive, and what they are made of.

Examples
--------
>>> from idlat.explorer import explore
>>> explore("run.idlat", "run.nc")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Sequence

__all__ = ["explore"]

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
        )
    )
