"""Table 1's epochs and times: of the models here, beside what the paper states of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from idlat.archive import compress
from idlat.fields import open_field
from idlat.model import find_preset, load_model
from idlat.reproduce.cases import Case

__all__ = ["ModelTimes", "as_markdown", "stated_times", "times_of"]

BATCHES = {"paper": 32, "baseline": 72}
"""Blocks an update of the presets, unless told otherwise."""

_STATED = {
    "vortex": (600.0, 260.0, 0.0232, 0.0105),
    "cosmology": (100.0, 194.0, 0.2272, 0.0794),
    "hurricane": (200.0, 330.0, 0.2, 0.1191),
}
"""Of the paper's Table 1, by what stands for its data here: epochs, minutes of training, seconds a volume."""


@dataclass(frozen=True)
class ModelTimes:
    """How long a model was trained, and how long a volume takes.

    Attributes
    ----------
    data, model : str
        Of which data set, and which model.
    epochs, minutes : float or None
        Of training: passes over the blocks of Table 1, and time; 0 where it is not trained, None where no
        note of it stands.
    seconds_encode, seconds_decode : float
        A volume.
    """

    data: str
    model: str
    epochs: float | None
    minutes: float | None
    seconds_encode: float
    seconds_decode: float


def stated_times(case: Case) -> ModelTimes:
    """Return what the paper states, on a Tesla P100, files not counted."""
    return ModelTimes(case.paper_name, "paper's IDLat, as stated", *_STATED[case.dataset])


def times_of(case: Case, path: Path, models: Path) -> list[ModelTimes]:
    """Time the shipped default model on a volume, and the paper's network and its baseline where they stand.

    The first encoding compiles what it needs and is not counted; both times include the files.

    Parameters
    ----------
    case, path
        The data set and the file of a volume.
    models
        Folder of models, ``<dataset>_<preset>.safetensors``, as Table 2 leaves them.
    """
    found = [_timed(case, path, "default", None, 0.0, 0.0)]
    for preset in BATCHES:
        model = models / f"{case.dataset}_{preset}.safetensors"
        if model.is_file() and find_preset(preset).recipe:
            found.append(_timed(case, path, preset, model, *_trained(case, preset, model)))
    return found


def _trained(case: Case, preset: str, model: Path) -> tuple[float | None, float | None]:
    """Return the epochs and minutes of the note beside a model."""
    try:
        note = json.loads(model.with_suffix(".json").read_text())
        return note["updates"] * BATCHES[preset] / case.blocks, note["minutes"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None, None


def _timed(
    case: Case, path: Path, name: str, model: Path | None, epochs: float | None, minutes: float | None
) -> ModelTimes:
    field = open_field(path, case.variable).load()
    loaded = load_model(model)
    with TemporaryDirectory() as folder:
        for attempt in range(2):
            start = perf_counter()
            with compress(field, Path(folder) / f"{attempt}.idlat", None, loaded) as archive:
                encoded = perf_counter()
                archive.decode()
            decoded = perf_counter()
    return ModelTimes(case.dataset, name, epochs, minutes, encoded - start, decoded - encoded)


def as_markdown(times: list[ModelTimes]) -> str:
    """Lay times out as a table.

    Examples
    --------
    >>> print(as_markdown([ModelTimes("vortex", "default", 0.0, 0.0, 2.0, 0.25)]), end="")
    | data | model | epochs | training | encode | decode |
    |---|---|---|---|---|---|
    | vortex | default | none | none | 2.0000 s | 0.2500 s |
    """
    lines = ["| data | model | epochs | training | encode | decode |", "|---|---|---|---|---|---|"]
    for each in times:
        lines.append(
            f"| {each.data} | {each.model} | {_number(each.epochs, '')} | {_number(each.minutes, ' min')} "
            f"| {each.seconds_encode:.4f} s | {each.seconds_decode:.4f} s |"
        )
    return "\n".join(lines) + "\n"


def _number(value: float | None, unit: str) -> str:
    return "not noted" if value is None else "none" if value == 0 else f"{value:.3g}{unit}"
