"""Whether all values of an HDF5 dataset can be had: their files are there, and the filters they need.

HDF5 itself reads zeros, or the fill value, where the source of a virtual dataset is gone or a file of raw
values is cut short. Here that is an error which names the file.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py

from idlat.errors import FieldError
from idlat.fields.arrays.declared_size import check_extent

_ELSEWHERE = 2**40  # bytes that files beside this one may hold
_UNLIMITED = 2**63  # h5py gives a little less, or all bits


def check_storage(dataset: Any, path: Path) -> None:
    """Check that every value of a dataset can be read.

    Parameters
    ----------
    dataset
    path
        The file that the user named, for messages.

    Raises
    ------
    FieldError
        If a source of a virtual dataset or a file of raw values is absent or cut short, or a filter is
        unknown to this HDF5.
    """
    _check(dataset, path, set())


def check_values(path: Path, name: str) -> None:
    """Check a dataset of a file as :func:`check_storage` does; a file that is none is left to its reader."""
    try:
        file = h5py.File(path, "r")
    except OSError:
        return
    with file:
        dataset = file.get(name)
        if isinstance(dataset, h5py.Dataset):
            check_storage(dataset, path)


def _check(dataset: Any, path: Path, seen: set[tuple[str, str]]) -> None:
    if dataset.shape is None:
        return
    _check_filters(dataset, path)
    _check_raw_files(dataset, path)
    elsewhere = dataset.is_virtual or dataset.external
    check_extent(
        path,
        f"dataset {dataset.name!r}",
        dataset.shape,
        dataset.dtype.itemsize,
        lambda: _ELSEWHERE if elsewhere else int(dataset.id.get_storage_size()),
    )
    if dataset.is_virtual:
        for place in _sources(dataset):
            _check_source(dataset, place, path, seen)


def _check_filters(dataset: Any, path: Path) -> None:
    """Refuse chunks that went through a filter which is not there."""
    properties = dataset.id.get_create_plist()
    for index in range(properties.get_nfilters()):
        number, _, _, name = properties.get_filter(index)
        if not _available(number):
            known = name.decode("utf-8", "replace") or "unnamed"
            raise FieldError(
                f"{path}: {dataset.name!r} is stored with the filter {number} ({known}), which HDF5 has not "
                "got here: install hdf5plugin, or rewrite the file with 'h5repack -f GZIP=4'"
            )


def _available(number: int) -> bool:
    """Whether HDF5 has a filter, by itself, by its plugin path, or from the package hdf5plugin."""
    if h5py.h5z.filter_avail(number):
        return True
    try:
        import_module("hdf5plugin")
    except ImportError:
        return False
    return bool(h5py.h5z.filter_avail(number))


def _check_raw_files(dataset: Any, path: Path) -> None:
    """Refuse a dataset whose values lie in files of their own that are not there as a whole."""
    files = dataset.external
    rest = math.prod(dataset.shape) * dataset.dtype.itemsize
    for name, offset, size in files or ():
        part = rest if size >= _UNLIMITED else min(size, rest)
        place = _raw_place(dataset, name)
        found = os.path.getsize(place) if os.path.isfile(place) else None
        if part and found is None:
            raise FieldError(
                f"{path}: the values of {dataset.name!r} lie in the file {name!r}, which is absent: HDF5 "
                "looks for it in the working folder, or where HDF5_EXTFILE_PREFIX says"
            )
        if found is not None and found < offset + part:
            raise FieldError(
                f"{path}: the values of {dataset.name!r} lie in the file {name!r}, which is cut short: "
                f"expected {offset + part} bytes, found {found}"
            )
        rest -= part


def _raw_place(dataset: Any, name: str) -> str:
    """Tell where HDF5 looks for a file of raw values."""
    prefix = os.environ.get("HDF5_EXTFILE_PREFIX", "").replace("${ORIGIN}", _folder(dataset))
    return name if os.path.isabs(name) or not prefix else os.path.join(prefix, name)


def _sources(dataset: Any) -> Iterator[tuple[str, str]]:
    """Give the file and dataset names that a virtual dataset is made of."""
    for source in dataset.virtual_sources():
        if "%" not in source.file_name + source.dset_name:
            yield source.file_name, source.dset_name
            continue
        for block in range(_blocks(source.vspace, dataset.shape)):
            yield _numbered(source.file_name, block), _numbered(source.dset_name, block)


def _numbered(name: str, block: int) -> str:
    """Put a block's number where a name says so.

    >>> _numbered("run_%b.h5", 3)
    'run_3.h5'
    """
    return name.replace("%%", "\0").replace("%b", str(block)).replace("\0", "%")


def _blocks(space: Any, shape: Sequence[int]) -> int:
    """Count the blocks, of a mapping without end, that lie in a dataset's shape."""
    start, stride, count, _ = space.get_regular_hyperslab()
    for axis, number in enumerate(count):
        if number >= _UNLIMITED:
            return max(0, math.ceil((shape[axis] - int(start[axis])) / int(stride[axis])))
    return 1


def _check_source(dataset: Any, place: tuple[str, str], path: Path, seen: set[tuple[str, str]]) -> None:
    """Check that one source of a virtual dataset is there, and all that it is made of itself."""
    file_name, name = place
    if file_name == ".":
        file_name = dataset.file.filename
    found = next((f for f in _places(dataset, file_name) if os.path.isfile(f)), None)
    key = (os.path.realpath(found or file_name), name)
    if key in seen:
        return
    seen.add(key)
    lost = f"{path}: a part of {dataset.name!r} lies in {name!r} of the file {file_name!r}, "
    if found is None:
        raise FieldError(f"{lost}which is absent: put that file back")
    try:
        file = h5py.File(found, "r")
    except OSError:
        raise FieldError(f"{lost}which cannot be opened: it is damaged, cut short or no HDF5") from None
    with file:
        try:
            source = file[name]
        except (KeyError, OSError, RuntimeError, ValueError):
            raise FieldError(f"{lost}which does not hold it: put the right file back") from None
        if not isinstance(source, h5py.Dataset):
            raise FieldError(f"{lost}where it is no dataset: put the right file back")
        _check(source, path, seen)


def _places(dataset: Any, name: str) -> Iterator[str]:
    """Give the places where HDF5 looks for a source file, in its order."""
    if os.path.isabs(name):
        yield name
        name = os.path.basename(name)
    folder = _folder(dataset)
    for prefix in filter(None, os.environ.get("HDF5_VDS_PREFIX", "").split(":")):
        yield os.path.join(prefix.replace("${ORIGIN}", folder), name)
    yield os.path.join(folder, name)
    yield name
    yield os.path.join(os.path.dirname(os.path.realpath(dataset.file.filename)), name)


def _folder(dataset: Any) -> str:
    return os.path.dirname(os.path.abspath(str(dataset.file.filename)))
