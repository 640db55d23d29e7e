"""What an archive keeps of where its importance came from."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ImportanceSource"]


@dataclass(frozen=True)
class ImportanceSource:
    """Where a map came from, for the record.

    Attributes
    ----------
    kind
        One of "expression", "file", "callable", "array".
        Only an expression can be evaluated again from what is recorded; one that reads files counts as a
        file.
    text
        The canonical expression (files by their names), or the name of the file, callable or array.
    sha256
        Of the file's bytes (of several, of their hashes), of the callable's source, of the array's float32
        values in C order; None for an expression.
    """

    kind: str
    text: str
    sha256: str | None = None
