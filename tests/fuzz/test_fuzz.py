"""Damaged inputs of every kind, tried in a process of their own: values or one line, never anything else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

KINDS = {"fields": 90, "archives": 40, "models": 30, "clusters": 40, "states": 40, "maps": 40}


def faults(kind: str, first: int, count: int) -> list[str]:
    """Try mutants; return what breaks the rule, and what ended the process."""
    worker = Path(__file__).with_name("worker.py")
    command = [sys.executable, str(worker), kind, str(first), str(count)]
    done = subprocess.run(command, capture_output=True, text=True)
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    found = [f"{entry}" for entry in seen if "fault" in entry]
    if done.returncode:
        last = seen[-1] if seen else "the seeds"
        found.append(f"status {done.returncode} at {last}: {done.stderr[-2000:]}")
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_mutants(kind: str) -> None:
    assert not faults(kind, 0, KINDS[kind])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_mutants(kind: str) -> None:
    assert not faults(kind, 1000, 20 * KINDS[kind])
