"""A peer on several processors: the field in slabs along z, each compressed by a process of its own.

None of the peers' builds here uses more than one processor; this is what their users do. Fields go to the
processes once, before anything is timed; bytes and decoded slabs come back, which is timed.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.peers import Peer

Real = npt.NDArray[np.float32]

_peer: Peer
_slabs: list[Real]


@dataclass(frozen=True)
class SlabPeer:
    """A peer over slabs; with one worker it is the peer itself, in this process."""

    peer: Peer
    slabs: list[Real]
    pool: ProcessPoolExecutor | None

    def encode(self, step: float) -> list[bytes]:
        """Compress all slabs."""
        if self.pool is None:
            return [self.peer.encode(slab, step) for slab in self.slabs]
        return list(self.pool.map(_encode, range(len(self.slabs)), [step] * len(self.slabs)))

    def decode(self, data: list[bytes], step: float) -> Real:
        """Decompress all slabs, `(z, y, x)`."""
        if self.pool is None:
            parts = [self.peer.decode(*given, step) for given in zip(data, self.slabs, strict=True)]
        else:
            parts = list(self.pool.map(_decode, data, range(len(data)), [step] * len(data)))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


@contextmanager
def in_slabs(peer: Peer, field: Real, workers: int) -> Iterator[SlabPeer]:
    """Cut a field into a slab a worker, and start the processes."""
    slabs = [np.ascontiguousarray(slab) for slab in np.array_split(field, workers)]
    if workers == 1:
        yield SlabPeer(peer, slabs, None)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start, (peer, slabs)) as pool:
        yield SlabPeer(peer, slabs, pool)


def _start(peer: Peer, slabs: list[Real]) -> None:
    global _peer, _slabs
    _peer, _slabs = peer, slabs


def _encode(index: int, step: float) -> bytes:
    return _peer.encode(_slabs[index], step)


def _decode(data: bytes, index: int, step: float) -> Real:
    return _peer.decode(data, _slabs[index], step)
