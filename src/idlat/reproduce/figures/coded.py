"""Reconstructions of a volume by the models that a figure compares, under the maps of Table 2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import xarray as xr
from numpy.typing import NDArray

from idlat.archive import open_archive
from idlat.model import load_model
from idlat.reproduce.cases import Case
from idlat.reproduce.models import PRESETS
from idlat.reproduce.scenes import PaperScene
from idlat.reproduce.scoring import Score, score, score_at_quality, score_equal_size

if TYPE_CHECKING:
    from idlat.model import LatentModel

__all__ = ["Coded", "code", "find_models"]

_QUALITY = 50.0  # of the default model where no network of the paper's stands beside it


@dataclass(frozen=True)
class Coded:
    """A reconstruction `values` (z, y, x) by the model of a preset, and its score."""

    preset: str
    values: NDArray[Any]
    score: Score


def find_models(models: Path, case: Case) -> tuple[dict[str, LatentModel], list[str]]:
    """Load the models of a case, ``<dataset>_<preset>.safetensors`` in a folder that Table 2 has filled.

    Returns
    -------
    found, absent
        Models by preset, the shipped one where there is no default, and the names of those not there.
    """
    names = {preset: f"{case.dataset}_{preset}.safetensors" for preset in PRESETS}
    absent = [name for name in names.values() if not (models / name).is_file()]
    found = {p: load_model(models / name) for p, name in names.items() if name not in absent}
    return {**found, "default": found.get("default", load_model())}, absent


def code(field: xr.DataArray, scene: PaperScene, models: dict[str, LatentModel]) -> list[Coded]:
    """Compress a field with each model and decode it again.

    Where the paper's network is among them, the default model is given its LSR: errors compare at equal size.
    """
    done: list[Coded] = []
    for preset, model in models.items():
        with TemporaryDirectory() as folder:
            path = Path(folder) / "a.idlat"
            if preset == "default":
                paper = next((one.score for one in done if one.preset == "paper"), None)
                found = _score_default(field, scene, model, path, paper)
            else:
                found = score(field, scene, model, path)
            with open_archive(path, model) as archive:
                done.append(Coded(preset, archive.decode().values, found))
    return done


def _score_default(
    field: xr.DataArray, scene: PaperScene, model: LatentModel, path: Path, paper: Score | None
) -> Score:
    equal = None if paper is None else score_equal_size(field, scene, model, path, paper)
    return equal or score_at_quality(field, scene, model, path, _QUALITY)
