"""Fitted tables come back from their bytes, pay for themselves, and never break a coder."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.coding.context_tables import count_symbols, fit_tables, read_tables
from idlat.coding.magnitudes import SYMBOLS
from idlat.coding.rans import TOTAL
from idlat.errors import CorruptStreamError

CLASSES = 12


def default() -> np.ndarray:
    means = 2.0 ** np.arange(-6, CLASSES - 6)
    chance = (means[:, None] / (1 + means[:, None])) ** np.arange(SYMBOLS) + 1e-7
    tables = np.maximum((chance / chance.sum(1, keepdims=True) * (TOTAL - SYMBOLS)).astype(np.int64), 1)
    tables[:, 0] += TOTAL - tables.sum(1)
    return tables


def bits(counts: np.ndarray, tables: np.ndarray) -> float:
    return float(-(counts * np.log2(tables / TOTAL)).sum())


@given(seed=st.integers(0, 1000))
def test_tables_come_back(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.choice([0, 0.1, 5, 1000], (CLASSES, 1)) * 0.8 ** np.arange(SYMBOLS))
    data, tables = fit_tables(counts, default())
    np.testing.assert_array_equal(read_tables(data, default()), tables)
    assert (tables > 0).all()
    assert (tables.sum(1) == TOTAL).all()
    assert 8 * len(data) + bits(counts, tables) <= bits(counts, default()) + CLASSES + 8


def test_what_the_default_tables_know_costs_nothing() -> None:
    assert fit_tables(np.rint(default() / TOTAL * 1000).astype(np.int64), default())[0] == b""


def test_much_that_is_new_is_said() -> None:
    counts = np.zeros((CLASSES, SYMBOLS), np.int64)
    counts[3, [0, 7]] = 5000
    data, tables = fit_tables(counts, default())
    assert 0 < len(data) < 16
    assert bits(counts, tables) < 10_000 * 1.1


def test_counts() -> None:
    counts = count_symbols(np.array([1, 1, 0]), np.array([5, 5, 2]), CLASSES)
    assert counts[1, 5] == 2
    assert counts[0, 2] == 1
    assert counts.sum() == 3


@given(data=st.binary(min_size=1, max_size=60))
def test_any_bytes_are_tables_or_one_error(data: bytes) -> None:
    with suppress(CorruptStreamError):
        tables = read_tables(data, default())
        assert (tables > 0).all()
        assert (tables.sum(1) == TOTAL).all()


def test_cut_short() -> None:
    counts = np.zeros((CLASSES, SYMBOLS), np.int64)
    counts[3, [0, 7]] = 5000
    data, _ = fit_tables(counts, default())
    with pytest.raises(CorruptStreamError, match="cut short"):
        read_tables(data[:-2], default())
