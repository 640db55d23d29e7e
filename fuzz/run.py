"""Mutants tried in a process of their own, which may die of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["KINDS", "faults"]

ROOT = Path(__file__).parents[1]

#: Kinds of inputs, and how many mutants of each ``make test`` tries.
KINDS = {
    "streams": 15,
    "metadata": 6,
    "fields": 25,
    "archives": 10,
    "models": 10,
    "clusters": 15,
    "states": 15,
    "maps": 15,
    "expressions": 30,
}


def faults(kind: str, first: int, count: int) -> list[str]:
    """Try mutants; return what breaks the rule, and what ended the process."""
    command = [sys.executable, str(ROOT / "fuzz" / "worker.py"), kind, str(first), str(count)]
    places = os.pathsep.join([str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": places.strip(os.pathsep)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    found = [f"{entry}" for entry in seen if "fault" in entry]
    if done.returncode:
        last = seen[-1] if seen else "the seeds"
        found.append(f"status {done.returncode} at {last}: {done.stderr[-2000:]}")
    return found
