"""Being stopped: by Ctrl-C (SIGINT), a batch system or a shutdown (SIGTERM), a closed terminal (SIGHUP).

The program turns these signals into :class:`Interrupted`, raised where the main thread is, so that every
``finally`` runs. Work that must not be cut in the middle, such as a training step, asks instead.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Interrupted", "interruptible", "postponed"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_AGAIN = 0.02  # seconds until what Python ignored is raised again
_CLEARING_UP = 2.0  # seconds in which the same request may come again, by way of a wrapper such as timeout


class Interrupted(BaseException):
    """A signal asks the program to end; like KeyboardInterrupt it is no Exception.

    Parameters
    ----------
    number
        The signal's.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def status(self) -> int:
        """The exit status by convention: 130 for SIGINT, 143 for SIGTERM.

        >>> Interrupted(2).status
        130
        """
        return 128 + self.number


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise :class:`Interrupted` for these signals; what ignores one, such as nohup, is kept.

    Those that follow at once do not disturb the clearing up. Python ignores what is raised while it throws an
    object away (in ``__del__`` or a weak reference's callback): there the signal comes once more, soon.
    """
    came: list[float] = []
    main = threading.main_thread().ident
    again: list[threading.Timer] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if came and now - came[-1] < _CLEARING_UP:
            return
        came.append(now)
        raise Interrupted(number)

    def ignored(what: sys.UnraisableHookArgs) -> None:
        if not isinstance(what.exc_value, Interrupted) or main is None:
            former(what)
            return
        came.clear()
        again.append(threading.Timer(_AGAIN, signal.pthread_kill, (main, what.exc_value.number)))
        again[-1].start()

    former, sys.unraisablehook = sys.unraisablehook, ignored
    try:
        with _handling(stop):
            try:
                yield
            finally:
                for timer in again:
                    timer.cancel()
    finally:
        sys.unraisablehook = former


@contextmanager
def postponed() -> Iterator[Callable[[], bool]]:
    """Note signals instead of acting on them; give a function that tells whether one came.

    The signal acts at the end of the block, as it would have without it.

    Examples
    --------
    >>> with postponed() as asked:
    ...     asked()
    False
    """
    came: list[int] = []
    with _handling(lambda number, _frame: came.append(number)):
        yield lambda: bool(came)
    if came:
        signal.raise_signal(came[0])


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """Handle the signals that are not ignored, in the main thread, which alone may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = (signal.SIG_IGN, None)  # ignored, or handled by what is not Python
    former = {number: known for number in _SIGNALS if (known := signal.getsignal(number)) not in kept}
    try:
        for number in former:
            signal.signal(number, handler)
        yield
    finally:
        for number, known in former.items():
            signal.signal(number, known)
