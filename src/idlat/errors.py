"""The errors that idlat raises on purpose: one clear line each, safe to show to a user as they are.

Every one is a :class:`ValueError`; the command line turns them (and any :class:`OSError`) into exit status 2
with the message on standard error. A message says what is wrong, what was expected, what came, and what to
do.
"""

from __future__ import annotations

__all__ = [
    "ArchiveError",
    "CorruptStreamError",
    "FieldError",
    "IdlatError",
    "ImportanceError",
    "IncompleteArchiveError",
    "MissingExtraError",
    "MissingFileError",
    "ModelError",
    "OutputBusyError",
    "OutputError",
    "OutputExistsError",
    "Remark",
    "RenderError",
    "TargetError",
    "TargetGapError",
]


class IdlatError(ValueError):
    """Base of every error that idlat raises on purpose.

    Examples
    --------
    >>> from idlat.errors import CorruptStreamError, IdlatError
    >>> issubclass(CorruptStreamError, IdlatError) and issubclass(IdlatError, ValueError)
    True
    """


class FieldError(IdlatError):
    """A field cannot be read as asked: format, size, variable, dtype or rank."""


class MissingFileError(IdlatError, FileNotFoundError):
    """An input path does not exist; also a :class:`FileNotFoundError`."""


class OutputError(IdlatError):
    """An output cannot be written: absent folder, full disk, unknown suffix."""


class OutputExistsError(OutputError, FileExistsError):
    """The output exists and overwriting was not asked for; also a :class:`FileExistsError`."""


class OutputBusyError(OutputError):
    """Another job writes the output; the message says who."""


class ImportanceError(IdlatError):
    """An importance map or expression is malformed, on another grid, not finite or outside [0, 1]."""


class ModelError(IdlatError):
    """A model cannot be found or read: no model file, another format version, another hash."""


class ArchiveError(IdlatError):
    """An archive cannot be read or written: no archive, another format version, a lost chunk."""


class IncompleteArchiveError(ArchiveError):
    """An archive whose writing was interrupted; resume it."""


class CorruptStreamError(IdlatError):
    """A coded stream is damaged: too short, a bad header, a failed checksum."""


class Remark(UserWarning):
    """A warning, not an error: what a user should know of a result, such as what a format cannot hold."""


class MissingExtraError(IdlatError, ModuleNotFoundError):
    """A part of idlat is asked for whose extra is not installed; also a :class:`ModuleNotFoundError`."""


class RenderError(IdlatError):
    """A picture cannot be drawn: no VTK, a missing system library, nothing to show."""


class TargetError(IdlatError):
    """A ratio or PSNR that is asked for is out of a model's reach; the message says what it reaches."""


class TargetGapError(TargetError):
    """A ratio or PSNR lies between two that can be reached, with nothing in between."""
