"""Rate–distortion optimised quantisation costs no more, in error and bits, than rounding."""

import numpy as np
import pytest

from idlat.coding.context_model import ContextModel
from idlat.coding.magnitudes import SYMBOLS, split_sizes
from idlat.coding.size_contexts import CLASSES, FEATURES, WEIGHT_ONE
from idlat.coding.subband_stream import decode_box, encode_symbols
from idlat.coding.subband_walk import Box, Symbols, symbols_of
from idlat.coding.tables import TOTAL
from idlat.model.rdo_quantisation import BITS_OF_ERROR, quantise_box
from idlat.transform import cell_subbands
from idlat.transform.subbands import GROUP_COUNT


@pytest.fixture
def model() -> ContextModel:
    """Geometric tables of the classes' expected sizes, and a few weights."""
    mean = 2.0 ** (np.arange(CLASSES) / 4 - 9)[:, None]
    chance = (mean / (1 + mean)) ** np.arange(SYMBOLS) + 1e-7
    tables = np.maximum((chance / chance.sum(1, keepdims=True) * (TOTAL - SYMBOLS)).astype(np.int64), 1)
    tables[:, 0] += TOTAL - tables.sum(1)
    weights = np.zeros((GROUP_COUNT, 2, FEATURES), np.int64)
    weights[..., 0], weights[..., 5], weights[..., 7] = WEIGHT_ONE // 3, WEIGHT_ONE // 3, WEIGHT_ONE // 30
    return ContextModel(weights, tables)


@pytest.fixture
def real() -> np.ndarray:
    rng = np.random.default_rng(0)
    layout = cell_subbands((32, 32, 32), ("lapped",) * 3)
    return np.concatenate([rng.laplace(size=band.size) * 4 / (1 + sum(band.key)) for band in layout.bands])


@pytest.fixture
def here() -> Box:
    layout = cell_subbands((32, 32, 32), ("lapped",) * 3)
    return Box(layout, {band.shape: np.zeros(band.shape, np.int64) for band in layout.bands})


def cost(symbols: Symbols, real: np.ndarray, box: Box, model: ContextModel) -> float:
    classes, sizes = np.concatenate(symbols.classes), np.abs(np.concatenate(symbols.values))
    error = np.square(real - symbols.coefficients(box.layout)).sum()
    return float(model.bits[classes, split_sizes(sizes)[0]].sum() + BITS_OF_ERROR * error)


def test_it_costs_less_than_rounding(here: Box, real: np.ndarray, model: ContextModel) -> None:
    rounded = symbols_of(np.rint(real).astype(np.int64), here, model.weights)
    assert cost(quantise_box(real, here, model), real, here, model) < 0.97 * cost(rounded, real, here, model)


def test_its_symbols_are_what_is_coded(here: Box, real: np.ndarray, model: ContextModel) -> None:
    symbols = quantise_box(real, here, model)
    decoded = decode_box(encode_symbols(symbols, model), here, model)
    np.testing.assert_array_equal(decoded, symbols.coefficients(here.layout))


def test_important_errors_are_kept_small(here: Box, real: np.ndarray, model: ContextModel) -> None:
    symbols = quantise_box(real, here, model, importance=1e6)
    np.testing.assert_array_equal(symbols.coefficients(here.layout), np.rint(real))
