"""Tries mutants: see the package's docstring."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from fuzz.run import KINDS, faults


def main(kind: str, first: int, count: int) -> int:
    """Try mutants of a kind, or of all; return how many broke the rule."""
    broken = 0
    for each in KINDS if kind == "all" else (kind,):
        found = faults({each: count}, first)
        for fault in found:
            print(fault)
        print(json.dumps({"kind": each, "mutants": count, "faults": len(found)}), flush=True)
        broken += len(found)
    return broken


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("all", *KINDS):
        sys.exit(f"usage: python -m fuzz {{all,{','.join(KINDS)}}} FIRST COUNT")
    sys.exit(1 if main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])) else 0)
