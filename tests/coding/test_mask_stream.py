"""Any categories come back, by the same bytes compiled and in plain Python; what is none is an error."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from idlat.coding.escapes import varint
from idlat.coding.mask_stream import decode_mask, encode_mask
from idlat.errors import CorruptStreamError
from support.models.subband_boxes import in_plain_python

SHAPES = st.tuples(*(st.integers(1, 12),) * 3)
CATEGORIES = st.sampled_from([st.sampled_from([0, 1]), st.integers(0, 4), st.integers(0, 255)]).flatmap(
    lambda values: hnp.arrays(np.uint8, SHAPES, elements=values)
)


def ball(shape: tuple[int, int, int]) -> np.ndarray:
    distances = sum((i - n / 2) ** 2 for i, n in zip(np.indices(shape), shape, strict=True))
    return (distances < (min(shape) / 2.5) ** 2).astype(np.uint8)


@settings(deadline=None)
@given(CATEGORIES)
def test_any_categories(categories: np.ndarray) -> None:
    data = encode_mask(categories)
    np.testing.assert_array_equal(decode_mask(data, categories.shape), categories)
    with in_plain_python():
        assert encode_mask(categories) == data
        np.testing.assert_array_equal(decode_mask(data, categories.shape), categories)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32), shape=st.tuples(*(st.integers(1, 40),) * 3), share=st.floats(0, 1))
def test_noise_of_any_density_costs_little_more_than_its_entropy(
    seed: int, shape: tuple[int, int, int], share: float
) -> None:
    categories = (np.random.default_rng(seed).random(shape) < share).astype(np.uint8)
    data = encode_mask(categories)
    with in_plain_python():
        assert encode_mask(categories) == data
    np.testing.assert_array_equal(decode_mask(data, shape), categories)
    assert len(data) < 1.3 * categories.size / 8 + 32


@settings(deadline=None, max_examples=60)
@given(CATEGORIES, st.data())
def test_damaged_bytes_are_an_error_or_another_mask(categories: np.ndarray, data: st.DataObject) -> None:
    stream = bytearray(encode_mask(categories))
    stream[data.draw(st.integers(0, len(stream) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    outcomes = []
    for plain in (False, True):
        try:
            with in_plain_python() if plain else pytest.MonkeyPatch.context():
                outcomes.append(decode_mask(bytes(stream), categories.shape).tobytes())
        except CorruptStreamError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


@settings(deadline=None, max_examples=30)
@given(CATEGORIES, st.data())
def test_bytes_cut_short_or_added_are_an_error(categories: np.ndarray, data: st.DataObject) -> None:
    stream = encode_mask(categories)
    cut = data.draw(st.integers(0, len(stream) - 1))
    for changed in (stream[:cut], stream + b"\0"):
        with pytest.raises(CorruptStreamError):
            decode_mask(changed, categories.shape)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_mask_or_an_error(data: bytes) -> None:
    try:
        found = decode_mask(data, (9, 9, 9))
    except CorruptStreamError:
        return
    assert found.size <= 9**3


def test_nothing_larger_than_expected_is_allocated() -> None:
    announced = varint(1 << 40) * 3 + bytes([0, 1])
    with pytest.raises(CorruptStreamError, match="expected"):
        decode_mask(announced, (64, 128, 128))
    with pytest.raises(CorruptStreamError, match="expected"):
        decode_mask(encode_mask(np.zeros((1, 1, 9), np.uint8)), (9, 9, 8))


def test_what_is_uniform_or_has_structure_costs_a_few_bytes() -> None:
    shape = (64, 128, 128)
    assert len(encode_mask(np.zeros(shape, np.uint8))) == len(encode_mask(np.full(shape, 4, np.uint8))) == 7
    half, box = np.zeros((2, *shape), np.uint8)
    half[20:], box[10:40, 20:90, 33:77] = 1, 1
    assert len(encode_mask(half)) < 32
    assert len(encode_mask(box)) < 48
    assert len(encode_mask(ball(shape))) < 1000
    few = np.zeros(shape, np.uint8)
    few[3, 4, 5] = few[60, 100, 7] = 1
    assert len(encode_mask(few)) < 32


def test_an_oceans_land_costs_less_than_half_of_what_lzma_takes() -> None:
    data = os.environ.get("IDLAT_TEST_DATA")
    if not data:
        pytest.skip("IDLAT_TEST_DATA does not name the real fields")
    field = np.load(Path(data) / "ocean_atlas_temp/ocean_atlas_temp_m01.npy")
    mask = (field < -1e9).astype(np.uint8)
    assert mask.shape == (19, 90, 180)
    assert len(encode_mask(mask)) < 1300
