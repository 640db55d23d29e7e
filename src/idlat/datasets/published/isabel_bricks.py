"""Hurricane Isabel, as the IEEE Visualization 2004 contest publishes it: bricks of big-endian floats.

Sizes, ranges, places and names are those of the contest's page
(http://vis.computer.org/vis2004contest/data.html) and, for QRAIN, of the readme beside the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from idlat.datasets.published.known_range import KnownRange, value_range
from idlat.datasets.published.published_file import PublishedFile, headerless
from idlat.errors import FieldError

LAND = np.float32(1e35)
_SHAPE = (100, 500, 500)
_STEPS = 48
_BRICK = re.compile(r"([A-Z]+)f(\d\d)\.bin(\.gz)?")
_GROUND = re.compile(r"HGTdata\.bin(\.gz)?")
_NAMES = re.compile(r"[A-Z]+f\d\d\.bin(\.gz)?|HGTdata\.bin(\.gz)?")
_CONTEST = "the contest's page"
_ROUNDING = 0.5e-5


def _range(low: float, high: float, least: float) -> KnownRange:
    """A hundredth beyond either end, and half of the last digit that the page gives.

    The page does not say over which of the 48 steps its ranges are, and gives five decimals. A mixing ratio
    is never negative.
    """
    slack = 0.01 * (high - low) + _ROUNDING
    return KnownRange(low, high, 0.0 if low == 0 else slack, slack, least, _CONTEST)


_WATER, _AIR = 0.0, 0.05  # a step may be almost free of ice; pressure, heat and wind always vary
_VARIABLES = {
    "QCLOUD": ("cloud water mixing ratio", "kg kg-1", _range(0, 0.00332, _WATER)),
    "QGRAUP": ("graupel mixing ratio", "kg kg-1", _range(0, 0.01638, _WATER)),
    "QICE": ("cloud ice mixing ratio", "kg kg-1", _range(0, 0.00099, _WATER)),
    "QRAIN": ("rain mixing ratio", "kg kg-1", _range(0, 0.01132, _WATER)),
    "QSNOW": ("snow mixing ratio", "kg kg-1", _range(0, 0.00135, _WATER)),
    "QVAPOR": ("water vapour mixing ratio", "kg kg-1", _range(0, 0.02368, _WATER)),
    "CLOUD": ("total cloud mixing ratio (QCLOUD + QICE)", "kg kg-1", _range(0, 0.00332, _WATER)),
    "PRECIP": (
        "total precipitation mixing ratio (QGRAUP + QRAIN + QSNOW)",
        "kg kg-1",
        _range(0, 0.01672, _WATER),
    ),
    "P": ("pressure perturbation", "Pa", _range(-5471.85791, 3225.42578, _AIR)),
    "TC": ("temperature", "degC", _range(-83.00402, 31.51576, _AIR)),
    "U": ("wind speed to the east", "m s-1", _range(-79.47297, 85.17703, _AIR)),
    "V": ("wind speed to the north", "m s-1", _range(-76.03391, 82.95293, _AIR)),
    "W": ("upward wind speed", "m s-1", _range(-9.06026, 28.61434, _AIR)),
}
# No range of it is published: the lowest and the highest land of the Earth.
_HEIGHTS = KnownRange(-500, 9000, 0, 0, 0, "land of the Earth, in metres")


def isabel_files(paths: Sequence[Path]) -> Iterator[PublishedFile]:
    """Give the bricks at paths; of a folder, those in it.

    Raises
    ------
    FieldError
        If a file's name is none of the contest's.
    """
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        bricks = [file for file in inside if not path.is_dir() or _NAMES.fullmatch(file.name)]
        if not bricks:
            raise FieldError(f"{path}: holds no file such as Pf01.bin.gz or HGTdata.bin.gz")
        yield from map(_brick, bricks)


def _brick(path: Path) -> PublishedFile:
    if _GROUND.fullmatch(path.name):
        return PublishedFile(path, "HGT", partial(_ground, path))
    named = _BRICK.fullmatch(path.name)
    if named is None or named[1] not in _VARIABLES or not 1 <= int(named[2]) <= _STEPS:
        raise FieldError(
            f"{path}: no name of the contest's: expected VARfNN.bin or VARfNN.bin.gz, VAR one of "
            f"{', '.join(_VARIABLES)} and NN from 01 to {_STEPS}, or HGTdata.bin.gz"
        )
    variable, step = named[1], int(named[2])
    return PublishedFile(path, f"{variable}_{step:02d}", partial(_field, path, variable, step))


def _field(path: Path, variable: str, step: int, check: bool) -> xr.DataArray:
    name, unit, known = _VARIABLES[variable]
    values = headerless(path, _SHAPE, ">f4")
    land = values == LAND
    (known.check if check else value_range)(values[~land], path, variable)
    values[land] = np.nan
    time = xr.Variable((), np.float64(step), {"long_name": "time since the start", "units": "h"})
    coords = {**_plane(), "z": _axis("z", 0.035, 19.835, "height"), "time": time}
    field = xr.DataArray(values, coords, ("z", "y", "x"), variable, {"long_name": name, "units": unit})
    field.encoding["_FillValue"] = LAND
    return field


def _ground(path: Path, check: bool) -> xr.DataArray:
    values = headerless(path, (1, *_SHAPE[1:]), ">f4")
    (_HEIGHTS.check if check else value_range)(values, path, "HGT")
    attrs = {"long_name": "height of the ground", "units": "m"}
    coords = {**_plane(), "z": xr.Variable("z", [0.0], {"units": "km"})}
    return xr.DataArray(values, coords, ("z", "y", "x"), "HGT", attrs)


def _plane() -> dict[str, xr.Variable]:
    """Kilometres from the south-west corner, and degrees. The east-west ones hold at the southern edge."""
    return {
        "y": _axis("y", 0.0, 2004.0, "distance to the north"),
        "x": _axis("x", 0.0, 2139.0, "distance to the east"),
        "latitude": _axis("y", 23.7, 41.7, "latitude", "degrees_north"),
        "longitude": _axis("x", -83.0, -62.0, "longitude", "degrees_east"),
    }


def _axis(dim: str, start: float, stop: float, name: str, unit: str = "km") -> xr.Variable:
    count = dict(zip("zyx", _SHAPE, strict=True))[dim]
    return xr.Variable(dim, np.linspace(start, stop, count), {"long_name": name, "units": unit})
