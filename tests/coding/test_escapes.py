"""Escaped values and variable-length integers come back."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from idlat.coding.escapes import Escapes, read_varint, varint
from idlat.errors import CorruptStreamError


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
