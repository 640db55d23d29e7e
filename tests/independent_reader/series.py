"""Chunks that are coded under the time step before (docs/format.md, section 9)."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from independent_reader.coder import golomb, number


class Series:
    """What was fitted to how a variable's time steps follow one another."""

    def __init__(self, fitted: dict[str, Any]) -> None:
        self.key_every = fitted["key_every"]
        self.shares = [*fitted["shares"], *[0] * 22]
        bits = "".join(f"{byte:08b}" for byte in base64.b64decode(fitted["shifts"]))
        at, self.shifts = 0, np.zeros((2, 23, 10), np.int64)
        for kind in range(2):
            count, at = number(bits, at, 5)
            last = [0] * 10
            for octave in range(23):
                for gap in range(10):
                    step, at = golomb(bits, at) if octave < count else (0, at)
                    last[gap] += step
                self.shifts[kind, octave] = last
        assert len(bits) - at < 8

    def class_of(self, hint: int, difference: bool, own: int) -> int:
        gap = 0 if hint == 0 else min(4, max(-4, (hint - own + 2) // 4)) + 5
        return int(min(91, max(0, own + self.shifts[int(difference), own // 4, gap])))


def in_steps(values: np.ndarray, finer: np.ndarray) -> np.ndarray:
    """Return values of steps 2^finer times as coarse as those wanted, in these, rounded."""
    coarser = np.maximum(-finer, 0)
    sizes = (np.abs(values) + ((1 << coarser) >> 1)) >> coarser
    return np.sign(values) * np.minimum(sizes << np.maximum(finer, 0), 2**30 - 1)
