"""The original field: the variables of an archive found in its files, values with NaN where missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive import FieldReader
from idlat.fields import FieldPath, list_variables, locate, nan_where_missing, open_field

__all__ = ["Given", "OriginalStep", "magnitudes", "open_fields", "reading_words"]

Real = NDArray[np.float32]
Given = str | Path | Sequence[str | Path] | xr.DataArray | xr.Dataset | None
"""A field: a file, the files of a series, or what is open already."""


def open_fields(
    variables: Sequence[str], given: Given, how: Mapping[str, Any]
) -> tuple[list[xr.DataArray], tuple[FieldPath, ...]]:
    """Open an archive's variables lazily, from files, a dataset or an array.

    Parameters
    ----------
    variables
        Their names in the archive.
    given
        A file, files that are the steps of a series, or what is open already.
    how
        How files are read, as keywords of :func:`idlat.open_field`.

    Returns
    -------
    fields, paths
        One field for each variable, none where nothing was given; the files that were read.

    Raises
    ------
    IdlatError
        A file cannot be read.
    """
    if given is None:
        return [], ()
    if isinstance(given, xr.DataArray):
        return [given], ()
    if isinstance(given, xr.Dataset):
        return [given[name] for name in given.data_vars if str(name) in variables], ()
    paths = locate(given)
    form = how.get("format")
    present = [{name.rsplit("/", 1)[-1] for name in list_variables(path, format=form)} for path in paths]
    # a single variable may be called otherwise: the steps of a series are called each by its own file
    named = len(variables) > 1 or all(variables[0] in names for names in present)
    return [open_field(paths, name if named else None, **how) for name in variables], tuple(paths)


def reading_words(how: Mapping[str, Any]) -> list[str]:
    """Write how files are read as options of the command line.

    Examples
    --------
    >>> reading_words({"shape": (4, 5, 6), "dtype": "float32", "offset": 0, "format": None})
    ['--shape', '4,5,6', '--dtype', 'float32']
    """
    defaults = {"offset": 0, "byte_order": "little"}
    given = {key: value for key, value in how.items() if value is not None and value != defaults.get(key)}
    texts = {
        key: ",".join(map(str, value)) if isinstance(value, list | tuple) else f"{value}"
        for key, value in given.items()
    }
    return [word for key, text in texts.items() for word in (f"--{key.replace('_', '-')}", text)]


def magnitudes(parts: NDArray[Any], fills: Iterable[float] = ()) -> Real:
    """Return values (components, z, y, x) of one component as they are, of several their length.

    NaN where any is missing.

    Examples
    --------
    >>> magnitudes(np.array([3, 4, -9, 4]).reshape(2, 1, 1, 2), [-9]).tolist()
    [[[nan, 5.656854152679443]]]
    """
    known = nan_where_missing(parts, fills, np.float32)
    if len(known) == 1:
        return np.asarray(known[0])
    length: Real = np.sqrt((known.astype(np.float64) ** 2).sum(axis=0)).astype(np.float32)
    return length


class OriginalStep:
    """One step of a field; slices of z, y, x read float32, NaN where missing.

    Parameters
    ----------
    reader
        Of the variable.
    step
        Which step.
    fills
        Values that stand for a missing one.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, reader: FieldReader, step: int, fills: Sequence[float]) -> None:
        self.reader, self.fills = reader, fills
        self.frames = range(step * reader.components, (step + 1) * reader.components)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y, x."""
        return self.reader.volume

    def __getitem__(self, key: slice | tuple[slice, ...]) -> Real:
        """Read a box, or whole layers."""
        parts = key if isinstance(key, tuple) else (key,)
        box = (*parts, *(slice(None),) * (3 - len(parts)))
        return magnitudes(np.stack([self.reader.frame(frame)[box] for frame in self.frames]), self.fills)
