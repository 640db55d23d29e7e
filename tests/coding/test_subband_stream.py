"""Streams of subbands: what is encoded is decoded, whatever the box; damage is one error."""

import itertools
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.coding.context_model import ContextModel
from idlat.coding.magnitudes import SYMBOLS, join_sizes, split_sizes
from idlat.coding.size_contexts import CLASSES, FEATURES, WEIGHT_ONE, around, corners
from idlat.coding.subband_stream import decode_box, encode_symbols
from idlat.coding.subband_walk import Box, span, symbols_of
from idlat.coding.tables import TOTAL
from idlat.errors import CorruptStreamError
from idlat.transform import Kinds, Shape, cell_subbands, octave_subbands
from idlat.transform.subbands import GROUP_COUNT

KINDS = list(itertools.product(("lapped", "octaves"), repeat=3))


def model(seed: int = 0) -> ContextModel:
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, WEIGHT_ONE // 3, (GROUP_COUNT, 2, FEATURES))
    tables = rng.integers(1, TOTAL // SYMBOLS, (CLASSES, SYMBOLS))
    tables[:, 0] += TOTAL - tables.sum(1)
    return ContextModel(weights, tables)


def box(
    shape: Shape, kinds: Kinds, seed: int = 0, known: tuple[int, ...] = (), spread: int = 3
) -> tuple[Box, np.ndarray]:
    """A box of random coefficients, some of them large, and steps that differ from place to place."""
    rng = np.random.default_rng(seed)
    layout = cell_subbands(shape, kinds)
    coarseness = {band.shape: rng.integers(0, spread + 1, band.shape) for band in layout.bands}
    coefficients = np.rint(rng.standard_cauchy(layout.size) * rng.choice([0, 1, 30], layout.size)).astype(
        np.int64
    )
    coefficients = np.clip(coefficients, -(2**29), 2**29)
    bands = {
        i: coefficients[span(layout, i)].reshape(layout.bands[i].shape)
        for i in known
        if i < len(layout.bands)
    }
    return Box(layout, coarseness, bands), coefficients


@settings(deadline=None, max_examples=60)
@given(shape=st.tuples(*(st.integers(1, 18),) * 3), kinds=st.sampled_from(KINDS), seed=st.integers(0, 99))
def test_any_box_comes_back(shape: Shape, kinds: Kinds, seed: int) -> None:
    here, coefficients = box(shape, kinds, seed, known=(0, 2))
    data = encode_symbols(symbols_of(coefficients, here, model().weights), model())
    expected = coefficients.copy()
    for index in here.known:
        expected[span(here.layout, index)] = 0
    np.testing.assert_array_equal(decode_box(data, here, model()), expected)


def test_octaves_of_a_subband_come_back() -> None:
    layout = octave_subbands((6, 23, 25), (0, 1, 2))
    here = Box(layout, {band.shape: np.zeros(band.shape, np.int64) for band in layout.bands})
    coefficients = np.random.default_rng(3).integers(-40, 40, layout.size)
    data = encode_symbols(symbols_of(coefficients, here, model().weights), model())
    np.testing.assert_array_equal(decode_box(data, here, model()), coefficients)


def test_nothing_takes_one_byte() -> None:
    here, coefficients = box((16, 16, 16), KINDS[0])
    assert encode_symbols(symbols_of(0 * coefficients, here, model().weights), model()) == b"\0"
    assert not decode_box(b"\0", here, model()).any()


def test_the_largest_sizes_come_back() -> None:
    sizes = np.array([0, 1, 15, 16, 17, 31, 32, 2**20 + 1, 2**29 - 1, 2**30 - 1])
    symbols, rest = split_sizes(sizes)
    assert symbols.max() < SYMBOLS
    np.testing.assert_array_equal(join_sizes(symbols, rest), sizes)


@settings(deadline=None, max_examples=200)
@given(seed=st.integers(0, 10**6))
def test_damage_is_one_error_or_other_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    here, coefficients = box((9, 12, 10), KINDS[seed % 8], seed % 5)
    data = bytearray(encode_symbols(symbols_of(coefficients, here, model().weights), model()))
    for _ in range(rng.integers(1, 4)):
        data[rng.integers(len(data))] = rng.integers(256)
    data = bytes(data[: rng.integers(1, len(data) + 1)]) if rng.random() < 0.3 else bytes(data)
    with suppress(CorruptStreamError):
        assert decode_box(data, here, model()).shape == coefficients.shape


def test_contexts_pay() -> None:
    """Coefficients that cluster cost less than their order-0 entropy: the neighbours say where they are."""
    rng = np.random.default_rng(4)
    layout = cell_subbands((64, 64, 64), ("lapped",) * 3)
    strength = np.exp(3 * rng.normal(size=(8, 8, 8)))
    coefficients = np.concatenate(
        [
            np.rint(rng.laplace(size=band.shape) * strength / (1 + sum(band.key)) ** 2).ravel()
            for band in layout.bands
        ]
    ).astype(np.int64)
    here = Box(layout, {band.shape: np.zeros(band.shape, np.int64) for band in layout.bands})
    weights = np.zeros((GROUP_COUNT, 2, FEATURES), np.int64)
    weights[..., 0], weights[..., 5], weights[..., 7] = WEIGHT_ONE // 2, WEIGHT_ONE // 3, WEIGHT_ONE // 50
    symbols = symbols_of(coefficients, here, weights)
    classes, sizes = np.concatenate(symbols.classes), np.abs(np.concatenate(symbols.values))
    counts = np.zeros((CLASSES, SYMBOLS), np.int64)
    np.add.at(counts, (classes, split_sizes(sizes)[0]), 1)
    alone = counts.sum(0) / counts.sum()
    given_class = -(
        counts * np.log2(np.maximum(counts, 1) / np.maximum(counts.sum(1, keepdims=True), 1))
    ).sum()
    assert given_class < -0.8 * (counts.sum(0) * np.log2(np.maximum(alone, 1e-12))).sum()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 4, 2), (5, 3, 7)])
def test_sums_of_neighbours(shape: Shape) -> None:
    sizes = np.random.default_rng(5).integers(0, 9, shape)
    padded = np.pad(sizes, 1, mode="edge")
    zero = np.pad(sizes, 1)
    faces, points = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for position in np.ndindex(*shape):
        for offset in itertools.product((-1, 0, 1), repeat=3):
            at = tuple(p + 1 + o for p, o in zip(position, offset, strict=True))
            if sum(map(abs, offset)) == 1:
                faces[position] += padded[at]
            elif sum(map(abs, offset)) == 3:
                points[position] += zero[at]
    np.testing.assert_array_equal(around(sizes), faces)
    np.testing.assert_array_equal(corners(sizes), points)
