"""Open fields: one file, or several as the steps of one series."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, DTypeLike

from idlat.errors import FieldError, IdlatError
from idlat.fields.arrays.missing_values import declared_missing
from idlat.fields.files.file_checks import check_dtype, stem_of
from idlat.fields.files.format_registry import holds_several, reader_functions, recognise
from idlat.fields.files.locate_files import FieldPath, PathLike, locate
from idlat.fields.grid.canonical_axes import DIMS, to_canonical
from idlat.fields.grid.utc_times import in_utc
from idlat.fields.images.metaimage import open_metaimage
from idlat.fields.images.read_nrrd import open_nrrd
from idlat.fields.raw.read_arrays import RawLayout, array_field, open_fortran, open_npy, open_raw
from idlat.fields.series.join_steps import join_series


def open_field(
    path: PathLike | Sequence[PathLike],
    variable: str | None = None,
    *,
    shape: Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
    byte_order: str = "little",
    missing: float | None = None,
    axes: Sequence[str] | None = None,
    offset: int = 0,
    format: str | None = None,
    booleans: bool = False,
) -> xr.DataArray:
    """Open a field lazily from a file, or from several as the steps of one series.

    Parameters
    ----------
    path
        Files, also with ``~`` or wildcards (in the order of the numbers in their names), or URLs that fsspec
        knows: ``.npy``, raw (``.raw``, ``.bin``, ``.dat``, also with ``.gz``), NetCDF (``.nc``, ``.nc4``,
        ``.cdf``), HDF5 (``.h5``, ``.hdf5``, ``.hdf``, ``.vtkhdf``), Zarr (a folder, or zipped), NRRD
        (``.nrrd``, ``.nhdr``), VTK (``.vti``, ``.vtr``, ``.pvti``, ``.pvtr``, ``.pvd``, ``.vtk``), MetaImage
        (``.mha``, ``.mhd``) or an AMReX plotfile (a folder). A file with another suffix, or none, is known by
        its content.
    variable
        The variable of a file that holds several; of HDF5 and Zarr its path, or the last part of it.
    shape
        Of a raw file: ``(y, x)``, ``(z, y, x)`` or ``(time, z, y, x)``, x fastest, or as `axes` names them.
    dtype
        Of a raw file, for instance ``"float32"``.
    byte_order
        One of "little", "big".
        Of a raw file.
    missing
        A value that stands for a missing one. It stays in the field; :func:`idlat.fields.fill_values_of`
        lists it.
    axes
        Names of the file's axes, slowest first, where it does not say them or says them wrong, such as
        ``("x", "y", "z")`` or ``("z", "y", "x", "component")``. Coordinates and names stay the file's.

    Returns
    -------
    xarray.DataArray
        Dims ``(z, y, x)`` or ``(time, z, y, x)``, backed by dask, or in memory where the file has to be read
        whole; a vector or multivariate one has ``component`` right before z. Values, dtype, coordinates and
        attributes are the file's; values of NetCDF, HDF5 and Zarr are decoded as xarray does, except that
        integers stay integers. ``encoding`` remembers format, packing and the original dimensions for
        :func:`idlat.write_field`.

    Raises
    ------
    MissingFileError
        If a file is absent.
    FieldError
        If a file cannot be read as asked: unknown format, damaged or cut short, wrong size, variable, dtype
        or rank, or steps that do not fit together.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/density.npy", np.zeros((4, 5, 6), np.float32))
    ...     field = open_field(f"{folder}/density.npy")
    >>> field.name, field.dims, field.shape
    ('density', ('z', 'y', 'x'), (4, 5, 6))
    """
    files = locate(path)
    raw = RawLayout(shape, dtype, byte_order, offset)
    fields: list[xr.DataArray] = []
    for file in files:
        with _one_line(file):
            kind, lazy = recognise(file, format, raw=raw.given), len(files) > 1
            if not holds_several(kind):
                fields.append(_open_array(Path(file), kind, variable, raw, axes, lazy=lazy))
                continue
            opener, _ = reader_functions(kind)
            mapped = {"lazy": lazy} if kind in _MAPPED else {}  # the others are always lazy
            fields.append(opener(file, variable, axes, **mapped))
    field = fields[0] if len(fields) == 1 else join_series(files, fields)
    check_dtype(field.dtype, str(files[0]), booleans=booleans)
    if field.dtype.kind == "b":
        encoding = field.encoding
        field = field.astype(np.uint8)
        field.encoding = encoding
    if missing is not None and not np.isnan(missing):
        field.encoding["idlat_missing"] = declared_missing(missing, field)
    return field


def _open_array(
    path: Path,
    kind: str,
    variable: str | None,
    raw: RawLayout,
    axes: Sequence[str] | None,
    *,
    lazy: bool,
) -> xr.DataArray:
    """Open a file of a format that holds one array."""
    if variable is not None and variable != stem_of(path):
        raise FieldError(f"{path}: there is no variable {variable!r}; there is one: {stem_of(path)}")
    if kind == "nrrd":
        return open_nrrd(path, axes, lazy=lazy)
    if kind == "metaimage":
        return open_metaimage(path, axes, lazy=lazy)
    if kind == "npy":
        return array_field(open_npy(path), kind, axes=axes, lazy=lazy)
    if kind == "fortran":
        return array_field(open_fortran(path, raw), kind, axes=axes, lazy=lazy)
    return array_field(open_raw(path, raw, gzipped=kind == "raw.gz"), kind, axes=axes, lazy=lazy)


_MAPPED = ("vti", "vtr", "pvti", "pvtr", "vtk")


def list_variables(path: PathLike, *, format: str | None = None) -> list[str]:
    """List the variables of a file that can be opened as fields; of a series, those of its first file.

    Parameters
    ----------
    path
        As for :func:`open_field`.
    format
        The format's name, where neither content nor suffix tells.

    Raises
    ------
    MissingFileError, FieldError
        As :func:`open_field`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/density.npy", np.zeros((1, 1, 1)))
    ...     list_variables(f"{folder}/density.npy")
    ['density']
    """
    file = locate(path)[0]
    with _one_line(file):
        # one array each: what describes a raw file changes nothing here
        kind = recognise(file, format, raw=True)
        return reader_functions(kind)[1](file) if holds_several(kind) else [stem_of(file)]


@contextmanager
def _one_line(file: FieldPath) -> Iterator[None]:
    """Whatever a damaged file makes a library raise is one line, which names the file."""
    try:
        yield
    except (IdlatError, OSError):
        raise
    except MemoryError:
        raise FieldError(f"{file}: it announces more than fits in memory: damaged?") from None
    except Exception as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise FieldError(f"{file}: it is damaged, or of a form that is not read ({reason})") from None


def as_field(data: xr.DataArray | ArrayLike, name: str = "field") -> xr.DataArray:
    """Make a field of an array in memory, or of any DataArray of such dimensions.

    Parameters
    ----------
    data
        Shape ``(y, x)``, ``(z, y, x)`` or ``(time, z, y, x)``.
    name
        The field's name where `data` has none.

    Returns
    -------
    xarray.DataArray
        Dims ``(z, y, x)`` or ``(time, z, y, x)``, with ``component`` before z where `data` has a dimension of
        that name; no copy of the values.

    Raises
    ------
    FieldError
        If the dtype is no real number or the rank is wrong, or it is a path.

    Examples
    --------
    >>> as_field(np.zeros((2, 3, 4))).dims
    ('z', 'y', 'x')
    """
    if isinstance(data, str | os.PathLike):
        raise FieldError(f"{os.fspath(data)} is a path, not an array: open it with idlat.open_field")
    if not isinstance(data, xr.DataArray):
        data = data if hasattr(data, "ndim") and hasattr(data, "dtype") else np.asarray(data)
        if data.ndim not in (2, 3, 4):
            raise FieldError(f"{name} has rank {data.ndim}: expected (y, x), (z, y, x) or (time, z, y, x)")
        data = xr.DataArray(data, dims=DIMS[-data.ndim :], name=name)
    check_dtype(data.dtype, f"field {str(data.name or name)!r}")
    field = to_canonical(in_utc(data))
    if field.name is None:
        encoding = field.encoding
        field = field.rename(name)
        field.encoding = encoding
    return field
