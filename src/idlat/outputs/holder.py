"""Who holds a lock, as a text that another job can read."""

from __future__ import annotations

import json
import os
import secrets
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["Holder", "this_process"]


@dataclass(frozen=True)
class Holder:
    """A process that writes an output.

    Parameters
    ----------
    token
        Unlike any other lock's.
    host, pid, user
        Whose it is.
    since
        When it began, in UTC.
    machine
        What process numbers belong to: a running system, and where it has containers one of them.
    started
        When the process started, in the system's own count: process numbers are used again.
    """

    token: str
    host: str
    pid: int
    user: str
    since: str
    machine: str
    started: str

    def to_json(self) -> str:
        """Return the holder as one line of text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Holder:
        """Read what :meth:`to_json` gave.

        Raises
        ------
        ValueError
            It is none, or only part of one.
        """
        try:
            values = json.loads(text)
            texts = {name: str(values[name]) for name in _TEXTS}
            return cls(pid=int(values["pid"]), **texts)
        except (TypeError, KeyError) as error:
            raise ValueError(f"not a lock's text: {error}") from None

    def __str__(self) -> str:
        """Say who it is."""
        return f"process {self.pid} of {self.user} on {self.host}, since {self.since}"

    def is_alive(self) -> bool | None:
        """Whether the process runs still; None where it belongs to another machine."""
        if self.machine != _machine():
            return None
        if not _exists(self.pid):
            return False
        now = _start_of(self.pid)
        return not (now and self.started) or now == self.started


_TEXTS = ("token", "host", "user", "since", "machine", "started")


def this_process() -> Holder:
    """Describe the process that this is, with a new token."""
    pid = os.getpid()
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Holder(secrets.token_hex(8), socket.gethostname(), pid, _user(), since, _machine(), _start_of(pid))


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name, as containers have
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "an unknown user"


def _machine() -> str:
    """Name the running system, and the container where there is one."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(parts)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _start_of(pid: int) -> str:
    """Return when a process started, in ticks since the system did; empty where it is not told."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
