"""Levels of a chunk through bytes, and how they are chosen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import idlat
from idlat.coding.level_stream import COARSEST, decode_levels, encode_levels
from idlat.errors import CorruptStreamError
from idlat.model.subband.cell_levels import choose_levels, quiet_levels, wanted_levels
from support.models.subband_boxes import in_plain_python

extents = st.tuples(*(st.integers(1, 8),) * 3)


@pytest.fixture(scope="module")
def tables():
    return idlat.load_model().coder.level_tables


@settings(max_examples=50, deadline=None)
@given(levels=extents.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(0, COARSEST))))
def test_any_levels_come_back(tables, levels):
    data = encode_levels(levels, tables.cumulative)
    back, end = decode_levels(b"x" + data + b"rest", 1, levels.shape, tables.cumulative)
    assert (back == levels).all()
    assert end == 1 + len(data)
    with in_plain_python():
        assert encode_levels(levels, tables.cumulative) == data
        again, _ = decode_levels(data, 0, levels.shape, tables.cumulative)
    assert (again == levels).all()


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=60), extent=st.sampled_from([(4, 4, 4), (1, 1, 1), (1, 8, 3)]))
def test_any_bytes_are_levels_or_refused_by_both_forms(tables, data, extent):
    compiled = decoded_or_refused(data, extent, tables.cumulative)
    with in_plain_python():
        assert decoded_or_refused(data, extent, tables.cumulative) == compiled
    if isinstance(compiled, list):
        assert 0 <= min(compiled) <= max(compiled) <= COARSEST


def decoded_or_refused(data, extent, cumulative):
    """The levels, or what the error says."""
    try:
        return decode_levels(data, 0, extent, cumulative)[0].ravel().tolist()
    except CorruptStreamError as error:
        return str(error)


def test_levels_follow_the_map_where_it_pays(tables):
    importance = np.ones((64, 64, 64), np.float32)
    importance[:, :, 32:] = 0
    wanted = wanted_levels(importance, 7.0)
    assert wanted[0, 0, 0] == 0
    assert wanted[0, 0, 7] == pytest.approx(7 / (2 * np.log(2)), abs=0.01)
    many, none = (np.full(wanted.shape, n) for n in (400, 0))
    chosen = choose_levels(wanted, many, tables.bits)
    assert np.abs(chosen - wanted).max() <= 0.5 + 1e-9
    quiet = choose_levels(wanted, none, tables.bits)
    assert len(encode_levels(quiet, tables.cumulative)) <= len(encode_levels(chosen, tables.cumulative))


@settings(max_examples=60, deadline=None)
@given(extent=extents, seed=st.integers(0, 2**32), steepness=st.sampled_from([0.0, 0.1, 1.0]))
def test_compiled_levels_are_those_of_numpy(tables, extent, seed, steepness):
    rng = np.random.default_rng(seed)
    shape = [8 * n - int(rng.integers(0, 8)) for n in extent]
    importance = np.clip(1 - steepness * rng.random(shape) * rng.random(), 0, 1).astype(np.float32)
    significant = rng.integers(0, 60, extent)
    wanted = wanted_levels(importance, 7.0)
    chosen = choose_levels(wanted, significant, tables.bits)
    assert wanted.shape == chosen.shape == extent
    with in_plain_python():
        np.testing.assert_array_equal(wanted_levels(importance, 7.0), wanted)
        np.testing.assert_array_equal(choose_levels(wanted, significant, tables.bits), chosen)


def test_levels_of_a_quiet_chunk_take_few_bytes_and_make_nothing_loud(tables):
    z, y, x = np.indices((64, 64, 64), np.float32) / 64
    wanted = wanted_levels(np.exp(-4 * np.abs(z - 0.5 + 0.2 * np.sin(5 * x) * y)), 7.0)
    followed = choose_levels(wanted, np.full(wanted.shape, 400), tables.bits)
    none = quiet_levels(wanted, np.full(wanted.shape, -np.inf), tables.bits)
    sizes = [len(encode_levels(levels, tables.cumulative)) for levels in (none, followed)]
    assert sizes[0] < 0.7 * sizes[1]
    assert np.abs(none - wanted).max() < 3
    loudest = wanted - 0.2
    bounded = quiet_levels(wanted, loudest, tables.bits)
    assert (none < loudest).any()
    assert not (bounded < loudest).any()
    with in_plain_python():
        np.testing.assert_array_equal(quiet_levels(wanted, loudest, tables.bits), bounded)
