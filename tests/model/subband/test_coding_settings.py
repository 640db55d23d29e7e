"""The settings of a coding, which come from a document of an archive."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from idlat.coding.class_hints import no_shifts, pack_shifts
from idlat.errors import CorruptStreamError
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.series_coding import SeriesCoding
from idlat.transform.companding import MOST_KNOTS, Companding
from idlat.transform.cuts import MOST_CUTS, Cut

GOOD = CodingSettings(
    ("lapped", "octaves", "lapped"),
    {(0, 0, 0): "scaled", (1, 0, 0): "finest"},
    b"tables",
    SeriesCoding(8, (4, 3, 2), pack_shifts(no_shifts())),
    ((Cut(11, -5), Cut(20, -16)), (), (Cut(3, -2),)),
    Companding((-0.25, 1.5), (3, 0, 4)),
)


def integers(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List where a JSON value holds an integer."""
    if isinstance(value, int):
        return [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in integers(inner, (*path, key))]


def test_there_and_back() -> None:
    assert CodingSettings.from_json(GOOD.to_json()) == GOOD


@pytest.mark.parametrize("place", integers(GOOD.to_json()), ids=str)
@pytest.mark.parametrize("other", [float, str, lambda n: bool(n) if n < 2 else -n, lambda n: [n]])
def test_integers_are_integers(place: tuple[Any, ...], other: Any) -> None:
    values = copy.deepcopy(GOOD.to_json())
    holder: Any = values
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = other(holder[place[-1]])
    with pytest.raises(CorruptStreamError, match="the settings of the coding are damaged"):
        CodingSettings.from_json(values)


@pytest.mark.parametrize(
    "cuts",
    [
        [[], []],
        [[], [[8, 3]], []],
        [[[8, 0]], [], []],
        [[[8, 17]], [], []],
        [[[0, 1]], [], []],
        [[[8, 1], [8, 1]], [], []],
        [[[8]], [], []],
        [[[at, 1] for at in range(1, MOST_CUTS + 2)], [], []],
        {"z": []},
        3,
    ],
    ids=str,
)
def test_cuts_that_are_none_are_told_of(cuts: Any) -> None:
    with pytest.raises(CorruptStreamError, match="the settings of the coding are damaged"):
        CodingSettings.from_json({**GOOD.to_json(), "cuts": cuts})


@pytest.mark.parametrize(
    "companding",
    [
        [[0.5], [0]],
        [[0.5], [0, 1, 2]],
        [[0.5], [1, 2]],
        [[0.5], [0, 17]],
        [[0.5], [-1, 0]],
        [[], [0]],
        [[1], [0, 1]],
        [[float("nan")], [0, 1]],
        [[1e10], [0, 1]],
        [[1.0, 1.0], [0, 1, 2]],
        [[0.0 + k for k in range(MOST_KNOTS + 1)], [0] * (MOST_KNOTS + 2)],
        [[0.5]],
        {"knots": [0.5]},
        3,
    ],
    ids=str,
)
def test_a_companding_that_is_none_is_told_of(companding: Any) -> None:
    with pytest.raises(CorruptStreamError, match="the settings of the coding are damaged"):
        CodingSettings.from_json({**GOOD.to_json(), "companding": companding})
