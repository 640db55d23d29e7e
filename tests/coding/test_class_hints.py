"""Hints of the step before: how they are stored, and the same numbers with and without kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.coding.class_hints import (
    HINTS,
    count_hinted,
    fit_shifts,
    hints_of,
    no_shifts,
    pack_shifts,
    read_shifts,
    shifted_classes,
)
from idlat.coding.magnitudes import SYMBOLS
from idlat.coding.size_contexts import CLASSES
from idlat.coding.subband_stream import decode_box, encode_symbols, symbols_of
from idlat.coding.subband_walk import Box, Hints
from idlat.errors import CorruptStreamError
from support.models.subband_boxes import KINDS, in_plain_python, random_box, random_model

SHAPE = no_shifts().shape


def random_shifts(seed: int, octaves: int = SHAPE[1]) -> np.ndarray:
    shifts = no_shifts()
    shifts[:, :octaves] = np.random.default_rng(seed).integers(-24, 25, (SHAPE[0], octaves, SHAPE[2]))
    shifts[:, octaves:] = shifts[:, octaves - 1 : octaves]
    return shifts


@given(st.integers(0, 1000), st.integers(1, SHAPE[1]))
def test_shifts_come_back(seed: int, octaves: int) -> None:
    shifts = random_shifts(seed, octaves)
    np.testing.assert_array_equal(read_shifts(pack_shifts(shifts)), shifts)


@given(st.binary(max_size=60))
def test_other_bytes_are_refused_or_read(data: bytes) -> None:
    try:
        shifts = read_shifts(data)
    except CorruptStreamError:
        return
    assert shifted_classes(shifts).shape == (HINTS, CLASSES)


def test_classes_stay_without_shifts() -> None:
    np.testing.assert_array_equal(shifted_classes(no_shifts()), [np.arange(CLASSES)] * HINTS)


@pytest.mark.parametrize("kinds", [KINDS[0], KINDS[3], KINDS[-1]])
@pytest.mark.parametrize("shape", [(8, 8, 8), (1, 3, 30), (17, 20, 9)])
def test_streams_are_the_same_without_kernels(kinds: tuple, shape: tuple) -> None:
    box, coefficients = random_box(shape, kinds)
    rng = np.random.default_rng(1)
    before = rng.integers(-40, 41, box.layout.size) * rng.integers(0, 2, box.layout.size)
    before[:3] = 2**30 - 1
    differences = rng.random(box.layout.size) < 0.5
    model, classes = random_model(), shifted_classes(random_shifts(2))
    found = []
    for plain in (False, True):
        hints = hints_of(before, box.layout, differences) if not plain else None
        if plain:
            with in_plain_python():
                hints = hints_of(before, box.layout, differences)
                hinted = Box(box.layout, box.coarseness, Hints(hints, classes))
                data = encode_symbols(symbols_of(coefficients, hinted, model), model)
                back = decode_box(data, hinted, model)
        else:
            hinted = Box(box.layout, box.coarseness, Hints(hints, classes))
            data = encode_symbols(symbols_of(coefficients, hinted, model), model)
            back = decode_box(data, hinted, model)
        np.testing.assert_array_equal(back, coefficients)
        found.append((hints.tolist(), data))
    assert found[0] == found[1]


def test_hints_of_another_length_are_refused() -> None:
    box, coefficients = random_box((8, 8, 8), KINDS[0])
    wrong = Box(box.layout, box.coarseness, Hints(np.zeros(3, np.uint8), shifted_classes(no_shifts())))
    with pytest.raises(ValueError, match="3 hints do not fit"):
        symbols_of(coefficients, wrong, random_model())


def test_shifts_are_fitted_to_what_hints_say() -> None:
    """Symbols that follow the hint, not the class of the box, are moved to the hint's class."""
    bits = np.abs(np.arange(CLASSES)[:, None] - np.minimum(np.arange(SYMBOLS), CLASSES - 1)) + 1.0
    rng = np.random.default_rng(0)
    classes = rng.integers(20, 60, 20000).astype(np.uint8)
    hints = np.clip(classes + rng.integers(-12, 13, 20000), 1, CLASSES - 1).astype(np.uint8)
    symbols = hints.astype(np.int64)
    shifted = shifted_classes(fit_shifts(count_hinted(hints, classes, symbols), bits))
    cost = bits[shifted[hints, classes], symbols].mean()
    assert cost < 3 < 6 < bits[classes, symbols].mean()
