"""Octaves of subbands as bytes, and back: what :mod:`idlat.coding.mixing.mixing_walk` codes.

Compiled where kernels are (:mod:`idlat.jit`), else in plain Python: the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.binary_walk import last_bytes
from idlat.coding.magnitudes import LARGEST
from idlat.coding.mixing.mixing_tables import RATES, logistic_tables
from idlat.coding.mixing.mixing_walk import INPUTS, SLOTS, WEIGHT_SETS, MixingState, code_octaves
from idlat.errors import CorruptStreamError
from idlat.jit import compiles
from idlat.transform.subbands import SubbandLayout

__all__ = ["MixingModel", "adapted", "decode_octaves", "encode_octaves"]

_ROOM = 64  # bytes that a coefficient takes at most, and to spare at the end
_DEEPEST = 7
_MOST_BANDS = 255


@dataclass(frozen=True)
class MixingModel:
    """Where the chances and weights of each stream begin.

    Attributes
    ----------
    chances : ndarray of uint16
        (SLOTS,): in 2⁻¹⁶.
    seen : ndarray of uint8
        (SLOTS,): as how many bits these count.
    weights : ndarray of int32
        (WEIGHT_SETS · INPUTS,): in 2⁻¹⁶.

    Raises
    ------
    ValueError
        If arrays are not such.
    """

    chances: NDArray[np.uint16]
    seen: NDArray[np.uint8]
    weights: NDArray[np.int32]

    def __post_init__(self) -> None:
        shapes = [(SLOTS,), (SLOTS,), (WEIGHT_SETS * INPUTS,)]
        if [part.shape for part in (self.chances, self.seen, self.weights)] != shapes:
            raise ValueError(f"chances, counts and weights are expected of shapes {shapes}")

    @classmethod
    def untrained(cls) -> MixingModel:
        """Return the model that knows nothing."""
        weights = np.full(WEIGHT_SETS * INPUTS, 19661, np.int32)  # 0.3
        return cls(np.full(SLOTS, 1 << 15, np.uint16), np.zeros(SLOTS, np.uint8), weights)


class _Arrays(NamedTuple):
    bands: NDArray[np.int64]
    lower: NDArray[np.int64]


def encode_octaves(
    coefficients: NDArray[np.integer[Any]], layout: SubbandLayout, model: MixingModel
) -> bytes:
    """Return the bytes of coefficients (N,).

    Parameters
    ----------
    coefficients : ndarray of int
    layout : SubbandLayout
        Octaves of one array after those of another: :func:`idlat.transform.subbands.octave_subbands`.
    model : MixingModel

    Raises
    ------
    ValueError
        If a coefficient is larger than 2³⁰ − 1, or they are not as many as the layout has.
    """
    if coefficients.shape != (layout.size,) or np.abs(coefficients).max(initial=0) > LARGEST:
        raise ValueError(f"expected {layout.size} coefficients of at most {LARGEST}")
    values = coefficients.astype(np.int64)
    data = np.zeros(_ROOM * len(values) + _ROOM, np.uint8)
    taken, low, high = _walk(False, values, data, layout, _begin(model))
    return data[:taken].tobytes() + last_bytes(low, high)


def decode_octaves(data: bytes, layout: SubbandLayout, model: MixingModel) -> NDArray[np.int32]:
    """Undo :func:`encode_octaves`: return the coefficients (N,).

    Raises
    ------
    CorruptStreamError
        If the bytes are none of such.
    """
    values = np.zeros(layout.size, np.int64)
    given = np.frombuffer(data, np.uint8).copy()  # of one kind for the compiler
    taken, low, high = _walk(True, values, given, layout, _begin(model))
    if taken > len(data) or data[taken:] != last_bytes(low, high):
        raise CorruptStreamError("a coded tile is damaged: it does not end where its bits do")
    if np.abs(values).max(initial=0) > LARGEST:
        raise CorruptStreamError("a coded tile is damaged: a coefficient is too large")
    return values.astype(np.int32)


def adapted(
    model: MixingModel, coefficients: NDArray[np.integer[Any]], layout: SubbandLayout, most: int
) -> MixingModel:
    """Return what a model becomes by coding coefficients (N,); past bits count as `most` at most."""
    state = _begin(model)
    data = np.zeros(_ROOM * len(coefficients) + _ROOM, np.uint8)
    _walk(False, coefficients.astype(np.int64), data, layout, state)
    return MixingModel(
        np.clip((state.chances + 32) >> 6, 1, 65535).astype(np.uint16),
        np.minimum(state.seen, most).astype(np.uint8),
        state.weights.astype(np.int32),
    )


def _begin(model: MixingModel) -> MixingState:
    """The state in which a stream begins."""
    return MixingState(
        *logistic_tables(),
        np.array(RATES),
        model.chances.astype(np.int64) << 6,
        model.seen.astype(np.int64),
        model.weights.astype(np.int64),
        np.zeros(INPUTS, np.int64),
        np.zeros(INPUTS, np.int64),
        np.array([0, 0xFFFFFFFF, 0, 0], np.int64),
    )


def _walk(
    decoding: bool,
    values: NDArray[np.int64],
    data: NDArray[np.uint8],
    layout: SubbandLayout,
    state: MixingState,
) -> tuple[int, int, int]:
    """Go through all coefficients; return how many bytes are done with, and what the last may be."""
    bands, lower = _arrays(layout)
    if compiles():
        from idlat.coding.mixing.mixing_kernels import code_octaves as compiled

        compiled(decoding, bands, lower, values, state, data)
        low, high, _, taken = state.coder.tolist()
        return taken, low, high
    numbers, given = values.tolist(), data.tolist()
    lists = MixingState(*(part.tolist() for part in state))
    code_octaves(decoding, bands.tolist(), lower.tolist(), numbers, lists, given)
    values[:] = numbers
    data[:] = given
    low, high, _, taken = lists.coder
    return taken, low, high


@lru_cache(maxsize=128)
def _arrays(layout: SubbandLayout) -> _Arrays:
    """The bands of octaves as :func:`idlat.coding.mixing.mixing_walk.code_octaves` takes them."""
    rows, lower, first = [], [0], 0
    for i, (band, offset) in enumerate(zip(layout.bands, layout.offsets, strict=True)):
        if not any(band.key):
            first = i
        z, y, x = band.key
        begin = len(lower)
        lower += band.grandparents
        rows.append(
            [
                offset, *band.shape, band.parents[0] if band.parents else -1,
                4 * z + 2 * y + x, min((band.shell + 2) // 3, _DEEPEST),
                min(i - first, _MOST_BANDS), begin, len(lower),
            ]
        )  # fmt: skip
    return _Arrays(np.array(rows, np.int64).reshape(-1, 10), np.array(lower, np.int64))
