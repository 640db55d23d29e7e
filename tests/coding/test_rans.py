"""Words are constriction's: another coder reads them symbol by symbol, and writes the same."""

import constriction
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.coding.rans import TOTAL, Popping, push
from idlat.errors import CorruptStreamError


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 2**32), n=st.integers(0, 400))
def test_words_are_constrictions(seed: int, n: int) -> None:
    """Under uniform tables, which constriction makes of integers: the last symbol takes what is left."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(2, [3, 20, 1000, 2**16], 4)
    cumulative = np.minimum(np.arange(2**16 + 1)[None] * (TOTAL // counts)[:, None], TOTAL)
    cumulative[np.arange(2**16 + 1) >= counts[:, None]] = TOTAL
    classes = rng.integers(0, 4, n)
    symbols = rng.integers(0, counts[classes])
    words = push(symbols, classes, cumulative)
    other = constriction.stream.stack.AnsCoder()
    for symbol, k in zip(symbols[::-1].tolist(), classes[::-1], strict=True):
        other.encode_reverse(symbol, constriction.stream.model.Uniform(int(counts[k])))
    np.testing.assert_array_equal(words, other.get_compressed())
    back = Popping(words)
    np.testing.assert_array_equal(back.pop(classes, cumulative.tolist()), symbols)
    assert back.empty


def test_words_that_end_in_zero_are_refused() -> None:
    with pytest.raises(CorruptStreamError):
        Popping(np.array([5, 0], np.uint32))
