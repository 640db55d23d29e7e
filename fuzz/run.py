"""Mutants tried in processes of their own, which may die of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["BEGIN", "KINDS", "faults"]

ROOT = Path(__file__).parents[1]
BEGIN = "=== "  # before the name of a kind, on standard error

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


def faults(counts: dict[str, int], first: int) -> list[str]:
    """Try mutants of kinds from the `first` on, so many of each; return what breaks the rule or ends them."""
    wanted = [f"{kind}={count}" for kind, count in counts.items()]
    command = [sys.executable, str(ROOT / "fuzz" / "worker.py"), str(first), *wanted]
    places = os.pathsep.join([str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    environment = {"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": places.strip(os.pathsep)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    found, ended, last = [], set(), "the seeds"
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        if "status" not in entry:
            last = line
            found += [line] if "fault" in entry else []
            continue
        ended.add(entry["kind"])
        if entry["status"]:
            found.append(
                f"{entry['kind']}: status {entry['status']} at {last}: {_said(entry['kind'], done.stderr)}"
            )
        last = "the seeds"
    if done.returncode or ended != counts.keys():
        found.append(f"status {done.returncode} after {sorted(ended)}: {done.stderr[-2000:]}")
    return found


def _said(kind: str, errors: str) -> str:
    """Return the end of what was printed to standard error while a kind was tried."""
    return errors.partition(f"{BEGIN}{kind}\n")[2].partition(BEGIN)[0][-2000:]
