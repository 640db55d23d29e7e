"""Damaged inputs of every kind, tried in processes of their own: values or one line, never anything else."""

import pytest
from fuzz.run import KINDS, faults

MANY = {
    "streams": 8000,
    "metadata": 2500,
    "fields": 2500,
    "archives": 1500,
    "models": 600,
    "expressions": 2400,
}
"""With 2,500 of the other kinds 20,000."""


# each in one process that forks one a kind: two, so that none takes long
@pytest.mark.parametrize("kinds", [list(KINDS)[::2], list(KINDS)[1::2]], ids="-".join)
def test_mutants(kinds: list[str]) -> None:
    assert not faults({kind: KINDS[kind] for kind in kinds}, 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_mutants(kind: str) -> None:
    assert not faults({kind: MANY.get(kind, 834)}, 1000)
