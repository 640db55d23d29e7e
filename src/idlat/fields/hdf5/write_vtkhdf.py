"""Write VTKHDF images, VTK's own HDF5 layout, which ParaView opens: a field, or several with their steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.fields.grid.grid_placement import Placement
from idlat.fields.hdf5.write_hdf5 import OPTIONS, set_attrs
from idlat.fields.metadata.omitted_metadata import PLACE, note_omitted
from idlat.fields.series.step_times import StepTimes

__all__ = ["VTKHDFSeries", "VTKHDFSink"]

_CHUNK_BYTES = 2**22
_IMAGE_VERSION, _STEPS_VERSION = (1, 0), (2, 0)  # the least that have them: older readers warn of later ones


class VTKHDFSink:
    """A VTKHDF image of one field, filled block by block.

    Parameters
    ----------
    path
        The temporary file to make.
    name
        The array's name.
    template
        The field, for its coordinates, attributes and encoding.
    shape
        (z, y, x), with the components last.
    dtype
        As stored.
    """

    def __init__(
        self, path: Path, name: str, template: xr.DataArray, shape: tuple[int, ...], dtype: np.dtype
    ) -> None:
        self._file = h5py.File(path, "w", **OPTIONS)
        root = _image(self._file, template, shape)
        self._array = _Array(root, name, template, shape, dtype)

    def write(self, region: tuple[slice, ...], block: NDArray[Any]) -> None:
        """Store a block."""
        self._array.write(region, block)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def abort(self) -> None:
        """Close the file, which is left unfinished."""
        self._file.close()


class VTKHDFSeries:
    """A VTKHDF image of several fields on one grid, with time steps where there are several.

    Parameters
    ----------
    path
        The temporary file to make.
    templates
        One step of each field, (z, y, x) with the components last, of the types to be stored.
    times
        Of the steps.
    """

    def __init__(self, path: Path, templates: Sequence[xr.DataArray], times: StepTimes) -> None:
        self._file = h5py.File(path, "w", **OPTIONS)
        root = _image(self._file, templates[0], templates[0].shape)
        count = len(times.values) if len(times.values) > 1 else None
        self._arrays = [
            _Array(root, str(each.name).replace("/", "_"), each, each.shape, each.dtype, count)
            for each in templates
        ]
        if count is not None:
            root.attrs["Version"] = np.array(_STEPS_VERSION, np.int64)
            steps = root.create_group("Steps")
            steps.attrs["NSteps"] = count
            steps["Values"] = np.array(times.values, np.float64)
            set_attrs(steps["Values"], times.attrs, "time")
            for array in self._arrays:  # step i is entry i of each array
                steps[f"PointDataOffsets/{array.name}"] = np.arange(count)

    def write(self, step: int, array: int, start: int, block: NDArray[Any]) -> None:
        """Store layers (z, y, x), with the components last, of the step of this number from a layer on."""
        layers = slice(start, start + block.shape[0])
        region = (layers, *(slice(0, size) for size in block.shape[1:]))
        self._arrays[array].write(region, block, step)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def abort(self) -> None:
        """Close the file, which is left unfinished."""
        self._file.close()


class _Array:
    """An array of an image; VTK's reader wants it without the flat axes, and steps before the others."""

    def __init__(
        self,
        root: Any,
        name: str,
        template: xr.DataArray,
        shape: tuple[int, ...],
        dtype: np.dtype,
        steps: int | None = None,
    ) -> None:
        note_omitted(template, PLACE, attributes=True)
        deep_axes = [axis for axis in range(3) if shape[axis] > 1] or [0]
        self.name = name
        self._axes = [*deep_axes, *range(3, len(shape))]
        self._steps = steps is not None
        deep = tuple(shape[axis] for axis in self._axes)
        chunks = _chunks(deep, dtype.itemsize)
        if steps is not None:
            deep, chunks = (steps, *deep), (1, *chunks)
        self._dataset = root.create_dataset(f"PointData/{name}", deep, dtype, chunks=chunks)
        set_attrs(self._dataset, template.attrs, name)
        if "idlat_missing" in template.encoding:
            self._dataset.attrs["missing_value"] = np.array(template.encoding["idlat_missing"], dtype)

    def write(self, region: tuple[slice, ...], block: NDArray[Any], step: int = 0) -> None:
        """Store a block (z, y, x), with the components last."""
        flat = tuple(axis for axis in range(block.ndim) if axis not in self._axes)
        place: tuple[Any, ...] = tuple(region[axis] for axis in self._axes)
        self._dataset[(step, *place) if self._steps else place] = block.squeeze(flat)


def _chunks(shape: Sequence[int], item_bytes: int) -> tuple[int, ...]:
    """Give chunks of a layer or some of its rows: without a cache each is best written once, by one block.

    Examples
    --------
    >>> _chunks((9, 100, 200), 4), _chunks((9, 4096, 4096), 4)
    ((1, 100, 200), (1, 256, 4096))
    """
    left = _CHUNK_BYTES // item_bytes
    chunks: list[int] = []
    for size in reversed(shape[1:] or shape):
        chunks.insert(0, max(1, min(size, left)))
        left //= chunks[0]
    return (*(1 for _ in shape[len(chunks) :]), *chunks)


def _image(file: Any, template: xr.DataArray, shape: Sequence[int]) -> Any:
    """Make the group of an image, with its place and size (z, y, x, …)."""
    place = Placement.of(template).upright()
    root = file.create_group("VTKHDF")
    root.attrs["Version"] = np.array(_IMAGE_VERSION, np.int64)
    root.attrs.create("Type", b"ImageData", dtype=h5py.string_dtype("ascii", len("ImageData")))
    extent = [edge for size in reversed(shape[:3]) for edge in (0, size - 1)]
    root.attrs["WholeExtent"] = np.array(extent, np.int64)
    root.attrs["Origin"] = np.array(place.origin)
    root.attrs["Spacing"] = np.array(place.spacing)
    root.attrs["Direction"] = np.reshape(place.direction, (3, 3)).T.reshape(-1)
    return root
