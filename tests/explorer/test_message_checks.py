"""What a message from the browser may hold."""

import math

import pytest

from idlat.explorer.message_checks import (
    RefusedError,
    flag,
    numbers,
    one_of,
    optional,
    real,
    record,
    text,
    whole,
)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (whole(0, 5), 5),
        (real(-1, 1), -0.5),
        (text(3, "[a-z]+"), "abc"),
        (one_of("a", "b"), "b"),
        (flag, False),
        (optional(flag), None),
        (numbers(whole(0), 2), [1, 2]),
    ],
)
def test_what_fits_is_returned(check, value):
    assert check(value) == value


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (whole(0, 5), 6),
        (whole(0), -1),
        (whole(0), True),
        (whole(0), 1.5),
        (whole(0), "1"),
        (real(), math.nan),
        (real(), math.inf),
        (real(0, 1), 2),
        (real(), True),
        (real(), None),
        (text(3), "abcd"),
        (text(3, "[a-z]+"), "a1"),
        (text(3), 5),
        (one_of("a"), ["a"]),
        (flag, 1),
        (numbers(whole(0), 2), [1, 2, 3]),
        (numbers(whole(0), 2), "12"),
        (numbers(whole(0), 2), ["x"]),
        (record({"a": flag}), []),
        (record({"a": flag}), {"a": True, "b": 1}),
        (record({"a": flag}), {}),
    ],
)
def test_what_does_not_fit_is_refused(check, value):
    with pytest.raises(RefusedError):
        check(value)


def test_a_javascript_number_that_is_whole_is_whole():
    assert whole(0)(3.0) == 3
    assert isinstance(whole(0)(3.0), int)


def test_a_refusal_is_short_and_names_the_part():
    with pytest.raises(RefusedError, match=r"^name: expected text of at most 3 characters, got '") as caught:
        record({"name": text(3)})({"name": "x" * 10_000})
    assert len(str(caught.value)) < 130
