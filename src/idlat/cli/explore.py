"""`idlat explore`."""

from __future__ import annotations

import os
import sys
import threading
from typing import Annotated

import typer

from idlat.cli import options
from idlat.cli.files import FieldFiles


def explore(
    archive: options.ArchivePath,
    field: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD...]", help="The original, to compare.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="Model of the archive.")] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but loopback needs --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    server: Annotated[bool, typer.Option("--server", help="Print the address; open no browser.")] = False,
    token: Annotated[str | None, typer.Option(metavar="T", help="Secret that the browser must send.")] = None,
    prefix: Annotated[
        str,
        typer.Option(metavar="PATH", help="Path below which a proxy shows the page, if it leaves it in."),
    ] = "",
    shape: options.Shape = None,
    dtype: options.Dtype = None,
    byte_order: options.ByteOrder = "little",
    offset: options.Offset = 0,
    format: options.Format = None,
    axes: options.Axes = None,
    missing: options.Missing = None,
) -> None:
    r"""Open an archive in the browser: clusters, latent space and physical space, linked.

    \b
    Examples:
      idlat explore run.idlat run.nc
      idlat explore run.idlat --server --port 8080
      idlat explore run.idlat --host 0.0.0.0 --token "$(openssl rand -hex 16)"
      idlat explore run.idlat --server --port 8050 --prefix /proxy/8050/
    """
    from idlat.explorer.server.launch import Options
    from idlat.explorer.server.launch import explore as run

    run(
        Options(
            archive=archive,
            field=tuple(field or ()),
            how=FieldFiles(field or (), shape, dtype, byte_order, offset, format, axes, missing).how,
            model=model,
            host=host,
            port=port,
            token=token,
            open_browser=not server,
            prefix=prefix,
        )
    )
    _leave()


def _leave() -> None:
    """End the process at once where a job or a driver still works on what nobody waits for any more."""
    sys.stdout.flush()
    sys.stderr.flush()
    if any(thread.name.startswith("explorer") for thread in threading.enumerate()):
        os._exit(0)
