"""SPERR as its native build, through the HDF5 filter of `hdf5plugin`, as one more peer.

Its knob is the PSNR that it aims at, 20·log10(1/step): the filter knows no quantisation step. Bytes are those
of the one HDF5 chunk that holds the field; the file around it stays in memory and is counted nowhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import numpy.typing as npt

from shared.peers import Peer

Real = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Codec:
    """A numcodecs codec in what `peers.Peer` asks of it; `decode` learns the shape from the bytes' front."""

    psnr: float

    def encode(self, values: Real) -> bytes:
        with _memory_file() as file:
            made = file.create_dataset("field", data=values, chunks=values.shape, **self._filter())
            _, data = made.id.read_direct_chunk((0, 0, 0))
        return np.array(values.shape, np.int32).tobytes() + bytes(data)

    def decode(self, data: npt.NDArray[np.uint8]) -> Real:
        raw = data.tobytes()
        shape = tuple(int(size) for size in np.frombuffer(raw[:12], np.int32))
        with _memory_file() as file:
            made = file.create_dataset("field", shape, np.float32, chunks=shape, **self._filter())
            made.id.write_direct_chunk((0, 0, 0), raw[12:])
            return np.asarray(made[...])

    def _filter(self) -> dict[str, Any]:
        return dict(hdf5plugin.Sperr(peak_signal_to_noise_ratio=self.psnr))


def _memory_file() -> h5py.File:
    return h5py.File("memory.h5", "w", driver="core", backing_store=False)


def _build(step: float, span: float) -> _Codec:  # noqa: ARG001
    return _Codec(max(-20 * math.log10(step), 0.1))


NATIVE_SPERR = Peer("SPERR-native", _build)
