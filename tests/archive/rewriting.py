"""Changing the record of an archive as idlat itself would: under a checksum that is right."""

from collections.abc import Callable
from pathlib import Path

from idlat.archive.format import ArchiveRecord
from idlat.archive.places import place_of
from idlat.archive.root import read_record, write_record


def rewrite_record(folder: Path, change: Callable[[ArchiveRecord], ArchiveRecord]) -> None:
    """Replace the record of the archive in a folder."""
    store = place_of(folder).open()
    write_record(store, change(read_record(store)))
