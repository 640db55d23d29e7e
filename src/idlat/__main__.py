"""``python -m idlat``: the program, where the command ``idlat`` is not on the path."""

from __future__ import annotations

from idlat.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
