"""Other compressors behind one small interface: SPERR, SZ3, ZFP and TTHRESH, from the extra ``bench``.

A peer is asked for a quantisation step as a fraction of the field's range. What fails in a peer is a
:class:`PeerError`, so that a table can say so and go on. The builds are WebAssembly: their sizes are those of
the native ones, their speeds are not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PEERS", "Peer", "PeerError", "installed_peers", "quiet_stdout"]

Real = NDArray[np.float32]


class PeerError(RuntimeError):
    """A peer failed, or cannot reach what was asked of it."""


@dataclass(frozen=True)
class Peer:
    """A compressor with one knob.

    Parameters
    ----------
    name
        What tables call it.
    build
        Called with a step, as a fraction of the range, and the range; returns a numcodecs codec.
    """

    name: str
    build: Callable[[float, float], Any]

    def run(self, values: Real, step: float) -> tuple[bytes, Real]:
        """Compress and decompress: `(z, y, x)` -> the bytes and the reconstruction `(z, y, x)`.

        Raises
        ------
        PeerError
            If either fails.
        """
        data = self.encode(values, step)
        return data, self.decode(data, values, step)

    def encode(self, values: Real, step: float) -> bytes:
        """Compress; see `run`."""
        span = float(np.ptp(values)) or 1.0
        return bytes(self._guarded(lambda: self.build(step, span).encode(np.ascontiguousarray(values))))

    def decode(self, data: bytes, like: Real, step: float) -> Real:
        """Decompress to the shape and dtype of `like`; see `run`."""
        decoded = self._guarded(lambda: self.build(step, 1.0).decode(np.frombuffer(data, np.uint8)))
        return np.asarray(decoded, like.dtype).reshape(like.shape)

    def _guarded(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic in a WebAssembly build is no Exception
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise PeerError(f"{self.name} failed: {reason}") from error


def _codec(name: str, **settings: Any) -> Any:
    """Build the codec of a package ``numcodecs_wasm_<name>``."""
    return getattr(import_module(f"numcodecs_wasm_{name}"), name.capitalize())(**settings)


PEERS = {
    peer.name: peer
    for peer in (
        Peer("SPERR", lambda step, span: _codec("sperr", mode="q", q=step * span)),
        Peer("SZ3", lambda step, span: _codec("sz3", eb_mode="abs", eb_abs=step * span)),
        Peer("ZFP", lambda step, span: _codec("zfp", mode="fixed-accuracy", tolerance=step * span)),
        Peer("TTHRESH", lambda step, span: _codec("tthresh", eb_mode="rmse", eb_rmse=step * span)),
    )
}


def installed_peers() -> tuple[list[Peer], list[str]]:
    """Return the peers whose packages are installed, and the names of the others."""
    here = {name: find_spec(f"numcodecs_wasm_{name.lower()}") is not None for name in PEERS}
    return [PEERS[name] for name in PEERS if here[name]], [name for name in PEERS if not here[name]]


@contextmanager
def quiet_stdout() -> Iterator[None]:
    """Keep what a native library prints off standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)
