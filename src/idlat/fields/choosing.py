"""Choose one of the variables of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from idlat.errors import FieldError


def choose(path: Path, variable: str | None, names: Sequence[str], others: Sequence[str] = ()) -> str:
    """Find a variable by its name or path, or the only one there is.

    Parameters
    ----------
    path : Path
        The file, for messages.
    variable : str or None
        A name; of a path in the file, such as ``native_fields/temperature``, the last part is enough where
        only one ends so.
    names : sequence of str
        The variables that can be opened.
    others : sequence of str
        Variables that can be opened too but are chosen only by name, unless `names` is empty.

    Raises
    ------
    FieldError
        If there is no such variable, or several and none was named.

    Examples
    --------
    >>> choose(Path("a.h5"), "temperature", ["native_fields/temperature", "native_fields/density"])
    'native_fields/temperature'
    """
    known = [*names, *others]
    there = ", ".join(known) or "none that is a field"
    if variable is not None:
        wanted = variable.strip("/")
        ends = [name for name in known if name.rsplit("/", 1)[-1] == wanted]
        if wanted in known:
            return wanted
        if len(ends) == 1:
            return ends[0]
        raise FieldError(f"{path}: there is no variable {variable!r}; there are: {there}")
    choice = list(names) or known
    if len(choice) != 1:
        raise FieldError(f"{path}: choose a variable with --variable (variable=...); there are: {there}")
    return choice[0]
