"""The command line: thin commands, each importing what it needs when it runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program, as :func:`idlat.cli.app.main` does; Ctrl-C while it loads is one line, too."""
    try:
        from idlat.cli import app
    except KeyboardInterrupt:
        sys.stderr.write("idlat: interrupted; nothing was begun: run the same command again\n")
        sys.exit(130)
    app.main(arguments)
