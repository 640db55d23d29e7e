"""The model files that come with the package."""

from __future__ import annotations

from pathlib import Path

__all__ = ["shipped_file", "shipped_files"]

_FOLDER = Path(__file__).parent / "weights"


def shipped_files() -> list[Path]:
    """Return the shipped model files, by name.

    Examples
    --------
    >>> [path.stem for path in shipped_files()]
    ['default', 'learned']
    """
    return sorted(_FOLDER.glob("*.safetensors"))


def shipped_file(name: str) -> Path | None:
    """Return the model file that is shipped under a name, such as ``default``; None where there is none."""
    return next((path for path in shipped_files() if path.stem == name), None)
