"""The vortex series of the paper: headerless little-endian floats, a file a step."""

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

_SHAPE = (128, 128, 128)
_NAME = re.compile(r"vorts(\d+)\.data(\.gz)?")
# The paper's range is that of the steps it trained on. Those of other steps may turn twice as fast; a
# magnitude is never negative. Files in the other byte order hold values of any size.
_RANGE = KnownRange(0.005305924, 10.520865, 0.005305924, 10.520865, 0.25, "the paper's steps")


def vortex_files(paths: Sequence[Path]) -> Iterator[PublishedFile]:
    """Give the volumes at paths; of a folder, those in it.

    Raises
    ------
    FieldError
        If a file's name is none of the series'.
    """
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        files = [file for file in inside if not path.is_dir() or _NAME.fullmatch(file.name)]
        if not files:
            raise FieldError(f"{path}: holds no file such as vorts01.data")
        yield from map(_volume, files)


def _volume(path: Path) -> PublishedFile:
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise FieldError(f"{path}: no name of the series: expected vortsNN.data, such as vorts01.data")
    step = int(named[1])
    return PublishedFile(path, f"vorticity_{step:02d}", partial(_field, path, step))


def _field(path: Path, step: int, check: bool) -> xr.DataArray:
    values = headerless(path, _SHAPE, "<f4")
    (_RANGE.check if check else value_range)(values, path, "vorticity")
    coords = {
        **{
            dim: (dim, np.arange(size, dtype=np.float64), {"units": "cells"})
            for dim, size in zip("zyx", _SHAPE, strict=True)
        },
        "time": ((), np.float64(step), {"long_name": "step"}),
    }
    attrs = {"long_name": "vorticity magnitude"}
    return xr.DataArray(values, coords, ("z", "y", "x"), "vorticity", attrs)
