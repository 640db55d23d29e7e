"""Damage seeds and read them, a mutant at a time; one JSON line for each mutant that breaks the rule.

The rule: values of the announced shape, or one line of an `IdlatError`, in bounded time and memory, and
nothing done that a reader has no business with (:mod:`fuzz.guard`). Each kind has a process, a fork of one
that has imported what takes long. It ends itself where a mutant takes too much processor time; the line
before that of its status tells which.
"""

from __future__ import annotations

import gc
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fuzz import targets
from fuzz.guard import Guard
from fuzz.run import BEGIN
from idlat.errors import IdlatError, Remark

_SECONDS = 20.0  # of processor time for a mutant
_READING = (
    "archive.compress_field",
    "archive.check.verify",
    "explorer.data.clusters.tree_file",
    "importance.resolve_importance",
)
_BYTES = 2**31  # of address space beside what a valid file takes


def main(first: int, counts: dict[str, int]) -> None:
    """Try mutants of kinds, one kind after the other, and print with which status each ended."""
    load()
    for kind, count in counts.items():
        print(f"{BEGIN}{kind}", file=sys.stderr, flush=True)
        if not os.fork():
            try_kind(kind, first, count)
            sys.exit()
        status = os.waitstatus_to_exitcode(os.wait()[1])
        print(json.dumps({"kind": kind, "status": status}), flush=True)


def load() -> None:
    """Import what most kinds read with; no more, so that there is one thread to fork."""
    for name in ("h5netcdf", *(f"idlat.{part}" for part in _READING)):
        import_module(name)
    import_module("xarray").backends.list_engines()


def try_kind(kind: str, first: int, count: int) -> None:
    """Try mutants `first` … `first + count − 1` of the seeds of a kind."""
    with tempfile.TemporaryDirectory() as folder:
        check: Callable[[Path], None]
        seeds, check = targets.prepare(kind, Path(folder))
        damage = targets.mutator(kind)
        (outside := Path(folder) / "outside").mkdir()
        (outside / "secret").write_text("0")
        os.chdir(folder)
        names = sorted(seeds)
        for name in names:
            check(seeds[name])  # a seed is sound, and everything is imported
        gc.collect()
        gc.freeze()  # else each mutant's collection looks at every library
        guard = Guard(Path(folder), outside)
        _limit_memory()
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", Remark)
        for number in range(first, first + count):
            rng = random.Random(f"{kind} {number}")
            name = names[number % len(names)]
            place = Path(folder) / f"mutant{number}"
            place.mkdir()
            target = place / seeds[name].name
            print(json.dumps({"kind": kind, "number": number, "seed": name}), flush=True)
            signal.setitimer(signal.ITIMER_PROF, _SECONDS)
            changed = damage(seeds[name], target, rng)
            guard.watching = True
            fault = _fault(check, target)
            guard.watching = False
            fault = fault or guard.acts()
            signal.setitimer(signal.ITIMER_PROF, 0)
            if fault:
                said = {"kind": kind, "number": number, "seed": name, "changed": changed, "fault": fault}
                print(json.dumps(said), flush=True)
                if keep := os.environ.get("FUZZ_KEEP"):
                    shutil.copytree(place, Path(keep) / f"{kind}{number}", dirs_exist_ok=True)
            shutil.rmtree(place)


def _fault(check: Callable[[Path], None], target: Path) -> str:
    printed: list[str] = []
    sys.unraisablehook = lambda seen: printed.append("".join(traceback.format_exception(seen.exc_value)))
    try:
        check(target)
    except (IdlatError, OSError) as error:
        text = str(error)
        if "\n" in text or not text:
            return f"more than a line: {text!r}"
    except BaseException:
        return traceback.format_exc()
    gc.collect()
    return "".join(printed)


def _limit_memory() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _BYTES, resource.RLIM_INFINITY))


if __name__ == "__main__":
    kinds = dict(word.split("=") for word in sys.argv[2:])
    main(int(sys.argv[1]), {kind: int(count) for kind, count in kinds.items()})
