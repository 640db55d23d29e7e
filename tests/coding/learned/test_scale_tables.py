"""Tables of scales, the coder over them, and the check of exactness, each by itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.coding.learned import scale_tables as tb
from idlat.coding.learned.constriction_ans import TableSet, new_coder, pop, pop_raw, push, push_raw
from idlat.coding.learned.integer_networks import IntegerLayer, self_test
from idlat.coding.rans import TOTAL
from idlat.errors import ModelError


def test_tables_sum_to_the_total_and_have_no_empty_symbol() -> None:
    tables = tb.symbol_tables()
    assert len(tables.sizes) == len(tb.RAW_BITS)
    ends = np.cumsum(tables.sizes)
    for end, size in zip(ends, tables.sizes, strict=True):
        row = tables.weights[end - size : end]
        assert row.sum() == TOTAL
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
