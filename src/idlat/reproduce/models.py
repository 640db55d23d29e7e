"""Training the models of Table 2, adapting the shipped network to a data set, or using those that exist."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from idlat.fields import open_field
from idlat.model import find_preset
from idlat.model.shipped_weights import shipped_file
from idlat.outputs import write_whole
from idlat.reproduce.cases import Case
from idlat.training import TrainingProgress, train

PRESETS = ("baseline", "paper", "default")
ADAPTED = "learned"
"""The preset whose shipped network is adapted to a data set rather than trained from the start."""

UPDATES = 1300
_ADAPTING_UPDATES = 300


@dataclass(frozen=True)
class Length:
    """How long to train.

    Parameters
    ----------
    updates
        Steps of Adam, the same for every model.
    minutes
        Of this call, a model, after which it is used as it is; None for no limit.
    batch
        Blocks an update; the preset's own unless given.
    """

    updates: int = UPDATES
    minutes: float | None = None
    batch: int | None = None


QUICK = Length(updates=2, batch=2)
"""To see that it runs."""


@dataclass(frozen=True)
class TrainedModel:
    """A model file, and how far its training came; None where the file stood without a note of it."""

    path: Path
    updates: int | None
    minutes: float | None


def trained_model(
    case: Case,
    preset_name: str,
    paths: Sequence[Path],
    folder: Path,
    length: Length,
    report: Callable[[TrainingProgress], None] | None = None,
) -> TrainedModel:
    """Return `folder`/<case>_<preset>.safetensors: as it stands, gone on with, or trained from the start.

    A file without a checkpoint beside it is finished, and used as it is. :data:`ADAPTED` starts from its
    shipped network, and learns for 300 updates at most.

    Parameters
    ----------
    case, preset_name
        Which model.
    paths
        Files of the steps that it learns from.
    folder
        Where models are.
    length
        How long to train.
    report
        Told how training goes.

    Raises
    ------
    IdlatError
        If a checkpoint there is another run's.
    """
    if not find_preset(preset_name).recipe:  # fitted to each field as it is compressed
        path = shipped_file(preset_name)
        assert path is not None
        return TrainedModel(path, 0, 0.0)
    path = folder / f"{case.dataset}_{preset_name}.safetensors"
    note, checkpoint = path.with_suffix(".json"), path.with_name(path.name + ".ckpt")
    if path.exists() and not checkpoint.exists():
        return _noted(path, note)
    start_from = None
    if preset_name == ADAPTED:
        start_from, length = ADAPTED, replace(length, updates=min(length.updates, _ADAPTING_UPDATES))
    weights: dict[str, Any] = {}
    if find_preset(preset_name).adjustable:
        weights = {
            "importance_range": case.importance_range,
            "distortion_weight": case.distortion_weight,
        }
    done = train(
        [open_field(each, case.variable) for each in paths],
        path,
        preset_name=preset_name,
        steps=length.updates,
        batch=length.batch,
        start_from=start_from,
        limit=length.minutes,
        resume=checkpoint.exists(),
        report=report,
        **weights,
    )
    found = TrainedModel(path, done.steps, done.seconds / 60)
    kept = {name: value for name, value in asdict(found).items() if name != "path"}
    write_whole(note, json.dumps(kept, indent=2) + "\n")
    return found


def _noted(path: Path, note: Path) -> TrainedModel:
    if not note.exists():
        return TrainedModel(path, None, None)
    try:
        kept = json.loads(note.read_text())
        return TrainedModel(path, kept.get("updates"), kept.get("minutes"))
    except (ValueError, AttributeError, RecursionError):  # no note, then
        return TrainedModel(path, None, None)
