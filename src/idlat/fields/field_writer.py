"""Write fields: whole or region by region, in the format of the suffix, atomically.

A field is written beside its destination under a temporary name and renamed when it is complete; whatever
goes wrong before leaves nothing behind. Meanwhile the destination is locked; what a killed job left of it
the next one takes away.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from idlat.errors import IdlatError, OutputError
from idlat.fields.arrays.dask_arrays import SLAB_BYTES
from idlat.fields.arrays.missing_values import cast_values
from idlat.fields.files.file_checks import check_dtype, check_output, data_file_of
from idlat.fields.format_sinks import Sink, file_axes, open_sink
from idlat.fields.metadata.omission_remarks import remarks_on
from idlat.fields.zarr.write_zarr import wait_for_pending_writes
from idlat.outputs import (
    flush_tree,
    lock_output,
    postponed,
    put_in_place,
    recover_folder,
    remove_leftovers,
    temporary_for,
)


class FieldWriter:
    """Write a field region by region; the file appears under its name when all of it is there.

    Use it in a ``with`` statement: an exception inside removes what was written.

    Parameters
    ----------
    path
        The output; its suffix names the format.
    template
        Gives dimensions, shape, dtype, coordinates, attributes and encoding; its values are not read.
    overwrite
        Whether an existing file may be replaced.

    Raises
    ------
    OutputError
        If the folder is absent, the suffix unknown, the file exists, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> template = xr.DataArray(np.zeros((4, 2, 2), np.float32), dims=("z", "y", "x"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with FieldWriter(f"{folder}/a.npy", template) as writer:
    ...         writer.write(np.ones((2, 2, 2)), z=slice(0, 2))
    ...         writer.write(np.zeros((2, 2, 2)), z=slice(2, 4))
    ...     float(np.load(f"{folder}/a.npy").sum())
    8.0
    """

    def __init__(self, path: str | os.PathLike[str], template: xr.DataArray, overwrite: bool = False) -> None:
        self.path = check_output(path, overwrite)
        check_dtype(template.dtype, f"field {str(template.name)!r}")
        self._dtype = template.dtype
        self._axes = file_axes(self.path, template)
        self._left = int(np.prod(template.shape, dtype=np.int64))
        finals = [file for file in (data_file_of(self.path), self.path) if file is not None]
        self._staged = {temporary_for(file): file for file in finals}
        self._sink: Sink | None = None
        self._lock = lock_output(*finals)
        with self._guard():
            check_output(self.path, overwrite)  # again: another job may just have written it
            for final in finals:
                recover_folder(final)
                remove_leftovers(final)
            _check_space(self.path.parent, self._left * template.dtype.itemsize)
            *data, file = self._staged
            with remarks_on(str(self.path), f"{self.path.suffix} cannot hold it"):
                self._sink = open_sink(self.path, file, template, self._axes, data[0] if data else None)

    def write(self, values: ArrayLike, **region: slice) -> None:
        """Store the values of a region.

        Parameters
        ----------
        values
            Of the region's shape; cast to the field's dtype, integers rounded and clipped.
        **region
            Half-open ranges by dimension (``time``, ``component``, ``z``, ``y``, ``x``); the whole axis where
            absent.

        Raises
        ------
        ValueError
            If the region leaves the field or `values` has another shape.
        """
        field_region = self._axes.region(region)
        block = np.asarray(values)
        shape = tuple(part.stop - part.start for part in field_region)
        if block.shape != shape:
            raise ValueError(f"values have the shape {block.shape}: the region's is {shape}")
        assert self._sink is not None, "the writer is closed"
        with self._guard():
            for place, part in self._axes.blocks(field_region, cast_values(block, self._dtype)):
                self._sink.write(place, part)
        self._left -= block.size

    def close(self) -> None:
        """Finish the file and give it its name.

        Raises
        ------
        OutputError
            If some voxels were never written.
        """
        if self._sink is None:
            return
        if self._left > 0:
            self.abort()
            raise OutputError(f"{self.path}: {self._left} voxels were not written; nothing was kept")
        with self._guard():
            self._sink.close()
            for temporary in self._staged:
                flush_tree(temporary)
            self._lock.confirm()
            with postponed():
                for temporary, final in self._staged.items():
                    put_in_place(temporary, final)
                self._sink = None
                self._lock.release()

    def abort(self) -> None:
        """Remove what was written; an existing file under the output's name stays."""
        with postponed():
            if self._sink is not None:
                with contextlib.suppress(Exception):  # the failure that led here is the one to report
                    self._sink.abort()
                self._sink = None
            for temporary in self._staged:
                _remove(temporary)
            self._lock.release()

    def __enter__(self) -> FieldWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        """Remove the temporary file on any failure; say in one line what the system complained of."""
        try:
            yield
        except (OSError, RuntimeError) as error:  # h5py reports some failures of the disk as RuntimeError
            self.abort()
            if isinstance(error, IdlatError):
                raise
            raise OutputError(
                f"{self.path}: cannot be written: {_reason(error)}; nothing was kept"
            ) from error
        except BaseException:
            self.abort()
            raise


def _reason(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        return "the disk is full"
    if number == errno.EFBIG or "File too large" in str(error):
        return "the file would be larger than the system allows"
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or " ".join(str(error).split())


def _check_space(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise OSError(errno.ENOSPC, f"{size} bytes are needed, {free} are free")


def _remove(path: Path) -> None:
    if path.is_dir():  # a Zarr store, whose making or writing may just have failed
        wait_for_pending_writes()
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def write_field(field: xr.DataArray, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
    """Write a field in the format of the path's suffix, atomically and slab by slab.

    The dtype is the field's; NetCDF, HDF5 and Zarr keep coordinates, attributes, the original names and order
    of dimensions, and the packing of the file that the field came from; the image formats keep the grid's
    place, and attributes as far as they can.

    Parameters
    ----------
    field
        Dims ``(z, y, x)``, before them ``time`` or ``component`` or both; may be lazy.
    path
        Its suffix is one that :func:`idlat.fields.format_of` knows.
    overwrite
        Whether an existing file may be replaced.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    OutputError
        If it cannot be written; nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> field = xr.DataArray(np.arange(8, dtype=np.int16).reshape(2, 2, 2), dims=("z", "y", "x"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_field(field, f"{folder}/a.raw").stat().st_size
    16
    """
    from idlat.fields.open_files import as_field

    field = as_field(field)
    with FieldWriter(path, field, overwrite) as writer:
        for region in slabs(field):
            writer.write(field.isel(region).values, **region)
        return writer.path


def slabs(field: xr.DataArray, max_bytes: int = SLAB_BYTES) -> Iterator[dict[str, slice]]:
    """Cut a field into slabs of whole layers, one time step each, aligned with dask's chunks along z.

    Examples
    --------
    >>> field = xr.DataArray(np.zeros((5, 4, 4)), dims=("z", "y", "x"))
    >>> [(part["z"].start, part["z"].stop) for part in slabs(field, max_bytes=256)]
    [(0, 2), (2, 4), (4, 5)]
    """
    sizes = field.sizes
    layer = sizes["y"] * sizes["x"] * sizes.get("component", 1) * field.dtype.itemsize
    depth = max(1, max_bytes // layer)
    chunks = field.chunksizes.get("z")
    if chunks:
        depth = max(depth // chunks[0], 1) * chunks[0]
    for time in range(sizes.get("time", 1)):
        step = {"time": slice(time, time + 1)} if "time" in sizes else {}
        for start in range(0, sizes["z"], depth):
            yield {**step, "z": slice(start, min(start + depth, sizes["z"]))}
