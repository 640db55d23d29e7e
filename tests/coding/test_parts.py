"""Tables, escapes, prediction and the coder, each by itself."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.coding import tables as tb
from idlat.coding.ans import TableSet, new_coder, pop, pop_raw, push, push_raw
from idlat.coding.escapes import Escapes, read_varint, varint
from idlat.coding.integer import IntegerLayer, self_test
from idlat.coding.interpolation import prediction_matrix, residual, restore, schedule
from idlat.errors import CorruptStreamError, ModelError

EXTENTS = st.tuples(*[st.integers(1, 8)] * 3)


@given(EXTENTS)
def test_every_cell_but_the_first_is_predicted_once_from_known_cells(extent: tuple[int, int, int]) -> None:
    known = {0}
    for step in schedule(extent):
        assert set(step.sources.ravel()) <= known
        assert not known & set(step.targets)
        assert (step.weights.sum(1) == 16).all()
        known |= set(step.targets)
    assert known == set(range(int(np.prod(extent))))


@given(EXTENTS, st.integers(0, 2**32 - 1), st.sampled_from([2, 1000, 2**31 - 1]))
def test_prediction_of_means_and_levels_is_undone(
    extent: tuple[int, int, int], seed: int, largest: int
) -> None:
    rng = np.random.default_rng(seed)
    n = int(np.prod(extent))
    mean, level = rng.integers(-largest, largest + 1, n), -rng.integers(0, 13, n)
    got = restore(*residual(mean, level, extent), extent)
    assert np.array_equal(got[0], mean)
    assert np.array_equal(got[1], level)


def test_a_linear_field_is_predicted_almost_everywhere() -> None:
    z, y, x = np.indices((8, 8, 8))
    values = 16 * (z + 2 * y - x).ravel()
    first, common = residual(values, np.zeros(512, dtype=np.int64), (8, 8, 8))
    assert not common.any()
    assert (first == 0).mean() > 0.6
    assert np.allclose(prediction_matrix()[1:].sum(1), 1)


@given(st.lists(st.integers(-(2**33), 2**33)))
def test_escaped_values_come_back(values: list[int]) -> None:
    assert Escapes.from_bytes(Escapes(values).to_bytes()).values == values


@given(st.binary(max_size=12))
def test_any_bytes_are_escapes_or_an_error(data: bytes) -> None:
    with contextlib.suppress(CorruptStreamError):
        Escapes.from_bytes(data)


@given(st.integers(0, 2**40 - 1))
def test_varint(value: int) -> None:
    assert read_varint(varint(value), 0) == (value, len(varint(value)))


def test_tables_sum_to_the_total_and_have_no_empty_symbol() -> None:
    tables = tb.symbol_tables()
    assert len(tables.sizes) == len(tb.RAW_BITS)
    ends = np.cumsum(tables.sizes)
    for end, size in zip(ends, tables.sizes, strict=True):
        row = tables.weights[end - size : end]
        assert row.sum() == tb.TOTAL
        assert row.min() >= 1


@given(st.integers(0, tb.SCALE_COUNT - 1), st.integers(-(2**20), 2**20))
def test_base_is_near_the_mean(index: int, eighths: int) -> None:
    table, base = tb.table_index(np.array([index]), np.array([eighths]))
    assert 0 <= table[0] < len(tb.RAW_BITS)
    assert abs(base[0] - eighths / 8) < 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 300))
def test_symbols_come_back_in_order(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    tables = TableSet(
        tb.join([tb.integer_weights(rng.random(int(rng.integers(2, 40)))) for _ in range(5)], [0] * 5)
    )
    index = rng.integers(0, 5, count)
    symbols = (rng.random(count) * (tables.escape[index] + 1)).astype(np.int64)
    counts, raw = rng.integers(0, 9, count), rng.integers(0, 2**20, count)
    coder = new_coder()
    push_raw(coder, counts, raw)
    push(coder, tables, index, symbols)
    assert np.array_equal(pop(coder, tables, index), symbols)
    assert np.array_equal(pop_raw(coder, counts), raw & ((1 << counts) - 1))
    assert coder.is_empty()


def test_a_layer_that_could_exceed_float32_is_refused() -> None:
    weight = np.full((1, 600, 1, 1, 1), 127)
    with pytest.raises(ModelError, match="not exact"):
        IntegerLayer.build("wide", True, weight, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))


def test_this_machine_is_exact() -> None:
    assert self_test()
