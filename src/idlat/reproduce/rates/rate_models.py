"""The models that rates are compared of: the shipped one, and those that were trained on a data set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from idlat.progress import Progress, tell
from idlat.reproduce.cases import Case
from idlat.reproduce.models import ADAPTED, Length, trained_model
from idlat.training import TrainingProgress

__all__ = ["TRAINED", "RateModel", "absent_models", "rate_models", "train_models"]

TRAINED = (ADAPTED, "paper", "baseline")
"""Presets with a model of a data set."""


@dataclass(frozen=True)
class RateModel:
    """A model to be measured.

    Attributes
    ----------
    name : str
        Of its curve.
    path : Path or None
        None for the shipped default model.
    adjustable : bool
        Whether it has many qualities, or one that it was trained for.
    note : str
        Where it came from.
    """

    name: str
    path: Path | None
    adjustable: bool
    note: str


def train_models(
    case: Case,
    seen: Sequence[Path],
    folder: Path,
    length: Length,
    presets: Sequence[str] = TRAINED,
    report: Progress | None = None,
) -> None:
    """Train the models of a data set that do not stand in a folder, and go on with unfinished ones.

    Parameters
    ----------
    case, seen
        The data set, and the steps to learn from.
    folder
        Of the models; it exists.
    length
        How long to train each.
    presets
        Some of :data:`TRAINED`.
    report
        Told how far each stage is.
    """
    for preset in presets:
        trained_model(
            case, preset, seen, folder, length, partial(_say, report, f"train {case.dataset} {preset}")
        )


def _say(report: Progress | None, stage: str, progress: TrainingProgress) -> None:
    tell(report, stage, round(100 * progress.fraction), 100)


def rate_models(case: Case, folder: Path) -> list[RateModel]:
    """Return the shipped model and those of a data set that stand in a folder."""
    found = [RateModel("default", None, True, "shipped; fitted to each field as it is compressed")]
    for preset in TRAINED:
        path = _path(case, preset, folder)
        if path.is_file():
            adapted = preset == ADAPTED
            name = f"{preset}, adapted" if adapted else preset
            found.append(RateModel(name, path, adapted, _updates(path)))
    return found


def absent_models(case: Case, folder: Path) -> list[str]:
    """Return the names of the files that are not there."""
    paths = (_path(case, preset, folder) for preset in TRAINED)
    return [path.name for path in paths if not path.is_file()]


def _path(case: Case, preset: str, folder: Path) -> Path:
    return folder / f"{case.dataset}_{preset}.safetensors"


def _updates(path: Path) -> str:
    """Say how long a model was trained, by the note beside it."""
    try:
        return f"{json.loads(path.with_suffix('.json').read_text())['updates']} updates"
    except (OSError, ValueError, KeyError, TypeError):
        return "updates not noted"
