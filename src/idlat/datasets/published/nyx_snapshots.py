"""Snapshots of Nyx: AMReX plotfiles, and HDF5 with ``native_fields/baryon_density``.

A plotfile has the density in solar masses a cubic comoving megaparsec. The HDF5 files have it in units of its
mean, and ``omega_b`` and ``hubble`` in the attributes of ``universe``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from idlat.datasets.published.known_range import KnownRange, value_range
from idlat.datasets.published.published_file import PublishedFile
from idlat.errors import FieldError, MissingFileError
from idlat.fields import list_variables, open_field

_SHAPE = (256, 256, 256)
_HDF5 = (".h5", ".hdf5", ".hdf")
_UNIT = "log10(Msun Mpc-3)"
_CRITICAL = 2.77536627e11
"""Critical density today, in h² solar masses a cubic megaparsec."""
# One decade either way: the paper's range is that of its members. Voids and the densest cell depend on the
# parameters of the universe and on the redshift; a field without logarithm or of another unit is far off.
_RANGE = KnownRange(8.773703, 12.799037, 1.0, 1.0, 0.25, "log10 of the density in the paper")
_NAMES = ("density", "native_fields/baryon_density")


def nyx_files(paths: Sequence[Path]) -> Iterator[PublishedFile]:
    """Give the snapshots at paths; of a folder that is no plotfile, those in it.

    Raises
    ------
    MissingFileError, FieldError
        If a path does not exist, is no snapshot, or a folder holds none.
    """
    found = [snapshot for path in paths for snapshot in _snapshots(path)]
    stems = Counter(_stem(path) for path in found)
    for path in found:  # the members of an ensemble have folders of their own, and plotfiles of one name
        stem = _stem(path) if stems[_stem(path)] == 1 else f"{path.absolute().parent.name}_{_stem(path)}"
        yield PublishedFile(path, f"log_density_{stem}", partial(_field, path))


def _stem(path: Path) -> str:
    return path.stem if path.suffix in _HDF5 else path.name


def _snapshots(path: Path) -> list[Path]:
    if not path.exists():
        raise MissingFileError(f"{path}: no such file or folder")
    if _is_snapshot(path):
        return [path]
    inside = sorted(filter(_is_snapshot, path.iterdir())) if path.is_dir() else []
    if not inside:
        raise FieldError(
            f"{path}: no snapshot of Nyx: expected a plotfile (a folder with a Header), an HDF5 file "
            f"({', '.join(_HDF5)}), or a folder of them"
        )
    return inside


def _is_snapshot(path: Path) -> bool:
    return (path / "Header").is_file() if path.is_dir() else path.suffix in _HDF5


def _field(path: Path, check: bool) -> xr.DataArray:
    names = list_variables(path)
    name = next((wanted for wanted in _NAMES if wanted in names), None)
    if name is None:
        raise FieldError(f"{path}: has no {' and no '.join(_NAMES)}: it has {', '.join(names[:8])}")
    field = open_field(path, name)
    if field.dims != ("z", "y", "x"):
        raise FieldError(f"{path}: {name} has the axes {', '.join(map(str, field.dims))}: expected z, y, x")
    if check and field.shape != _SHAPE:
        found, known = ("×".join(map(str, shape)) for shape in (field.shape, _SHAPE))
        raise FieldError(
            f"{path}: {name} has {found} cells, expected {known} as in the paper; --no-check imports it"
        )
    values = np.asarray(field.values, np.float64)
    low, _ = value_range(values, path, name)
    if low <= 0:
        raise FieldError(f"{path}: {name} has a value of {low:.7g}: a density is above 0")
    values = np.log10(values * _unit(path, float(values.mean()))).astype(np.float32)
    if check:
        _RANGE.check(values, path, "log10 of the density")
    attrs = {"long_name": "log10 of the gas density", "units": _UNIT}
    coords = {key: coord.variable for key, coord in field.coords.items()}
    return xr.DataArray(values, coords, field.dims, "log_density", attrs)


def _unit(path: Path, mean: float) -> float:
    """What to multiply the values by: the mean density where theirs is 1, else nothing.

    Raises
    ------
    FieldError
        If the mean is 1 and the file does not say the universe's density.
    """
    if not 0.5 < mean < 2.0:
        return 1.0
    universe = _universe(path)
    try:
        return float(universe["omega_b"]) * float(universe["hubble"]) ** 2 * _CRITICAL
    except (KeyError, TypeError, ValueError):
        raise FieldError(
            f"{path}: the density is in units of its mean (which is {mean:.3g}), and the file lacks omega_b "
            "or hubble among the attributes of /universe"
        ) from None


def _universe(path: Path) -> Mapping[str, Any]:
    if path.is_dir():
        return {}
    import h5py

    with h5py.File(path) as file:
        group = file.get("universe")
        return {} if group is None else {key: np.ravel(value)[0] for key, value in group.attrs.items()}
