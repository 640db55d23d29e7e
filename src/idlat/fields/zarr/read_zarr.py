"""Read Zarr stores (version 2 and 3): arrays of three axes or more in a group, or a single array.

Dimensions, coordinates and CF attributes are those of xarray's convention where a store follows it; the axes
of any other array are z, y and x, and time before them.
"""

from __future__ import annotations

import contextlib
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import FieldError
from idlat.fields.arrays.dask_arrays import to_dask
from idlat.fields.arrays.declared_size import check_extent, folder_bytes
from idlat.fields.arrays.lazy_array import LazyArray
from idlat.fields.cf.decode_cf import field_of, global_attrs
from idlat.fields.files.file_checks import stem_of
from idlat.fields.files.format_registry import ZARR_MARKS
from idlat.fields.files.locate_files import FieldPath
from idlat.fields.files.select_variable import Candidate, choose, described, rank
from idlat.fields.grid.canonical_axes import DIMS, spatial_rank
from idlat.fields.metadata.related_variables import find_related

_MAX_ARRAYS = 100_000
_REMOTE = 2**40  # bytes that a store at a URL may hold: to list it would take long


@dataclass(frozen=True)
class StoredArray(LazyArray):
    """An array of a store, read where it is sliced.

    Attributes
    ----------
    path
        The store, or its URL.
    name
        The array's path in it; empty where the store is the array.
    array
    """

    path: FieldPath
    name: str
    array: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return tuple(self.array.shape)

    @property
    def dtype(self) -> np.dtype:
        """The dtype in the machine's byte order; of texts, that of Python's."""
        stored: np.dtype = np.dtype(self.array.dtype)
        return np.dtype(object) if stored.kind == "T" else stored.newbyteorder("=")

    @property
    def version(self) -> int:
        """Zarr's format version, 2 or 3."""
        return int(self.array.metadata.zarr_format)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part."""
        try:
            return np.asarray(self.array[key]).astype(self.dtype, copy=False)
        except Exception as error:  # codecs raise whatever they like on damaged chunks
            raise _damaged(self.path, error, f"array {self.name or stem_of(self.path)!r}") from None

    def dims(self, axes: Sequence[str] | None = None) -> tuple[str, ...]:
        """Name the axes: as the store does, else as `axes` says, or by their place."""
        named = self.array.attrs.get("_ARRAY_DIMENSIONS") or getattr(
            self.array.metadata, "dimension_names", None
        )
        plain = (*(f"axis_{axis}" for axis in range(self.ndim - len(DIMS))), *DIMS)[-self.ndim :]
        plain = tuple(axes) if axes is not None and len(axes) == self.ndim else plain
        if not isinstance(named, list | tuple) or len(named) != self.ndim or len(set(named)) != len(named):
            return plain
        return tuple(str(name) if name else other for name, other in zip(named, plain, strict=True))

    def beside(self, name: str, sizes: Mapping[str, int]) -> xr.Variable:
        """Give it as a variable of a field whose axes have such sizes; read it where it is small."""
        named = self.dims() if self.ndim else ()
        dims = [
            dim if sizes.get(dim, size) == size else f"{name}_{dim}"
            for dim, size in zip(named, self.shape, strict=True)
        ]
        numbers = self.dtype.kind in "biufc"
        if numbers and math.prod(self.shape) * self.dtype.itemsize > 2**20:
            data = to_dask(self, stored=self.array.chunks)
            return xr.Variable(dims, data, self.attrs())
        return xr.Variable(dims, self[()], self.attrs())

    def attrs(self) -> dict[str, Any]:
        """Give the attributes, with the fill value as CF has it."""
        found = {key: value for key, value in self.array.attrs.items() if key != "_ARRAY_DIMENSIONS"}
        fill = found.get("_FillValue")
        if self.version == 3 and isinstance(fill, str):
            from xarray.backends.zarr import FillValueCoder

            with contextlib.suppress(Exception):  # another text, which marks nothing
                found["_FillValue"] = FillValueCoder.decode(fill, self.dtype)
        elif self.version == 2 and self.array.fill_value and "_ARRAY_DIMENSIONS" in self.array.attrs:
            # xarray keeps it there in version 2; 0, and none, are Zarr's defaults and mark nothing.
            found.setdefault("_FillValue", self.array.fill_value)
        return found


def open_zarr(path: FieldPath, variable: str | None, axes: Sequence[str] | None = None) -> xr.DataArray:
    """Open one array of a Zarr store, lazily, decoded as :func:`idlat.fields.cf.decode_cf.field_of` says.

    Raises
    ------
    FieldError
        If the store is damaged, is an archive of idlat, or has no such array.
    """
    arrays, attrs = _arrays(path)
    exact = (variable or "").strip("/")
    name = exact if list(arrays) == [""] or exact in arrays else choose(path, variable, *_ranked(arrays))
    name = "" if list(arrays) == [""] else name
    stored = arrays[name]
    _check_extent(stored)
    short = name.rsplit("/", 1)[-1] or stem_of(path)
    encoding = {
        "idlat_format": f"zarr{stored.version}",
        "idlat_path": name or short,
        "idlat_global_attrs": global_attrs(attrs, path),
        **({"idlat_shards": list(stored.array.shards)} if stored.array.shards else {}),
    }
    return field_of(_dataset(stored, short, arrays, axes), short, path, encoding, axes)


def zarr_variables(path: FieldPath) -> list[str]:
    """List the arrays that can be opened as fields, three-dimensional ones first."""
    arrays, _ = _arrays(path)
    if list(arrays) == [""]:
        return [stem_of(path)]
    return [name for names in _ranked(arrays) for name in names]


def _arrays(path: FieldPath) -> tuple[dict[str, StoredArray], dict[str, Any]]:
    """Give a store's arrays by their path, and its own attributes."""
    import zarr

    try:
        root = _root(path)
        if isinstance(root, zarr.Array):
            return {"": StoredArray(path, "", root)}, {}
        attrs = dict(root.attrs)
        members = root.members(max_depth=None)
        found = {name: item for name, item in members if isinstance(item, zarr.Array)}
    except Exception as error:  # anything from JSONDecodeError to KeyError on damaged metadata
        raise _damaged(path, error, "its metadata") from None
    if attrs.get("format") == "idlat":
        raise FieldError(
            f"{path}: is an idlat archive, not a field: use idlat decompress, or idlat.open_archive"
        )
    if len(found) > _MAX_ARRAYS:
        raise FieldError(f"{path}: holds more than {_MAX_ARRAYS} arrays: name a group inside")
    return {name: StoredArray(path, name, array) for name, array in sorted(found.items())}, attrs


def _root(path: FieldPath) -> Any:
    """Open a store: a folder, a zip file of one, or a URL."""
    import zarr

    if isinstance(path, str):
        return zarr.open(path, mode="r")
    if path.is_dir():
        from idlat.fields.zarr.plain_folder_store import PlainStore

        return zarr.open(PlainStore(path), mode="r")
    with zipfile.ZipFile(path) as packed:  # one that was packed with its folder has it before every name
        marks = [name for name in packed.namelist() if name.rsplit("/", 1)[-1] in ZARR_MARKS]
    root = min(marks, key=lambda name: name.count("/"), default="").rpartition("/")[0]
    return zarr.open(zarr.storage.ZipStore(path, mode="r", read_only=True), path=root, mode="r")


def _check_extent(stored: StoredArray) -> None:
    """Refuse an array, or chunks, far larger than the files of the store."""

    def held() -> int:
        if isinstance(stored.path, str):
            return _REMOTE
        return folder_bytes(stored.path / stored.name) if stored.path.is_dir() else stored.path.stat().st_size

    what, itemsize = f"array {stored.name or stem_of(stored.path)!r}", stored.dtype.itemsize
    check_extent(stored.path, what, stored.shape, itemsize, held)
    check_extent(
        stored.path, f"a chunk of {what}", stored.array.shards or stored.array.chunks, itemsize, held
    )


def _damaged(path: FieldPath, error: Exception, what: str) -> FieldError:
    if isinstance(error, FieldError):
        return error
    reason = " ".join(str(error).split()) or type(error).__name__
    return FieldError(
        f"{path}: {what} of the Zarr store cannot be read: damaged, or unknown ({reason[:160]})"
    )


def _ranked(arrays: dict[str, StoredArray]) -> list[list[str]]:
    """Rank the arrays that could be meant: numbers over two axes of space at least."""
    frame, beside = xr.Dataset(), set()
    numbers: list[Candidate] = []
    booleans: list[Candidate] = []
    for name, stored in arrays.items():
        group = name.rpartition("/")[0]
        beside |= {f"{group}/{word}".lstrip("/") for word in described([stored.array.attrs])}
        if stored.dtype.kind in "fiub" and 0 not in stored.shape:
            found = booleans if stored.dtype.kind == "b" else numbers
            found.append(Candidate(name, stored.ndim, spatial_rank(frame, stored.dims())))
    return rank(numbers or booleans, beside)


def _dataset(
    stored: StoredArray, name: str, arrays: dict[str, StoredArray], axes: Sequence[str] | None
) -> xr.Dataset:
    """Give an array and its coordinates as they are stored."""
    dims, attrs = stored.dims(axes), stored.attrs()
    group = stored.name.rpartition("/")[0]
    sizes = dict(zip(dims, stored.shape, strict=True))

    def lookup(word: str) -> xr.Variable | None:
        other = arrays.get(f"{group}/{word}".lstrip("/"))
        if other is None or other is stored:
            return None
        _check_extent(other)
        return other.beside(word, sizes)

    own_chunks = stored.array.shards or stored.array.chunks
    data = to_dask(stored, stored=own_chunks)
    encoding = {"dtype": stored.dtype, "chunksizes": tuple(stored.array.chunks)}
    variable = xr.Variable(dims, data, attrs, encoding)
    return xr.Dataset({**find_related(variable, lookup), name: variable})
