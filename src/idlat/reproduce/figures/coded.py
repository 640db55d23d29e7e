"""Reconstructions of a volume by the models that a figure compares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xarray as xr
from numpy.typing import NDArray

from idlat.archive import compress, evaluate
from idlat.reproduce.cases import Case

__all__ = ["PRESETS", "Coded", "code", "model_files"]

PRESETS = ("baseline", "paper", "default")
"""In the order of the columns."""

_QUALITY = 50.0  # of the default model; the others have none


@dataclass(frozen=True)
class Coded:
    """A reconstruction.

    Parameters
    ----------
    preset
        Of the model.
    values
        ``(z, y, x)``.
    lsr, wpsnr, psnr
        The latent size ratio (Eq. 12), and dB with the map and without (Eq. 13, 14).
    """

    preset: str
    values: NDArray[Any]
    lsr: float | None
    wpsnr: float | None
    psnr: float | None


def model_files(models: Path, case: Case) -> dict[str, Path | None]:
    """Return the models of a case that a folder holds, ``<dataset>_<preset>.safetensors``.

    Where there is no default one, None stands for the one that the package ships.
    """
    files: dict[str, Path | None] = {}
    for preset in PRESETS:
        path = models / f"{case.dataset}_{preset}.safetensors"
        if path.is_file():
            files[preset] = path
        elif preset == "default":
            files[preset] = None
    return files


def code(field: xr.DataArray, importance: str, preset: str, model: Path | None) -> Coded:
    """Compress a field with a model and decode it again."""
    quality = _QUALITY if preset == "default" else None
    with TemporaryDirectory() as folder:
        archive = compress(field, Path(folder) / "a.idlat", importance, model, quality=quality)
        result = evaluate(archive, field)
        return Coded(preset, archive.decode().values, result.lsr, result.wpsnr, result.psnr)
