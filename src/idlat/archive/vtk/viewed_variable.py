"""A variable as viewers want it: missing voxels are NaN, the components come last, one step after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.archive.read.coarse_view import coarse_blocks, label_blocks
from idlat.archive.read.stored_variable import StoredVariable
from idlat.fields import fill_values_of, nan_where_missing
from idlat.fields.cf.cf_packing import widened
from idlat.fields.images.image_field import image_axes

__all__ = ["ViewedVariable"]

_SLAB_BYTES = 128 * 2**20  # decoded at once
_OF_MISSING = ("_FillValue", "missing_value")


@dataclass(frozen=True)
class ViewedVariable:
    """A variable of an archive, in its own voxels or the means of blocks of them.

    Attributes
    ----------
    stored
        All of its voxels, of every step or one.
    coarse
        Side of the blocks; None for voxels.
    """

    stored: StoredVariable
    coarse: int | None = None

    @cached_property
    def fills(self) -> tuple[float, ...]:
        """Values that stand for a missing one; the means of blocks have none."""
        if self.coarse is not None:
            return ()
        declared = self.stored.selection.variable.fill_values
        return tuple(dict.fromkeys([*declared, *fill_values_of(self.stored.template)]))

    @cached_property
    def template(self) -> xr.DataArray:
        """The variable with zeros for values; dims (time, z, y, x, component), those that it has.

        Its type is the variable's, or a floating one where some of its integers stand for missing values.

        Raises
        ------
        ArchiveError
            There are no such blocks.
        """
        own = self.stored.template
        if self.coarse is not None:
            coarse_blocks(self.stored.decoder, self.stored.selection.whole_axes(), self.coarse)
            sizes = [-(-n // self.coarse) if dim in ("z", "y", "x") else n for dim, n in own.sizes.items()]
            own = label_blocks(own, np.broadcast_to(np.float32(0), sizes), self.coarse)
        dtype = widened(own.dtype)
        if dtype.kind in "iu" and self.fills:
            dtype = np.dtype(np.float32 if dtype.itemsize <= 2 else np.float64)
        ordered = own.transpose(*image_axes(own))
        attrs = {key: value for key, value in own.attrs.items() if key not in _OF_MISSING}
        values = np.broadcast_to(np.zeros((), dtype), ordered.shape)
        found = xr.DataArray(values, ordered.coords, ordered.dims, own.name, attrs)
        left = {"idlat_missing", *_OF_MISSING}
        found.encoding = {key: value for key, value in own.encoding.items() if key not in left}
        return found

    def layers(self, step: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """Decode one step, a few layers at a time.

        Parameters
        ----------
        step
            Its index in :attr:`template`.

        Yields
        ------
        start, block
            The first layer's index, and layers (z, y, x), with the components last.
        """
        part = self.stored.isel(time=slice(step, step + 1)) if "time" in self.stored.dims else self.stored
        if self.coarse is not None:
            yield 0, self._block(part.decode(coarse=self.coarse).values)
            return
        for where, values in part.slabs(_SLAB_BYTES):
            yield where["z"].start, self._block(values)

    def box(self, step: int, z: slice, y: slice, x: slice) -> NDArray[Any]:
        """Decode a box of one step: of voxels, or of the blocks whose means are wanted.

        Parameters
        ----------
        step
            Its index in :attr:`template`.
        z, y, x
            In :attr:`template`.

        Returns
        -------
        ndarray
            ``(z, y, x)``, with the components last.
        """
        side, sizes = self.coarse or 1, self.stored.selection.variable.volume
        region: dict[str, slice] = {
            name: slice(part.start * side, min(part.stop * side, n))
            for name, part, n in zip("zyx", (z, y, x), sizes, strict=True)
        }
        if "time" in self.stored.dims:
            region["time"] = slice(step, step + 1)
        part = self.stored.isel(**region)
        return self._block(part.to_numpy() if self.coarse is None else part.decode(coarse=self.coarse).values)

    def _block(self, values: NDArray[Any]) -> NDArray[Any]:
        if "time" in self.stored.dims:
            values = values[0]
        if "component" in self.stored.dims:
            values = np.moveaxis(values, 0, -1)
        dtype = self.template.dtype
        return nan_where_missing(values, self.fills, dtype) if dtype.kind == "f" else values
