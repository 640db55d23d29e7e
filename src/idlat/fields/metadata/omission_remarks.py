"""What a format cannot hold is left out, and named in one remark for each file."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from idlat.errors import Remark

_NAMED = 24  # of the attributes of a file, of which a weather model writes a hundred

_noted: ContextVar[list[str] | None] = ContextVar("noted", default=None)


def leave_out(what: str) -> None:
    """Note something that is left out; inside :func:`remarks_on` it becomes a part of one remark."""
    noted = _noted.get()
    if noted is None:
        warnings.warn(f"left out: {what}", Remark, stacklevel=2)
    elif what not in noted:
        noted.append(what)


def some_of(names: Sequence[str]) -> str:
    """List names, of many the first few and how many more there are.

    Examples
    --------
    >>> some_of(["units", "history"])
    'units, history'
    >>> some_of([f"a{n}" for n in range(120)])[-20:]
    'a22, a23 and 96 more'
    """
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


@contextmanager
def remarks_on(where: str, why: str) -> Iterator[None]:
    """Gather what is left out inside, and say it in one :class:`idlat.errors.Remark`.

    Parameters
    ----------
    where
        The file, for the remark.
    why
        Why something is left out, such as ``".nrrd cannot hold it"``.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     with remarks_on("a.nrrd", ".nrrd cannot hold it"):
    ...         leave_out("coordinate 'height'")
    >>> str(caught[0].message)
    "a.nrrd: left out, as .nrrd cannot hold it: coordinate 'height'"
    """
    noted: list[str] = []
    token = _noted.set(noted)
    try:
        yield
    finally:
        _noted.reset(token)
    if noted:
        warnings.warn(f"{where}: left out, as {why}: {'; '.join(noted)}", Remark, stacklevel=3)
