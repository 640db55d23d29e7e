"""Shared by all that writes: one job per output, whole files or none, clean interruption."""

from idlat.outputs.disk import flush_file, flush_folder, flush_tree
from idlat.outputs.interrupts import Interrupted, interruptible, postponed
from idlat.outputs.locks import OutputLock, lock_output
from idlat.outputs.staging import (
    put_in_place,
    recover_folder,
    remove_leftovers,
    staged_file,
    staged_folder,
    temporary_for,
    write_whole,
)

__all__ = [
    "Interrupted",
    "OutputLock",
    "flush_file",
    "flush_folder",
    "flush_tree",
    "interruptible",
    "lock_output",
    "postponed",
    "put_in_place",
    "recover_folder",
    "remove_leftovers",
    "staged_file",
    "staged_folder",
    "temporary_for",
    "write_whole",
]
