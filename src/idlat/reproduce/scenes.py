"""The rows of the paper's Table 2: which unseen volume, under which map, and what the paper states of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from idlat.fields import fill_values_of, open_field
from idlat.fields.arrays.missing_values import VALID, valid_mask
from idlat.reproduce.cases import Case

DECAY, RELEASED_DECAY = 0.2, 3.0
"""Of isosurface maps (Eq. 15), and of those that the released code scores with."""

_EYE = 1 / 10  # half the width of the box round the eye over the width of the field


@dataclass(frozen=True)
class Stated:
    """What the paper states of a row: PSNR in dB and LSR of its network and of the baseline."""

    psnr: float
    psnr_baseline: float
    lsr: float
    lsr_baseline: float = 7.3143


@dataclass(frozen=True)
class PaperScene:
    """A volume under a map.

    Parameters
    ----------
    path
        Its file.
    label
        What the map is, in a few words.
    importance
        The map, an expression.
    released
        The map that the released code scores with.
    stated
        The paper's figures.
    isovalue
        Of the surface that an isosurface map is about, else None.
    """

    path: Path
    label: str
    importance: str
    released: str
    stated: Stated
    isovalue: float | None = None


_VORTEX_RANGE, _NYX_RANGE = (0.0053, 10.5209), (8.7737, 12.7990)
_VORTEX = {
    5.0: Stated(34.3987, 35.4927, 107.3825),
    6.0: Stated(33.9121, 35.2154, 109.8901),
    7.0: Stated(33.2551, 34.5266, 111.849),
    8.0: Stated(33.9757, 34.2463, 113.6767),
}
_NYX = (
    {
        9.9: Stated(33.8422, 35.2382, 209.4241),
        10.2: Stated(30.9899, 31.0386, 218.8783),
        10.5: Stated(28.2268, 27.1545, 225.6700),
    },
    {
        9.9: Stated(31.3774, 32.2409, 172.5998),
        10.2: Stated(29.0695, 29.2020, 179.3722),
        10.5: Stated(26.761, 26.1568, 188.2353),
    },
)
_ISABEL = Stated(44.9749, 44.6605, 199.1288)


def scenes_of(case: Case, unseen: list[Path]) -> list[PaperScene]:
    """Return the rows of a case; isovalues and thresholds lie at the paper's fractions of the range."""
    if case.dataset == "vortex":
        return _isosurfaces(case, unseen[0])
    if case.dataset == "cosmology":
        return [
            scene
            for member, (path, stated) in enumerate(zip(unseen, _NYX, strict=True), start=1)
            for scene in _thresholds(case, path, stated, member)
        ]
    return [_eye(case, unseen[0])]


def _isosurfaces(case: Case, path: Path) -> list[PaperScene]:
    values = _at_fractions(open_field(path, case.variable), tuple(_VORTEX), _VORTEX_RANGE)
    return [
        PaperScene(
            path,
            f"iso {value:.4g} (paper {paper:g})",
            f"isosurface({value:.6g}, decay={DECAY:g})",
            f"isosurface({value:.6g}, decay={RELEASED_DECAY:g})",
            stated,
            value,
        )
        for value, (paper, stated) in zip(values, _VORTEX.items(), strict=True)
    ]


def _thresholds(case: Case, path: Path, stated: dict[float, Stated], member: int) -> list[PaperScene]:
    values = _at_fractions(open_field(path, case.variable), tuple(stated), _NYX_RANGE)
    scenes = []
    for value, (paper, figures) in zip(values, stated.items(), strict=True):
        above = f"value > {value:.6g}"
        label = f"m{member}, log den > {value:.4g} (paper {paper:g})"
        scenes.append(PaperScene(path, label, above, above, figures))
    return scenes


def _eye(case: Case, path: Path) -> PaperScene:
    """A box round the eye, whose place the file's attributes state in the coordinates' unit."""
    field = open_field(path, case.variable)
    with xr.open_dataset(path) as dataset:
        places = {**dataset.attrs, **field.attrs}
    spans = []
    for axis in "yx":
        at = int(np.abs(field[axis].values - float(places[f"eye_{axis}"])).argmin())
        length = field.sizes[axis]
        half = max(1, round(_EYE * length))
        spans.append(f"{axis}={max(0, at - half)}:{min(length, at + half)}")
    box = f"box({', '.join(spans)})"
    return PaperScene(path, "hurricane eye", box, box, _ISABEL)


def _at_fractions(field: xr.DataArray, values: tuple[float, ...], span: tuple[float, float]) -> list[float]:
    """Where values of the paper's range lie in a field's.

    >>> field = xr.DataArray([[[0.0, 4.0]]], dims=("z", "y", "x"))
    >>> _at_fractions(field, (2.5,), (2.0, 4.0))
    [1.0]
    """
    known = field.values[valid_mask(field.values, fill_values_of(field)) == VALID]
    low, high = float(known.min()), float(known.max())
    return [low + (value - span[0]) / (span[1] - span[0]) * (high - low) for value in values]
