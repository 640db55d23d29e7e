"""Playing through the steps at an even pace: the next one is decoded while one is looked at.

::

    tick ─ show step n, which is decoded ─▶ decode step n + 1 ─▶ the next tick, when it is due and all is done
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.session.view_host import Host

__all__ = ["PACE", "StepPlayer"]

PACE = 0.7
"""Seconds a step, where a machine keeps up."""

_LOOK = 0.05  # seconds after which one that is not ready is looked at again
_AHEAD = "ahead"


class StepPlayer:
    """Moves the step on while it plays.

    Parameters
    ----------
    host
        The window.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._next: asyncio.TimerHandle | None = None
        self._due = 0.0

    def play(self, on: bool) -> None:
        """Go through the steps, or stop."""
        self.stop()
        self._host.state.playing = on
        if on:
            self._due = self._host.loop.time() + PACE
            self._decode_ahead()
            self._next = self._host.loop.call_at(self._due, self._tick)
        else:
            self._host.worker.cancel(_AHEAD)

    def stop(self) -> None:
        """Go on no more."""
        if self._next is not None:
            self._next.cancel()

    def _tick(self) -> None:
        """Go on one step, once the last one is shown and the next one decoded."""
        host, loop = self._host, self._host.loop
        if host.closed or not host.state.playing:
            return
        if host.state.jobs or host.worker.runs(_AHEAD):
            self._next = loop.call_later(_LOOK, self._tick)
            return
        with host.state:
            host.state.step = self._following
        self._decode_ahead()
        self._due = max(self._due + PACE, loop.time() + _LOOK)  # a late one is not made up for in a rush
        self._next = loop.call_at(self._due, self._tick)

    @property
    def _following(self) -> int:
        return (int(self._host.state.step) + 1) % int(self._host.state.steps)

    def _decode_ahead(self) -> None:
        """Let every view compute what it shows of the next step, for the cache."""
        parts = self._host.ahead(self._following)

        def work(progress: Progress, _: Callable[[], bool]) -> None:
            for part in parts:
                part(progress)

        self._host.worker.run(_AHEAD, "Decoding ahead", work, _nothing, quiet=True)


def _nothing(_: object) -> None:
    """Leave what is decoded in the cache."""
