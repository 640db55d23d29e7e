"""The settings of a compression: checked, and the same after a way through JSON."""

from __future__ import annotations

import dataclasses
import json

import pytest

from idlat.archive.format.checked_json import from_json
from idlat.archive.format.settings import Settings, Target
from idlat.errors import ArchiveError, IdlatError

GIVEN = Settings(Target("ratio", 100.0), "asinh", 2**60 + 1, ("x", "z"), True, True, importance_range=7)


@pytest.mark.parametrize("settings", [Settings(), GIVEN])
def test_they_go_to_json_and_back(settings: Settings) -> None:
    values = json.loads(json.dumps(dataclasses.asdict(settings)))
    assert from_json(values, Settings, "a") == settings


def test_axes_have_one_order() -> None:
    assert GIVEN.periodic == ("z", "x")
    assert Settings(periodic=("z", "x")) == Settings(periodic=("x", "z"))


def test_nan_is_missing_anyway() -> None:
    assert Settings(missing=float("nan")) == Settings()


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("target", {"name": "quality", "value": 101}, "target: --quality goes from 0 to 100"),
        ("target", {"name": "size", "value": 1}, "target.name: Invalid enum value"),
        ("transform", "sqrt", "transform 'sqrt' is unknown"),
        ("periodic", ["t"], "--periodic names axes"),
        ("missing", "0", "missing: Expected"),
        ("importance_range", 17, "--importance-range goes from 0 to 16, got 17"),
    ],
)
def test_damaged_ones_are_refused(member: str, value: object, message: str) -> None:
    values = {**dataclasses.asdict(Settings()), member: value}
    with pytest.raises(ArchiveError, match=message):
        from_json(values, Settings, "a")


def test_what_an_append_cannot_change() -> None:
    assert Settings(transform="asinh", missing=3).fixed_at_creation() == []
    assert GIVEN.fixed_at_creation() == [
        *("--ratio", "--periodic", "--self-contained", "--keep-importance", "--importance-range")
    ]


def test_a_model_has_one_quality_or_a_range(model) -> None:
    assert Settings().for_model(model).target == Target("quality", 50.0)
    assert GIVEN.for_model(model) == GIVEN

    class Fixed:
        preset, gain_limits, importance_range = "paper", (0.0, 0.0), 3.0

    assert Settings().for_model(Fixed()) == Settings(importance_range=3.0)
    with pytest.raises(IdlatError, match="leave out --ratio"):
        GIVEN.for_model(Fixed())
