"""Boxes of integers: what comes back, the same bytes with and without kernels, and damage."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from idlat.coding.residual import ESCAPED, decode_integers, encode_integers
from idlat.coding.residual.passes import passes_of, slabs_of
from idlat.errors import CorruptStreamError

SHAPES = st.tuples(*[st.sampled_from([1, 2, 3, 7, 8, 17])] * 3)


def integers(shape, scale, seed=0):
    rng = np.random.default_rng(seed)
    return np.clip(np.rint(rng.standard_cauchy(shape) * scale), -(2**28), 2**28).astype(np.int32)


@given(SHAPES)
def test_passes_cover_every_voxel_once(shape):
    seen = np.zeros(shape, int)
    for one in passes_of(shape):
        for slab in slabs_of(one, shape):
            seen[np.ix_(*slab)] += 1
    assert (seen == 1).all()


@settings(max_examples=60, deadline=None)
@given(SHAPES, st.sampled_from([0.02, 0.6, 30.0, 1e7]), st.booleans(), st.integers(1, 3), st.integers(0, 9))
@example((1, 1, 1), 1e7, True, 1, 0)
def test_integers_come_back_and_kernels_give_the_bytes_of_numpy(shape, scale, predict, units, seed):
    values, rng = integers(shape, scale, seed), np.random.default_rng(seed)
    levels = rng.integers(0, units, [-(-n // 4) for n in shape]).astype(np.uint8)
    sizes = np.array([16, 41, 7000])[:units]
    if not predict:
        values[rng.random(shape) < 0.05] = ESCAPED
    with pytest.MonkeyPatch.context() as patch:
        compiled = encode_integers(values, levels, sizes, predict=predict)
        np.testing.assert_array_equal(decode_integers(compiled, shape, levels, sizes), values)
        patch.setenv("IDLAT_PURE_PYTHON", "1")
        assert encode_integers(values, levels, sizes, predict=predict) == compiled
        np.testing.assert_array_equal(decode_integers(compiled, shape, levels, sizes), values)


def test_zeros_take_one_byte():
    assert len(encode_integers(np.zeros((9, 8, 7), np.int32))) == 1


def test_a_few_outliers_take_about_ten_bits_each():
    values = np.zeros((64, 64, 64), np.int32)
    places = np.random.default_rng(0).choice(values.size, 1000, replace=False)
    values.flat[places] = 1
    assert len(encode_integers(values)) < 1000 * 12 / 8


def test_an_integer_that_is_too_large():
    with pytest.raises(ValueError, match="at most"):
        encode_integers(np.full((2, 2, 2), 2**30, np.int32))


@pytest.mark.parametrize("pure", [False, True])
def test_damage_is_told_or_gives_other_integers(pure, monkeypatch):
    if pure:
        monkeypatch.setenv("IDLAT_PURE_PYTHON", "1")
    shape = (5, 9, 12)
    data, rng = encode_integers(integers(shape, 3.0)), np.random.default_rng(1)
    for _ in range(150):
        broken = bytearray(data)
        for at in rng.integers(0, len(data), 2):
            broken[at] ^= 1 << rng.integers(8)
        cut = bytes(broken[: rng.integers(len(data) // 2, len(data) + 1)])
        with contextlib.suppress(CorruptStreamError):
            assert decode_integers(cut, shape).shape == shape
    for bad in (b"", b"\x07", data[:-1], data + b"\0"):
        with pytest.raises(CorruptStreamError):
            decode_integers(bad, shape)
