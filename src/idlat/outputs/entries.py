"""A lock of a path on an object store, and on a file system without locks: a folder of entries.

Each job puts an entry under a name that no other has, then lists the folder. It needs no more of a store than
that an object that was put is listed, which the large ones give; no conditional write, and an entry that is
taken away is never another's.

::

    put "asks" ─▶ list ─┬─ another holds, or asks with a smaller name ─▶ take mine away: lost
                        ├─ others ask with larger names ─▶ they give way: list again
                        └─ none ─▶ put "holds" ─▶ list: no other holds ─▶ won

Of two that ask at once the one that lists last sees the other, and of those that see each other one is the
smaller: exactly one wins. A holder renews its entry every few seconds. The entry of a process that is gone is
taken away at once on its own machine; on another after `PATIENCE`, by the clocks of both, and when it then
stays as it is for as long as two renewals take, whatever the clocks say.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from idlat.outputs.flock import Taken
from idlat.outputs.holder import Holder, this_process

__all__ = ["BEAT", "PATIENCE", "EntryLock"]

BEAT = 20.0
"""Seconds between two renewals of an entry."""
PATIENCE = 300.0
"""Seconds without a renewal after which the entry of another machine is looked at more closely."""
_PAUSE = 0.05  # seconds until those that give way have done so
_LOOKS = 100  # at an entry that cannot be read, because it is being written


@dataclass(frozen=True)
class _Entry:
    """What one job has put: who it is, whether it holds the lock, and when it was renewed."""

    holder: Holder
    holds: bool
    renewed: float

    def to_bytes(self) -> bytes:
        said = {"holder": self.holder.to_json(), "holds": self.holds, "renewed": self.renewed}
        return json.dumps(said).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> _Entry:
        try:
            said = json.loads(content)
            return cls(Holder.from_json(said["holder"]), bool(said["holds"]), float(said["renewed"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a lock's entry: {error}") from None


class EntryLock:
    """A lock held from its making to :meth:`release`.

    Parameters
    ----------
    system
        A file system of fsspec.
    folder
        Where the entries are.
    clock, sleep
        Of the observer, for tests.

    Raises
    ------
    Taken
        Another job holds it.
    """

    def __init__(
        self,
        system: Any,
        folder: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._system, self._folder = system, folder
        self._clock, self._sleep = clock, sleep
        self._me, self._ended = this_process(), threading.Event()
        self._put(holds=False)
        try:
            self._win()
        except BaseException:
            self._delete(self._me.token)
            raise
        self._renewing = threading.Thread(target=self._renew, name="idlat-lock", daemon=True)
        self._renewing.start()

    def confirm(self) -> None:
        """Make sure that the lock is still this job's: a process that slept for long may have lost it.

        Raises
        ------
        Taken
            It is not.
        """
        entries = self._entries()
        mine = entries.pop(self._me.token, None)
        others = [entry for entry in entries.values() if entry.holds]
        if mine is None or others:
            raise Taken(others[0].holder if others else None)

    def release(self) -> None:
        """Let go."""
        self._ended.set()
        self._renewing.join()
        self._delete(self._me.token)

    def _win(self) -> None:
        while others := self._others():
            for entry in others:
                if entry.holds or entry.holder.token < self._me.token:
                    raise self._taken(entry)
            self._sleep(_PAUSE)
        self._put(holds=True)
        for entry in self._others():
            if entry.holds:
                raise self._taken(entry)

    def _taken(self, entry: _Entry) -> Taken:
        if entry.holder.is_alive() is not None:
            return Taken(entry.holder)
        seen = max(0.0, self._clock() - entry.renewed)
        name = self._name(entry.holder.token)
        return Taken(entry.holder, f"last seen {seen:.0f} s ago; if it is dead, remove {name}")

    def _others(self) -> list[_Entry]:
        """Return the entries of other jobs that live; those of dead ones are taken away."""
        living = []
        for token, entry in self._entries().items():
            if token == self._me.token:
                continue
            if self._is_stale(entry):
                self._delete(token)
            else:
                living.append(entry)
        return living

    def _is_stale(self, entry: _Entry) -> bool:
        alive = entry.holder.is_alive()
        if alive is not None:
            return not alive
        if self._clock() - entry.renewed < PATIENCE:
            return False
        self._sleep(2 * BEAT)
        return self._get(entry.holder.token) == entry

    def _renew(self) -> None:
        while not self._ended.wait(BEAT):
            with suppress(Exception):  # a store that cannot be reached now may be the next time
                if not self._system.exists(self._name(self._me.token)):
                    return  # lost: confirm() will tell
                self._put(holds=True)

    def _entries(self) -> dict[str, _Entry]:
        self._system.invalidate_cache()
        tokens = [str(name).rsplit("/", 1)[-1] for name in self._system.find(self._folder)]
        found = {token: self._get(token) for token in sorted(tokens)}
        return {token: entry for token, entry in found.items() if entry is not None}

    def _get(self, token: str) -> _Entry | None:
        """Return an entry, None where it has gone."""
        for _ in range(_LOOKS):
            try:
                return _Entry.from_bytes(self._system.cat_file(self._name(token)))
            except FileNotFoundError:
                return None
            except ValueError:
                self._sleep(_PAUSE)
        raise Taken(None, f"{self._name(token)} cannot be read; if no job runs, remove it")

    def _put(self, *, holds: bool) -> None:
        data = _Entry(self._me, holds, self._clock()).to_bytes()
        for _ in range(_LOOKS):
            # Another job that gives up may remove the folder, still empty, while this entry is put into it.
            with suppress(FileNotFoundError, FileExistsError):
                self._system.pipe_file(self._name(self._me.token), data)
                return
        self._system.pipe_file(self._name(self._me.token), data)

    def _delete(self, token: str) -> None:
        with suppress(FileNotFoundError):
            self._system.rm_file(self._name(token))
        with suppress(Exception):  # stores have no folders; others refuse while an entry is in it
            self._system.rmdir(self._folder)

    def _name(self, token: str) -> str:
        return f"{self._folder}/{token}"
