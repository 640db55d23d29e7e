"""A dataset of an HDF5 file: its values, read where they are sliced, its attributes and its storage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.arrays.dask_arrays import to_dask
from idlat.fields.arrays.lazy_array import LazyArray
from idlat.fields.metadata.coordinate_values import texts_of
from idlat.fields.metadata.omission_remarks import leave_out
from idlat.fields.metadata.plain_attributes import text_of, tidy_value
from idlat.plainfiles import FileState

__all__ = ["StoredDataset", "attributes_of", "dataset_values", "opened_hdf5", "storage_of"]

_HIDDEN = frozenset(("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME", "DIMENSION_LABELS"))


@dataclass(frozen=True)
class StoredDataset(LazyArray):
    """A dataset of an HDF5 file, read where it is sliced; the file is open only meanwhile.

    Attributes
    ----------
    path
    name
        A path in the file that opens it; it may lead through links, into other files too.
    shape
    dtype
        In the machine's byte order.
    state
        Of the file when it was opened.
    """

    path: Path
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    state: FileState

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part."""
        self.state.check()
        with opened_hdf5(self.path) as file:
            values = np.asarray(file[self.name][key]).astype(self.dtype, copy=False)
        self.state.check()
        return values


@contextmanager
def opened_hdf5(path: Path) -> Iterator[Any]:
    """Open a file; whatever HDF5 complains of while it is read is one line."""
    try:
        with h5py.File(path, "r") as file:
            yield file
    except FieldError:
        raise
    except Exception as error:  # h5py raises anything from OSError to UnicodeDecodeError on damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FieldError(f"{path}: the HDF5 file is damaged, cut short or none ({reason[:160]})") from None


def dataset_values(path: Path, dataset: Any) -> Any:
    """Read a dataset that is small or holds texts; give others lazily."""
    if h5py.check_string_dtype(dataset.dtype) is not None or dataset.dtype.kind not in "biufc":
        if dataset.dtype.kind not in "SO":
            return np.zeros(dataset.shape, "V1")  # neither numbers nor texts
        words = np.asarray(dataset[()])
        return words if words.dtype == np.dtype("S1") else texts_of(words)
    dtype = dataset.dtype.newbyteorder("=")
    if dataset.size * dtype.itemsize <= 2**20:
        return np.asarray(dataset[()]).astype(dtype)
    source = StoredDataset(path, dataset.name, dataset.shape, dtype, FileState.of(path))
    return to_dask(source, stored=dataset.chunks)


def storage_of(dataset: Any) -> dict[str, Any]:
    """Describe chunks and compression as xarray's encoding does."""
    storage: dict[str, Any] = {"dtype": dataset.dtype.newbyteorder("=")}
    if dataset.chunks:
        storage["chunksizes"] = dataset.chunks
    if dataset.compression == "gzip":
        storage |= {"zlib": True, "complevel": dataset.compression_opts, "shuffle": bool(dataset.shuffle)}
    return storage


def attributes_of(item: Any) -> dict[str, Any]:
    """Give the attributes but for HDF5's and NetCDF's own book-keeping."""
    found: dict[str, Any] = {}
    for key in item.attrs:
        if key in _HIDDEN or key.startswith("_Netcdf4") or key in ("_NCProperties", "_nc3_strict"):
            continue
        try:
            value = tidy_value(item.attrs[key])
        except (OSError, TypeError, ValueError, KeyError):  # a type that h5py does not know
            leave_out(f"attribute {key!r} of {item.name}")
            continue
        found[text_of(key)] = value[0] if isinstance(value, np.ndarray) and value.shape == (1,) else value
    return found
