"""What the figures show: the volumes and maps of Table 2, and how each is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from idlat.fields import open_field
from idlat.render import Viewpoint
from idlat.reproduce.cases import CASES, Case
from idlat.reproduce.figures.pictures import Picture, Scale, SurfacePicture, VolumePicture, look_of
from idlat.reproduce.scenes import PaperScene, scenes_of

__all__ = ["FIGURE_CASES", "Subject", "subjects_of"]

FIGURE_CASES = dict(zip(("figure6", "figure7", "figure8"), CASES, strict=True))
"""Which data each figure shows."""

_OPACITY = np.linspace(0.0, 1.0, 32)


@dataclass(frozen=True)
class Subject:
    """A row of a figure.

    Parameters
    ----------
    case, scene
        The data set, and the volume under a map.
    field
        The original volume.
    picture
        How it is drawn.
    """

    case: Case
    scene: PaperScene
    field: xr.DataArray
    picture: Picture


def subjects_of(case: Case, unseen: Sequence[Path]) -> list[Subject]:
    """Return the rows of a case's figure: one for each row of Table 2 (Sect. 6.2)."""
    fields = {path: open_field(path, case.variable).load() for path in unseen}
    span = max(float(np.nanmax(field.values) - np.nanmin(field.values)) for field in fields.values())
    return [
        Subject(case, scene, fields[scene.path], _picture(case, scene, fields[scene.path], span))
        for scene in scenes_of(case, list(unseen))
    ]


def _picture(case: Case, scene: PaperScene, field: xr.DataArray, span: float) -> Picture:
    """Draw a surface where the map is about one; else the volume, dense matter or low pressure foremost.

    Errors are drawn up to a part of `span`, the largest range of all rows.
    """
    if scene.isovalue is not None:
        return SurfacePicture(scene.isovalue, Viewpoint())
    if case.dataset == "cosmology":
        low, high = np.percentile(field.values, [5, 99.9])
        look = look_of("viridis", float(low), float(high), 0.3 * _OPACITY**2)
        return VolumePicture(look, _error_scale(0.1 * span, "log density"), Viewpoint())
    low, high = np.nanpercentile(field.values, [0.05, 99])
    look = look_of("viridis", float(low), float(high), 0.25 * (1 - _OPACITY) ** 1.5)
    view = Viewpoint(elevation=40.0, size=(480, 330), zoom=1.35)
    return VolumePicture(look, _error_scale(0.02 * span, "pressure, Pa"), view)


def _error_scale(high: float, what: str) -> Scale:
    """Return a scale of errors up to `high`, rounded up to one digit."""
    digit = 10.0 ** math.floor(math.log10(high)) if high > 0 else 1.0
    return Scale("magma_r", math.ceil(high / digit) * digit, f"absolute error, {what}")
