"""Where a reproduced table or figure goes, and the data that it is made of."""

from __future__ import annotations

from pathlib import Path

from idlat.errors import OutputError

__all__ = ["make_folders"]


def make_folders(output: Path, data: Path | None) -> Path:
    """Create the folder of an output, and that of its data; return the latter, `output/data` unless given.

    Raises
    ------
    OutputError
        If the output's parent is absent, or it is a file.
    """
    if not output.absolute().parent.is_dir() or (output.exists() and not output.is_dir()):
        raise OutputError(f"cannot make the folder {output}: its parent must be an existing folder")
    output.mkdir(exist_ok=True)
    folder = output / "data" if data is None else data
    folder.mkdir(exist_ok=True)
    return folder
