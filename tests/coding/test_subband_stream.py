"""Streams of subbands: what is encoded is decoded, whatever the box."""

import itertools
from collections.abc import Iterator
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.coding.context_model import ContextModel
from idlat.coding.magnitudes import SYMBOLS, join_sizes, split_sizes
from idlat.coding.size_contexts import FEATURES, WEIGHT_ONE, around, corners
from idlat.coding.subband_stream import decode_box, encode_symbols, symbols_of
from idlat.coding.symbol_counts import counts_of
from idlat.transform import Kinds, Shape, cell_subbands, octave_subbands
from idlat.transform.subbands import GROUP_COUNT
from support.models.subband_boxes import KINDS, flat_box, in_plain_python, random_box, random_model
from support.property_examples import examples


@pytest.fixture(params=["compiled", "plain"], autouse=True, scope="module")
def form(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test runs with compiled kernels, then without."""
    with in_plain_python() if request.param == "plain" else nullcontext():
        yield


@settings(deadline=None, max_examples=examples(60))
@given(shape=st.tuples(*(st.integers(1, 18),) * 3), kinds=st.sampled_from(KINDS), seed=st.integers(0, 99))
def test_any_box_comes_back(shape: Shape, kinds: Kinds, seed: int) -> None:
    here, coefficients = random_box(shape, kinds, seed)
    data = encode_symbols(symbols_of(coefficients, here, random_model()), random_model())
    np.testing.assert_array_equal(decode_box(data, here, random_model()), coefficients)


def test_octaves_of_a_subband_come_back() -> None:
    layout = octave_subbands((6, 23, 25), (0, 1, 2))
    here = flat_box(layout)
    coefficients = np.random.default_rng(3).integers(-40, 40, layout.size)
    data = encode_symbols(symbols_of(coefficients, here, random_model()), random_model())
    np.testing.assert_array_equal(decode_box(data, here, random_model()), coefficients)


def test_nothing_takes_one_byte() -> None:
    here, coefficients = random_box((16, 16, 16), KINDS[0])
    assert encode_symbols(symbols_of(0 * coefficients, here, random_model()), random_model()) == b"\0"
    assert not decode_box(b"\0", here, random_model()).any()


def test_the_largest_sizes_come_back() -> None:
    sizes = np.array([0, 1, 15, 16, 17, 31, 32, 2**20 + 1, 2**29 - 1, 2**30 - 1])
    symbols, rest = split_sizes(sizes)
    assert symbols.max() < SYMBOLS
    np.testing.assert_array_equal(join_sizes(symbols, rest), sizes)


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
    here = flat_box(layout)
    weights = np.zeros((GROUP_COUNT, 2, FEATURES), np.int64)
    weights[..., 0], weights[..., 5], weights[..., 7] = WEIGHT_ONE // 2, WEIGHT_ONE // 3, WEIGHT_ONE // 50
    counts = counts_of(symbols_of(coefficients, here, ContextModel(weights, random_model().tables)))
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
