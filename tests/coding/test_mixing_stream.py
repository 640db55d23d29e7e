"""Octaves under mixed contexts: what is encoded is decoded, whatever comes, by both forms of the walk."""

import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.coding.magnitudes import LARGEST
from idlat.coding.mixing.mixing_stream import MixingModel, adapted, decode_octaves, encode_octaves
from idlat.coding.mixing.mixing_tables import logistic_tables
from idlat.coding.mixing.mixing_walk import SLOTS
from idlat.errors import CorruptStreamError
from idlat.model import load_model
from idlat.transform import Shape, octave_subbands
from idlat.transform.subbands import SubbandLayout
from support.models.subband_boxes import in_plain_python
from support.property_examples import examples

ALL = (0, 1, 2)
UNTRAINED = MixingModel.untrained()


def smooth_octaves(seed: int, shape: Shape = (6, 12, 13)) -> tuple[np.ndarray, SubbandLayout]:
    """Coefficients that get smaller from octave to octave, as those of fields do."""
    layout, rng = octave_subbands(shape, ALL), np.random.default_rng(seed)
    parts = [np.rint(rng.laplace(0, 40 * 0.25**band.shell, band.size)) for band in layout.bands]
    return np.concatenate(parts).astype(np.int32), layout


@settings(deadline=None, max_examples=examples(60))
@given(
    shape=st.tuples(*(st.integers(1, 14),) * 3),
    axes=st.sampled_from([ALL, (1, 2), (0,), ()]),
    largest=st.sampled_from([0, 1, 3, 200, LARGEST]),
    seed=st.integers(0, 2**32),
)
def test_any_octaves_come_back(shape: Shape, axes: tuple[int, ...], largest: int, seed: int) -> None:
    layout = octave_subbands(shape, axes)
    values = np.random.default_rng(seed).integers(-largest, largest, layout.size, endpoint=True)
    data = encode_octaves(values, layout, UNTRAINED)
    np.testing.assert_array_equal(decode_octaves(data, layout, UNTRAINED), values)
    with in_plain_python():
        assert encode_octaves(values, layout, UNTRAINED) == data
        np.testing.assert_array_equal(decode_octaves(data, layout, UNTRAINED), values)


@settings(deadline=None, max_examples=40)
@given(data=st.binary(max_size=60), seed=st.integers(0, 9))
def test_any_bytes_are_read_or_refused(data: bytes, seed: int) -> None:
    layout = smooth_octaves(seed)[1]
    try:
        values = decode_octaves(data, layout, UNTRAINED)
    except CorruptStreamError:
        return
    assert encode_octaves(values, layout, UNTRAINED) == data


@pytest.mark.parametrize("change", [lambda d: d[:-3], lambda d: d + b"\1", lambda d: d[:2] + b"\xff" + d[3:]])
def test_cut_or_changed_bytes_do_not_give_what_was(change) -> None:
    values, layout = smooth_octaves(1)
    data = encode_octaves(values, layout, UNTRAINED)
    with suppress(CorruptStreamError):
        assert (decode_octaves(change(data), layout, UNTRAINED) != values).any()


def test_what_is_too_large_is_refused() -> None:
    layout = octave_subbands((4, 4, 4), ALL)
    for values in (np.full(layout.size, 2**30), np.zeros(layout.size + 1, np.int64)):
        with pytest.raises(ValueError, match="coefficients of at most"):
            encode_octaves(values, layout, UNTRAINED)


def test_what_has_been_seen_makes_the_next_shorter() -> None:
    model = UNTRAINED
    fresh = sum(len(encode_octaves(*smooth_octaves(seed), model)) for seed in range(90, 95))
    for seed in range(10):
        model = adapted(model, *smooth_octaves(seed), 60)
    assert sum(len(encode_octaves(*smooth_octaves(seed), model)) for seed in range(90, 95)) < 0.97 * fresh


def test_the_shipped_model_has_learnt_something() -> None:
    shipped = load_model().second.mixing
    parts = [smooth_octaves(seed) for seed in range(5)]
    assert sum(len(encode_octaves(*part, shipped)) for part in parts) < sum(
        len(encode_octaves(*part, UNTRAINED)) for part in parts
    )


def test_arrays_of_other_shapes_are_no_model() -> None:
    with pytest.raises(ValueError, match="expected of shapes"):
        MixingModel(np.zeros(SLOTS - 1, np.uint16), UNTRAINED.seen, UNTRAINED.weights)


def test_logistic_tables_are_each_others_inverse() -> None:
    stretched, squashed = logistic_tables()
    exact = [65536 / (1 + math.exp(-x / 256)) for x in range(-3071, 3072)]
    assert np.abs(squashed - exact).max() <= 0.5001
    assert np.abs(squashed[stretched + 3071] - (16 * np.arange(4096) + 8)).max() <= 72
