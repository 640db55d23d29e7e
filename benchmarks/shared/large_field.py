"""A field that need not fit in memory: random waves, written in pieces."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_LAYERS = 16  # written at once
_MODES = 40


def write_field(path: Path, size: int, seed: int = 0) -> None:
    """Write a field of random waves, whose power falls as that of turbulence, a few layers at a time."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(_MODES, 3))
    number = np.exp(rng.uniform(np.log(2), np.log(size / 6), _MODES))
    waves *= (2 * np.pi * number / size / np.linalg.norm(waves, axis=1))[:, None]
    phase, height = rng.uniform(0, 2 * np.pi, _MODES), number ** (-1 / 3)
    out = np.lib.format.open_memmap(path, "w+", np.float32, (size,) * 3)
    along = np.arange(size)
    yx = [np.exp(1j * (k[1] * along[:, None] + k[2] * along)).astype(np.complex64) for k in waves]
    for start in range(0, size, _LAYERS):
        layers = np.arange(start, min(start + _LAYERS, size))
        values = np.zeros((len(layers), size, size), np.float32)
        for k, plane, begin, high in zip(waves, yx, phase, height, strict=True):
            turn = (high * np.exp(1j * (k[0] * layers + begin))).astype(np.complex64)
            values += (turn[:, None, None] * plane).real
        out[start : start + len(layers)] = values
    out.flush()
