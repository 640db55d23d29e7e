"""Calls that wait until no new request has come for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Debounce"]


class Debounce:
    """Makes a call once nothing asked for one for a moment.

    Parameters
    ----------
    seconds
        The moment.
    loop
        Makes the calls.
    """

    def __init__(self, seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        self._seconds, self._loop = seconds, loop
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> bool:
        """Whether a call is to be made."""
        return self._timer is not None

    def ask(self, call: Callable[[], None]) -> None:
        """Make a call after the moment, and none that was asked for before."""

        def run() -> None:
            self._timer = None
            call()

        self.cancel()
        self._timer = self._loop.call_later(self._seconds, run)

    def cancel(self) -> None:
        """Make no call."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
