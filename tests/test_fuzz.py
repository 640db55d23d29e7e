"""Damaged inputs of every kind, tried in a process of their own: values or one line, never anything else."""

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


@pytest.mark.parametrize("kind", KINDS)
def test_mutants(kind: str) -> None:
    assert not faults(kind, 0, KINDS[kind])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_mutants(kind: str) -> None:
    assert not faults(kind, 1000, MANY.get(kind, 834))
