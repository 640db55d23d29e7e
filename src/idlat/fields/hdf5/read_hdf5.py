"""Read HDF5 files: any dataset of three axes or more, by its path; Nyx's and VTKHDF's by what they say.

Dimensions have the names of the dataset's dimension labels or scales, else the last three are z, y and x.
One-dimensional scales are coordinates. A file that xarray or NetCDF wrote is read so with all its attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from idlat.errors import FieldError
from idlat.fields.arrays.dask_arrays import to_dask
from idlat.fields.cf.decode_cf import field_of
from idlat.fields.files.select_variable import LISTS, Candidate, choose, described, rank
from idlat.fields.grid.canonical_axes import ALL_DIMS, DIMS, spatial_rank
from idlat.fields.grid.grid_placement import Placement
from idlat.fields.hdf5.hdf5_dataset import (
    StoredDataset,
    attributes_of,
    dataset_values,
    opened_hdf5,
    storage_of,
)
from idlat.fields.hdf5.hdf5_links import datasets, find
from idlat.fields.hdf5.hdf5_probe import probe_hdf5
from idlat.fields.hdf5.hdf5_storage import check_storage
from idlat.fields.hdf5.vtkhdf_images import ImageArray, image_array, is_image_array, other_type
from idlat.fields.metadata.omission_remarks import remarks_on
from idlat.fields.metadata.plain_attributes import tidy_value
from idlat.fields.metadata.related_variables import find_related
from idlat.plainfiles import FileState


def open_hdf5(path: Path, variable: str | None, axes: Sequence[str] | None = None) -> xr.DataArray:
    """Open one dataset of an HDF5 file, lazily, decoded as :func:`idlat.fields.cf.decode_cf.field_of` says.

    Parameters
    ----------
    path
    variable
        The dataset's path, such as ``native_fields/temperature``, or its last part.
    axes
        Names of the dataset's axes, slowest first.

    Raises
    ------
    FieldError
        If the file is damaged or no HDF5, or the dataset is absent, not numeric or of another rank.
    """
    probe_hdf5(path)
    with opened_hdf5(path) as file, remarks_on(str(path), "idlat cannot carry it"):
        name = _chosen(file, path, variable)
        dataset = file[name]
        if dataset.shape is None:
            raise FieldError(f"{path}: variable {name!r} is empty: it has no shape")
        check_storage(dataset, path)
        short = name.rsplit("/", 1)[-1]
        image = image_array(dataset, path)
        stored = _stored(path, dataset, name, image, axes)
        place = image.placement if image is not None else _nyx(path, file, dataset)
        encoding = {
            "idlat_format": "hdf5",
            "idlat_path": name,
            "idlat_global_attrs": attributes_of(file),
            "idlat_big_endian": dataset.dtype.byteorder == ">",
            **({"idlat_cells": True} if image is not None and image.cells else {}),
            **place.encoding(),
        }
    field = field_of(stored, short, path, encoding, axes)
    if place.trivial or axes is not None:
        return field
    found = place.coordinates({str(dim): size for dim, size in field.sizes.items()})
    placed = field.assign_coords({dim: value for dim, value in found.items() if dim not in field.coords})
    placed.encoding = field.encoding
    return placed


def _chosen(file: Any, path: Path, variable: str | None) -> str:
    """Choose a dataset: by its very path, else by the last part of it, or the only one there is."""
    exact = (variable or "").strip("/")
    if isinstance(find(file, exact, path), h5py.Dataset):
        return exact
    ranked = _ranked(file, path)
    if not any(ranked) and (kind := other_type(file)) is not None:
        raise FieldError(f"{path}: holds {kind!r}: only ImageData is a field; resample it to an image first")
    return choose(path, variable, *ranked)


def hdf5_variables(path: Path) -> list[str]:
    """List the paths of the datasets that can be opened as fields, three-dimensional ones first."""
    probe_hdf5(path)
    with opened_hdf5(path) as file:
        return [name for names in _ranked(file, path) for name in names]


def _ranked(file: Any, path: Path) -> list[list[str]]:
    """Rank the datasets that could be meant: numbers over two axes of space at least."""
    frame, beside = xr.Dataset(), set()
    numbers: list[Candidate] = []
    booleans: list[Candidate] = []
    for name, item in datasets(file, path):
        group = name.rpartition("/")[0]
        beside |= {f"{group}/{word}".lstrip("/") for word in described([_texts(item)])}
        if item.shape is None or item.dtype.kind not in "fiub" or 0 in item.shape:
            continue
        found = booleans if item.dtype.kind == "b" else numbers
        if is_image_array(item):
            found.append(Candidate(name, 3, 3 if len(item.shape) > 1 else 2))
        elif len(item.shape) >= 2 and not item.is_scale:
            found.append(Candidate(name, len(item.shape), spatial_rank(frame, _dimensions(item))))
    return rank(numbers or booleans, beside)


def _texts(item: Any) -> dict[str, Any]:
    """Give the attributes of a dataset that may name others."""
    found = {}
    for key in LISTS:
        with suppress(OSError, TypeError, ValueError, KeyError):  # absent, or of another type
            found[key] = tidy_value(item.attrs[key])
    return found


def _dimensions(dataset: Any, axes: Sequence[str] | None = None) -> list[str]:
    """Name a dataset's axes: by label, by scale, else as `axes` says, or by their place."""
    names: list[str] = []
    rank = len(dataset.shape)
    by_place = tuple(axes) if axes is not None and len(axes) == rank else _by_place(dataset)
    for axis, dim in enumerate(dataset.dims):
        scale = dim[0].name.rsplit("/", 1)[-1] if len(dim) and dim[0].ndim <= 1 else ""
        name = dim.label or scale or by_place[axis]
        names.append(name if name not in names else f"{name}_{axis}")
    return names


def _by_place(dataset: Any) -> tuple[str, ...]:
    """Name axes about which the file says nothing."""
    rank = len(dataset.shape)
    if rank <= len(DIMS):
        return DIMS[len(DIMS) - rank :]
    return (*(f"axis_{axis}" for axis in range(rank - len(ALL_DIMS) + 1)), *DIMS)[-rank:]


def _stored(
    path: Path, dataset: Any, name: str, image: ImageArray | None, axes: Sequence[str] | None
) -> xr.Dataset:
    """Give the dataset as it is stored, with what its attributes name."""
    dtype = dataset.dtype.newbyteorder("=")
    source = StoredDataset(path, name, dataset.shape, dtype, FileState.of(path))
    data = to_dask(source, stored=dataset.chunks)
    short = name.rsplit("/", 1)[-1]
    if image is not None:
        values = image.variable(data)
        values.attrs = attributes_of(dataset)
        times = {} if image.times is None else {"time": xr.Variable("time", image.times)}
        return xr.Dataset({**times, short: values})
    dims = _dimensions(dataset, axes)
    variables = _scales(path, dataset, dims)
    label = short if short not in dims else f"{short}_values"
    variables[label] = xr.Variable(dims, data, attributes_of(dataset), storage_of(dataset))
    lookup = _beside(path, dataset, dims)
    others = find_related(
        variables[label], lambda word: variables[word] if word in variables else lookup(word)
    )
    stored = xr.Dataset({**others, label: variables[label]})
    return stored if label == short else stored.rename({label: short})


def _scales(path: Path, dataset: Any, dims: Sequence[str]) -> dict[str, xr.Variable]:
    """Give the one-dimensional scales of a dataset that are coordinates of its axes."""
    found: dict[str, xr.Variable] = {}
    for axis, dim in enumerate(dims):
        for scale in dataset.dims[axis].values():
            short = scale.name.rsplit("/", 1)[-1]
            if scale.shape == (dataset.shape[axis],) and _means_something(scale):
                variable = xr.Variable(dim, dataset_values(path, scale), attributes_of(scale))
                found[dim if short not in dims else short] = variable
    return found


def _means_something(scale: Any) -> bool:
    """Whether a scale is a coordinate, not only NetCDF's mark of a dimension without one."""
    return not bytes(scale.attrs.get("NAME", b"")).startswith(b"This is a netCDF dimension but not")


def _beside(path: Path, dataset: Any, dims: Sequence[str]) -> Callable[[str], xr.Variable | None]:
    """Give what looks up the datasets beside a dataset, as variables on its axes or their own."""
    sizes = dict(zip(dims, dataset.shape, strict=True))

    def lookup(name: str) -> xr.Variable | None:
        try:
            other = dataset.parent.get(name) if name else None
        except (OSError, RuntimeError, KeyError):  # a link whose target is gone, or through several files
            other = None
        if not isinstance(other, h5py.Dataset) or other.shape is None or other == dataset:
            return None
        if not _means_something(other):
            return None
        check_storage(other, path)
        own = [
            dim if sizes.get(dim, size) == size else f"{name}_{dim}"
            for dim, size in zip(_dimensions(other), other.shape, strict=True)
        ]
        storage = storage_of(other) if other.dtype.kind in "iuf" else {}
        return xr.Variable(own, dataset_values(path, other), attributes_of(other), storage)

    return lookup


def _nyx(path: Path, file: Any, dataset: Any) -> Placement:
    """Place Nyx's cells: a box of ``size`` in ``shape`` cells, the first middle half a cell in."""
    group = file.get("domain")
    domain = attributes_of(group) if isinstance(group, h5py.Group) else {}
    shape = dataset.shape
    if np.size(domain.get("size", ())) != 3 or tuple(np.ravel(domain.get("shape", ()))) != tuple(shape):
        return Placement()
    spacing = np.ravel(domain["size"]) / np.array(shape)
    spacing = spacing[::-1]
    return Placement.parse(str(path), spacing / 2, spacing)
