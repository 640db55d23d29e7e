"""A linear stand-in for a model: block DCT over an interpolated base, zlib for entropy coding.

It is quick, exact in its integer part, and its synthesis looks one cell far: a wrong halo shows as a seam.
"""

from __future__ import annotations

import hashlib
import itertools
import zlib

import numpy as np

from idlat.errors import CorruptStreamError
from idlat.model.learned.unfitted_model import UnfittedModel

CELL = 8
_MODES = sorted(itertools.product(range(4), repeat=3), key=lambda k: (sum(k), k))[:24]


def _dct() -> np.ndarray:
    n, k = np.meshgrid(np.arange(CELL), np.arange(CELL))
    basis = np.cos(np.pi * (n + 0.5) * k / CELL) * np.sqrt(2 / CELL)
    basis[0] /= np.sqrt(2)
    return basis


_BASIS = np.stack([np.einsum("i,j,k->ijk", *(_dct()[m] for m in mode)) for mode in _MODES]).astype(np.float32)


class LinearModel(UnfittedModel):
    preset = "linear"
    importance_range = 7.0
    gain_limits = (-2.0, 12.0)
    cell = CELL
    chunk_cells = 8
    channels = 2 + len(_MODES)
    channel_sizes = (1,) * channels
    analysis_halo = 8
    synthesis_halo = 3
    latent_dtype = np.dtype(np.int32)
    latent_layout = property(lambda _: {})

    def __init__(self, name: str = "linear") -> None:
        self.name = name
        self.sha256 = hashlib.sha256(name.encode()).hexdigest()

    def to_bytes(self) -> bytes:
        return self.name.encode()

    def analyse(self, x, importance, gain, core=None):
        assert core is None or all(0 <= a < b <= n // CELL for (a, b), n in zip(core, x.shape, strict=True))
        assert x.dtype == importance.dtype == np.float32
        assert x.shape == importance.shape
        assert np.isfinite(x).all()
        assert importance.min() >= 0
        assert importance.max() <= 1
        level = np.rint(3 * _cells(importance).max((1, 3, 5))).astype(np.int32)
        step = _step(level, gain)
        mean = np.rint(_cells(x).mean((1, 3, 5)) / step)
        rest = _cells(x - _interpolated(mean * step))
        modes = np.rint(np.einsum("zaybxc,kabc->kzyx", rest, _BASIS, optimize=True) / step)
        return np.concatenate([level[None], mean[None], modes]).astype(np.int32)

    def synthesise(self, latents, gain, low=None, shape=None):
        step = _step(latents[0], gain)
        rest = np.einsum("kzyx,kabc->zaybxc", latents[2:] * step, _BASIS, optimize=True)
        z, _, y, _, x, _ = rest.shape
        return (_interpolated(latents[1] * step) + rest.reshape(z * 8, y * 8, x * 8)).astype(np.float32)

    def coarse(self, latents, gain, low=None, shape=None):
        return (latents[1] * _step(latents[0], gain)).astype(np.float32)

    def encode_chunks(self, chunks, shapes=None, before=None):
        return [_encoded(chunk) for chunk in chunks]

    def decode_chunks(self, streams, before=None):
        return [_decoded(stream) for stream in streams]

    def cell_bits(self, latents):
        return [8.0 * np.count_nonzero(chunk, axis=0) for chunk in latents]


def _cells(x):
    z, y, x_ = (n // CELL for n in x.shape)
    return x.reshape(z, CELL, y, CELL, x_, CELL)


def _step(level, gain):
    return np.exp(-(7 * level / 3 + gain) / 4).astype(np.float32)


def _interpolated(cells):
    for axis, n in enumerate(cells.shape):
        at = np.clip((np.arange(n * CELL) + 0.5) / CELL - 0.5, 0, n - 1)
        low = np.minimum(at.astype(int), max(n - 2, 0))
        weight = (at - low).reshape([-1 if a == axis else 1 for a in range(3)]).astype(np.float32)
        high = np.minimum(low + 1, n - 1)
        cells = cells.take(low, axis) * (1 - weight) + cells.take(high, axis) * weight
    return cells


def _encoded(chunk):
    if not chunk.any():
        return b"\x00"
    return bytes([1, *chunk.shape[1:]]) + zlib.compress(np.ascontiguousarray(chunk, "<i4").tobytes(), 6)


def _decoded(stream):
    if stream == b"\x00":
        return np.zeros((LinearModel.channels, 8, 8, 8), np.int32)
    try:
        shape = (LinearModel.channels, *stream[1:4])
        return np.frombuffer(zlib.decompress(stream[4:]), "<i4").reshape(shape).astype(np.int32)
    except (zlib.error, ValueError) as error:
        raise CorruptStreamError(f"not a stream of the linear model: {error}") from None
