"""What one model makes of one row of Table 2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from idlat.archive import Archive, compress, evaluate
from idlat.errors import TargetError
from idlat.fields import fill_values_of
from idlat.fields.arrays.missing_values import VALID, valid_mask
from idlat.importance import parse
from idlat.reproduce.scenes import PaperScene

if TYPE_CHECKING:
    from idlat.model import LatentModel

MARGINS = (2.0, 0.5, 0.15)
"""How far above the paper network's PSNR, in dB, `default` is asked to be: the first that is also smaller."""

_OUTSIDE = 0.5  # importance below which a voxel counts as outside


@dataclass(frozen=True)
class Score:
    """PSNR in dB by Eq. 13 and as the released code scores, sizes, and the error where I < 0.5.

    Parameters
    ----------
    psnr, psnr_released
        dB; None where there is no error or no weight.
    lsr, lsr_everything
        Original bytes over those of the streams, and over all of the archive with its model.
    outside
        Root of the mean squared error where I < 0.5, over the range of the values; None where I nowhere is.
    gain
        g of the archive; 0 for the presets without.
    """

    psnr: float | None
    psnr_released: float | None
    lsr: float | None
    lsr_everything: float | None
    outside: float | None
    gain: float

    def beats(self, other: Score) -> bool:
        """Whether this is better in PSNR and in size at once."""
        if None in (self.psnr, other.psnr, self.lsr, other.lsr):
            return False
        return (self.psnr or 0) > (other.psnr or 0) and (self.lsr or 0) > (other.lsr or 0)


def score(field: xr.DataArray, scene: PaperScene, model: LatentModel, path: Path) -> Score:
    """Compress a field with a model of one quality, and measure."""
    with compress(field, path, scene.importance, model, mode="w") as archive:
        return _measured(archive, field, scene)


def score_default(
    field: xr.DataArray,
    scene: PaperScene,
    model: LatentModel,
    path: Path,
    against: Score,
    *,
    quality: float | None,
) -> Score:
    """Compress at a quality that should beat `against` on both axes, and measure.

    Without `quality` the lowest is tried first, since nothing is smaller; if its PSNR falls short, the
    quality is searched for that gives the PSNR of `against` and a margin, the smaller margin only where the
    larger costs more bytes than `against` takes.
    """
    found = score_at_quality(field, scene, model, path, 0.0 if quality is None else quality)
    if quality is not None or found.beats(against) or against.psnr is None:
        return found
    for margin in MARGINS:
        wanted = against.psnr + margin
        with compress(field, path, scene.importance, model, psnr=wanted, mode="w") as archive:
            found = _measured(archive, field, scene)
        if found.beats(against):
            break
    return found


def score_equal_size(
    field: xr.DataArray, scene: PaperScene, model: LatentModel, path: Path, against: Score
) -> Score | None:
    """Compress to the LSR of `against`, within 2 %, and measure; None where that cannot be."""
    if against.lsr is None:
        return None
    try:
        with compress(field, path, scene.importance, model, ratio=against.lsr, mode="w") as archive:
            return _measured(archive, field, scene)
    except TargetError:  # a row less, rather than an end of what hours of training led to
        return None


def score_at_quality(
    field: xr.DataArray, scene: PaperScene, model: LatentModel, path: Path, quality: float
) -> Score:
    """Compress at a quality, and measure."""
    with compress(field, path, scene.importance, model, quality=quality, mode="w") as archive:
        return _measured(archive, field, scene)


def _measured(archive: Archive, field: xr.DataArray, scene: PaperScene) -> Score:
    own = evaluate(archive, field)
    released = own if scene.released == scene.importance else evaluate(archive, field, scene.released)
    return Score(
        psnr=own.wpsnr,
        psnr_released=released.wpsnr,
        lsr=own.lsr,
        lsr_everything=own.lsr_everything,
        outside=_outside(archive, field, scene),
        gain=archive.gain,
    )


def _outside(archive: Archive, field: xr.DataArray, scene: PaperScene) -> float | None:
    values = np.asarray(field.values, np.float64)
    valid = valid_mask(field.values, fill_values_of(field)) == VALID
    away = valid & (parse(scene.importance).evaluate(field).values < _OUTSIDE)
    if not away.any():
        return None
    span = float(np.ptp(values[valid])) or 1.0
    error = archive.decode().values[away] - values[away]
    return float(np.sqrt(np.mean(np.square(error)))) / span
