"""What the figures show: volumes, importance as in the paper's Sect. 6.2, and how each is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields import open_field
from idlat.render import View
from idlat.reproduce.cases import CASES, Case
from idlat.reproduce.figures.pictures import Picture, Scale, SurfacePicture, VolumePicture, look_of

__all__ = ["Subject", "cosmology_subjects", "hurricane_subjects", "vortex_subjects"]

_VORTEX, _COSMOLOGY, _HURRICANE = CASES

_VORTEX_STEP = 6
_MEMBERS = (3, 6)
"""Those of seven that `prepare` gives no training blocks from; the last two of a smaller ensemble."""

_VORTEX_RANGE = (0.0053, 10.5209)
_NYX_RANGE = (8.7737, 12.799)
"""Smallest and largest value of the paper's data: ours lie elsewhere, so its values are taken as parts."""

_ISOVALUES = (5.0, 6.0, 7.0, 8.0)
_REFERENCES = (9.9, 10.2, 10.5)
_EYE_RADII = 2.0
_OPACITY = np.linspace(0.0, 1.0, 32)


@dataclass(frozen=True)
class Subject:
    """A row of a figure.

    Parameters
    ----------
    case
        The data set.
    label
        What is said of the row.
    field
        The original volume.
    importance
        An expression.
    picture
        How it is drawn.
    """

    case: Case
    label: str
    field: xr.DataArray
    importance: str
    picture: Picture


def vortex_subjects(paths: Sequence[Path]) -> list[Subject]:
    """Figure 6: isosurfaces of step 6 under four maps of the distance to them (Eq. 15)."""
    field = _open(paths[min(_VORTEX_STEP, len(paths) - 1)], _VORTEX)
    rows = []
    for paper in _ISOVALUES:
        isovalue = round(_ours(paper, _VORTEX_RANGE, field.values), 2)
        picture = SurfacePicture(isovalue, View())
        label = f"isosurface {isovalue:g} (paper's {paper:g})"
        rows.append(Subject(_VORTEX, label, field, f"isosurface({isovalue}, decay=0.2)", picture))
    return rows


def cosmology_subjects(paths: Sequence[Path]) -> list[Subject]:
    """Figure 7: volumes of two members under three maps of what exceeds a log density (Eq. 16)."""
    rows = []
    for number in (min(member, len(paths) - 2 + at) for at, member in enumerate(_MEMBERS)):
        field = _open(paths[number], _COSMOLOGY)
        low, high = np.percentile(field.values, [5, 99.9])
        look = look_of("viridis", float(low), float(high), 0.3 * _OPACITY**2)
        picture = VolumePicture(look, _error_scale(field, 0.1, "log density"), View())
        for paper in _REFERENCES:
            reference = round(_ours(paper, _NYX_RANGE, field.values), 2)
            label = f"member {number}, > {reference:g} (paper's {paper:g})"
            rows.append(Subject(_COSMOLOGY, label, field, f"value > {reference}", picture))
    return rows


def hurricane_subjects(paths: Sequence[Path]) -> list[Subject]:
    """Figure 8: the volume of the first step under a box around the eye (Eq. 17)."""
    field = _open(paths[0], _HURRICANE)
    low, high = np.nanpercentile(field.values, [0.05, 99])
    look = look_of("viridis", float(low), float(high), 0.25 * (1 - _OPACITY) ** 1.5)
    picture = VolumePicture(look, _error_scale(field, 0.02, "pressure, Pa"), View(elevation=40.0))
    return [Subject(_HURRICANE, "box around the eye", field, eye_box(paths[0], field), picture)]


SUBJECTS: dict[str, tuple[Case, Callable[[Sequence[Path]], list[Subject]]]] = {
    "figure6": (_VORTEX, vortex_subjects),
    "figure7": (_COSMOLOGY, cosmology_subjects),
    "figure8": (_HURRICANE, hurricane_subjects),
}


def eye_box(path: Path, field: xr.DataArray) -> str:
    """Return the box of the hurricane's eye, twice the radius of its wall to each side, at every height."""
    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        radius = float(dataset.attrs["eyewall_radius"])
        centre = {axis: float(dataset.attrs[f"eye_{axis}"]) for axis in "yx"}
    spans = []
    for axis in "yx":
        near = np.flatnonzero(np.abs(field[axis].values - centre[axis]) <= _EYE_RADII * radius)
        spans.append(f"{axis}={near[0]}:{near[-1] + 1}")
    return f"box(z=0:{field.sizes['z']}, {', '.join(spans)})"


def _open(path: Path, case: Case) -> xr.DataArray:
    return open_field(path, case.variable).load()


def _ours(value: float, paper: tuple[float, float], values: NDArray[Any]) -> float:
    """Return the value that lies in our data where the paper's lies in its own."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return low + (value - paper[0]) / (paper[1] - paper[0]) * (high - low)


def _error_scale(field: xr.DataArray, part: float, what: str) -> Scale:
    """Return a scale of errors up to a part of the field's range, rounded up to one digit."""
    high = part * float(np.nanmax(field.values) - np.nanmin(field.values))
    digit = 10.0 ** math.floor(math.log10(high)) if high > 0 else 1.0
    return Scale("magma_r", math.ceil(high / digit) * digit, f"absolute error, {what}")
