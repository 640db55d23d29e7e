"""What all windows of one explorer share."""

from __future__ import annotations

from dataclasses import dataclass

from idlat.explorer.data import Dataset
from idlat.explorer.session.downloads import Downloads

__all__ = ["SharedContext"]


@dataclass(frozen=True)
class SharedContext:
    """What all windows share.

    Attributes
    ----------
    dataset : Dataset
        The archive and its field.
    downloads : Downloads
        Files on offer.
    title : str
        What to call the archive.
    command : tuple of str
        The command line that opened it, for reports.
    """

    dataset: Dataset
    downloads: Downloads
    title: str
    command: tuple[str, ...]
