"""All of the paper in one go: part by part, what stands is kept, and a page at the end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import idlat
from idlat.archive.storage.archive_store import one_line
from idlat.outputs import write_whole
from idlat.progress import tell
from idlat.reproduce.folders import make_folders
from idlat.reproduce.paper_page import Outcome, page_of
from idlat.reproduce.paper_parts import PARTS, Job, Part

__all__ = ["PAGE", "make_all"]

PAGE = "paper.html"
_NOTES = "parts.json"


def make_all(job: Job, parts: Sequence[Part] = PARTS) -> list[Outcome]:
    """Make every part that does not stand, and write `PAGE` and what became of each, ``parts.json``.

    A part stands where its files are as they were left, made by this release of the same data, with the same
    models, all of them trained to the end. A part that fails does not keep others from being made.

    Parameters
    ----------
    job
        Where, of what, and how long.
    parts
        Which.

    Raises
    ------
    OutputError
        The folder cannot be made.
    """
    make_folders(job.output, job.data)
    notes = _notes(job.output / _NOTES)
    outcomes: list[Outcome] = []
    for done, part in enumerate(parts):
        tell(job.report, "parts", done, len(parts))
        outcome = _standing(part, job, notes.get(part.name))
        if outcome is None:
            outcome = _made(part, job)
            notes[part.name] = {
                "inputs": _inputs(part, job),
                "series": _series(job),
                "failure": outcome.failure,
                "seconds": outcome.seconds,
                "files": _sums(part, job.output) if outcome.failure is None else {},
            }
            write_whole(job.output / _NOTES, json.dumps(notes, indent=2) + "\n")
        outcomes.append(outcome)
    tell(job.report, "parts", len(parts), len(parts))
    write_whole(job.output / PAGE, page_of(outcomes, job.output, _command(job)))
    return outcomes


def _made(part: Part, job: Job) -> Outcome:
    start = perf_counter()
    try:
        part.make(job)
        absent = [name for name in part.files if not (job.output / name).is_file()]
        failure = f"it has left no {absent[0]}" if absent else None
    except Exception as error:  # whatever it is: the other parts are made all the same
        failure = one_line(error)
    return Outcome(part, failure, perf_counter() - start)


def _standing(part: Part, job: Job, note: object) -> Outcome | None:
    """Return a part that stands, None where it is to be made."""
    if not isinstance(note, dict) or note.get("failure") is not None:
        return None
    if note.get("inputs") != _inputs(part, job) or note.get("files") != _sums(part, job.output):
        return None
    if part.trains and any(path.suffix == ".ckpt" for path in _models(part, job)):  # gone on with
        return None
    series, known = _series(job), note.get("series")  # what came since is no reason to make it again
    if not isinstance(known, dict) or any(series.get(name) != size for name, size in known.items()):
        return None
    return Outcome(part, None, float(note.get("seconds", 0)))


def _inputs(part: Part, job: Job) -> dict[str, object]:
    """Return what a part depends on, beside the simulated series."""
    return {
        "version": idlat.__version__,
        "quick": job.quick,
        "imported": sorted(str(path.relative_to(_data(job))) for path in _data(job).glob("*/*.zarr")),
        "models": {path.name: _sum(path) for path in _models(part, job)},
    }


def _models(part: Part, job: Job) -> list[Path]:
    """Return the files of the models that a part depends on, and their checkpoints."""
    models = job.output / "models"
    found = (path for preset in part.presets for path in models.glob(f"*_{preset}.safetensors*"))
    return sorted(found)


def _series(job: Job) -> dict[str, int]:
    """Return the sizes of the simulated files."""
    files = (path for path in sorted(_data(job).glob("*/*.nc")) if path.is_file())
    return {str(path.relative_to(_data(job))): path.stat().st_size for path in files}


def _data(job: Job) -> Path:
    return job.data or job.output / "data"


def _sums(part: Part, folder: Path) -> dict[str, str]:
    return {name: _sum(folder / name) for name in part.files if (folder / name).is_file()}


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _notes(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # none, or damaged: all is made again
        return {}
    return found if isinstance(found, dict) else {}


def _command(job: Job) -> str:
    parts = ["idlat reproduce all", f"-o {job.output}"]
    if job.data is not None:
        parts.append(f"--data {job.data}")
    if job.minutes is not None:
        parts.append(f"--minutes {job.minutes:g}")
    return " ".join([*parts, "--quick"] if job.quick else parts)
