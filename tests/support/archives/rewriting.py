"""Changing the record of an archive as idlat itself would: under a checksum that is right."""

from collections.abc import Callable
from pathlib import Path

from idlat.archive.format.archive_record import ArchiveRecord
from idlat.archive.format.root_document import read_record, write_record
from idlat.archive.storage.archive_location import location_of


def rewrite_record(folder: Path, change: Callable[[ArchiveRecord], ArchiveRecord]) -> None:
    """Replace the record of the archive in a folder."""
    store = location_of(folder).open()
    write_record(store, change(read_record(store)))
