"""Rate–distortion optimised quantisation costs no more, in error and bits, than rounding."""

from contextlib import nullcontext

import numpy as np
import pytest

from idlat.coding.context_model import ContextModel
from idlat.coding.magnitudes import LARGEST, SYMBOLS
from idlat.coding.rans import TOTAL
from idlat.coding.size_contexts import CLASSES, FEATURES, WEIGHT_ONE
from idlat.coding.subband_stream import decode_box, encode_symbols, symbols_of
from idlat.coding.subband_walk import NOT_CODED, Box, Symbols
from idlat.coding.symbol_counts import bits_of
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR, quantise_box
from idlat.transform import cell_subbands
from idlat.transform.subbands import GROUP_COUNT
from support.models.subband_boxes import flat_box, in_plain_python


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
    return flat_box(layout)


def cost(symbols: Symbols, real: np.ndarray, model: ContextModel) -> float:
    return bits_of(symbols, model) + BITS_OF_ERROR * float(np.square(real - symbols.coefficients).sum())


def test_it_costs_less_than_rounding(here: Box, real: np.ndarray, model: ContextModel) -> None:
    rounded = symbols_of(np.rint(real).astype(np.int64), here, model)
    assert cost(quantise_box(real, here, model), real, model) < 0.97 * cost(rounded, real, model)


def test_its_symbols_are_what_is_coded(here: Box, real: np.ndarray, model: ContextModel) -> None:
    symbols = quantise_box(real, here, model)
    decoded = decode_box(encode_symbols(symbols, model), here, model)
    np.testing.assert_array_equal(decoded, symbols.coefficients)


def test_important_errors_are_kept_small(here: Box, real: np.ndarray, model: ContextModel) -> None:
    symbols = quantise_box(real, here, model, importance=1e6)
    np.testing.assert_array_equal(symbols.coefficients, np.rint(real))


def test_each_coefficient_has_its_importance(here: Box, real: np.ndarray, model: ContextModel) -> None:
    importance = np.ones(len(real))
    importance[::2] = 1e6
    chosen = quantise_box(real, here, model, importance).coefficients
    np.testing.assert_array_equal(chosen[::2], np.rint(real[::2]))
    assert (chosen[1::2] != np.rint(real[1::2])).any()


def test_one_importance_is_that_of_each(here: Box, real: np.ndarray, model: ContextModel) -> None:
    one, each = (quantise_box(real, here, model, value) for value in (2.5, np.full(len(real), 2.5)))
    np.testing.assert_array_equal(one.coefficients, each.coefficients)


def test_bands_that_came_out_empty_are_left_out(here: Box, real: np.ndarray, model: ContextModel) -> None:
    real[-64:] = 0.51
    symbols = quantise_box(real, here, model)
    assert not symbols.coefficients[-64:].any()
    assert symbols.last < len(here.layout.bands)
    assert (symbols.classes[here.layout.offsets[symbols.last] :] == NOT_CODED).all()
    assert symbols.coefficients[here.layout.offsets[symbols.last - 1] :].any()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, LARGEST + 0.25])
@pytest.mark.parametrize("plain", [False, True])
def test_what_no_symbol_stands_for_is_refused(
    here: Box, real: np.ndarray, model: ContextModel, wrong: float, plain: bool
) -> None:
    real[-1] = wrong
    with in_plain_python() if plain else nullcontext(), pytest.raises(ValueError, match="finite"):
        quantise_box(real, here, model)
