"""An importance map that is evaluated when asked, a step or a region at a time.

::

    ImportanceMap ── step(t)[z, y, x] ──▶ float32 in [0, 1]      for tiles, from several threads
                  ── to_dataarray()  ──▶ DataArray on the field's grid, lazy where the field is
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from idlat.errors import ImportanceError
from idlat.importance.field_view import FieldView
from idlat.parallel import SharedResults
from idlat.tiling import Box, box_slices

__all__ = ["Faces", "ImportanceMap", "StepMap", "checked"]

Faces: TypeAlias = tuple[frozenset[int], frozenset[int], frozenset[int]]
"""Planes along z, y and x, by the voxel after them, at which a map may jump all over a region."""

NO_FACES: Faces = (frozenset(), frozenset(), frozenset())

_TOLERANCE = 1e-6  # rounding that a map may be outside [0, 1] by
_EAGER = 1 << 28  # values of a series up to which a map is computed at once
_KEPT = 2  # steps that stay in memory


def checked(values: NDArray[Any], name: str, valid: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
    """Check that a part of a map lies in [0, 1] and give it as float32.

    Parameters
    ----------
    values
        Any real dtype.
    name
        What to call the map in an error.
    valid
        Bool array.
        Voxels where NaN is an error; elsewhere it becomes 0. Everywhere if left out.

    Raises
    ------
    ImportanceError
        If a value is NaN or outside [0, 1].
    """
    values = np.asarray(values)
    if values.size == 0:
        return values.astype(np.float32)
    low, high = float(values.min()), float(values.max())
    if np.isnan(low):
        undefined = np.isnan(values)
        faults = int(np.count_nonzero(undefined if valid is None else undefined & valid))
        if faults:
            raise ImportanceError(
                f"{name} is NaN at {faults} of {values.size} voxels, expected values from 0 to 1; use 0 there"
            )
        values = np.where(undefined, 0, values)
        low, high = float(values.min()), float(values.max())
    if low < -_TOLERANCE or high > 1.0 + _TOLERANCE:
        raise ImportanceError(
            f"{name} has values from {low:.6g} to {high:.6g}, expected 0 to 1; scale or clip it"
        )
    if low >= 0 and high <= 1:
        return values.astype(np.float32)
    return np.clip(values.astype(np.float32, copy=False), np.float32(0), np.float32(1))


class ImportanceMap:
    """An importance map on the grid of a field.

    Parameters
    ----------
    view
        The field.
    evaluate
        Callable (step, box) → float32 array.
        Gives a box of a step, checked.
    text
        What the map is, for attributes.
    keep
        Evaluate whole steps where they are small enough, and keep the last ones; workers of a cluster share
        them.
    faces
        Those that are known of the map; there may be others.

    Examples
    --------
    >>> from idlat.importance.parse_expression import parse
    >>> importance = parse("value > 2").on(np.arange(4.0).reshape(1, 1, 4))
    >>> importance.step(0)[0:1, 0:1, 1:4].tolist()
    [[[0.0, 0.0, 1.0]]]
    """

    dtype = np.dtype(np.float32)

    def __init__(
        self,
        view: FieldView,
        evaluate: Callable[[int, Box], NDArray[np.float32]],
        text: str,
        *,
        keep: bool = True,
        faces: Faces = NO_FACES,
    ) -> None:
        self.view = view
        self.faces = faces
        self.text = text
        self._evaluate = evaluate
        self._keep = keep
        self._kept: OrderedDict[int, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()
        self._shared = None if view.alone else SharedResults(evaluate)

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process without the steps that are kept."""
        return _again, (self.view, self._evaluate, self.text, self._keep, self.faces, self._shared)

    @property
    def shape(self) -> tuple[int, ...]:
        """The field's shape."""
        return self.view.field.shape

    @property
    def ndim(self) -> int:
        """Number of the field's dimensions."""
        return self.view.field.ndim

    def region(self, step: int, box: Box) -> NDArray[np.float32]:
        """Evaluate a box of a step; safe to call from several threads.

        Parameters
        ----------
        step
            Time step, 0 for a field without time.
        box
            ((z0, z1), (y0, y1), (x0, x1)).
            Half-open ranges of voxels, not empty, inside the field.

        Returns
        -------
        float32 array (z1 - z0, y1 - y0, x1 - x0)
            In [0, 1]; perhaps a read-only view.
        """
        if not (self._keep and self.view.whole):
            return self._evaluate(step, box)
        if self._shared is not None and self._shared.shares:
            return self._shared(step, self.view.everything)[box_slices(box)]
        with self._lock:
            if step not in self._kept:
                while len(self._kept) >= _KEPT:
                    self._kept.popitem(last=False)
                self._kept[step] = self._evaluate(step, self.view.everything)
                self._kept[step].flags.writeable = False
            return self._kept[step][box_slices(box)]

    def step(self, step: int) -> StepMap:
        """One step as something to slice: ``step(0)[z, y, x]``."""
        return StepMap(self, step)

    def __getitem__(self, key: tuple[Any, ...]) -> NDArray[np.float32]:
        """Slice as an array of the field's shape would be: integers or slices without a step."""
        key = _full_key(key, self.ndim)
        if self.ndim == 3:
            return self.step(0)[key]
        steps = range(self.view.steps)[key[0]]
        if isinstance(steps, int):
            return self.step(steps)[key[1:]]
        return np.stack([self.step(step)[key[1:]] for step in steps])

    def check(self) -> None:
        """Evaluate everything once, a block at a time, so that a fault is found before any work is done."""

        def of_box(step: int, box: Box) -> None:
            self.region(step, box)

        self.view.reduce(of_box, lambda _: None)

    def to_dataarray(self) -> xr.DataArray:
        """Make a DataArray on the field's grid, with its coordinates; lazy where the field is or is large."""
        field = self.view.field
        if field.chunks is None and field.size <= _EAGER:
            data: Any = np.empty(self.shape, np.float32)
            for step in range(self.view.steps):
                target = data[step] if self.ndim == 4 else data
                for box in self.view.boxes():
                    target[box_slices(box)] = self.region(step, box)
        else:
            import dask.array

            chunks = field.chunks if field.chunks is not None else (1,) * (self.ndim - 3) + (64, 256, 256)
            data = dask.array.from_array(self, chunks=chunks, name=False)
        attrs = {"long_name": "importance", "units": "1", "importance": self.text}
        return xr.DataArray(data, coords=field.coords, dims=field.dims, name="importance", attrs=attrs)


def _again(
    view: FieldView,
    evaluate: Callable[[int, Box], NDArray[np.float32]],
    text: str,
    keep: bool,
    faces: Faces,
    shared: SharedResults[NDArray[np.float32]] | None,
) -> ImportanceMap:
    made = ImportanceMap(view, evaluate, text, keep=keep, faces=faces)
    made._shared = shared
    return made


class StepMap:
    """One step of an importance map: has a shape and gives float32 arrays for slices of z, y and x."""

    dtype = np.dtype(np.float32)
    ndim = 3

    def __init__(self, whole: ImportanceMap, step: int) -> None:
        self._whole = whole
        self._step = step

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y and x."""
        return self._whole.view.shape

    @property
    def faces(self) -> Faces:
        """Planes at which it may jump, as far as they are known."""
        return self._whole.faces

    def __getitem__(self, key: Any) -> NDArray[np.float32]:
        """Evaluate what slices (or integers) of z, y and x select."""
        spans, squeeze = [], []
        for part, size in zip(_full_key(key, 3), self.shape, strict=True):
            one = not isinstance(part, slice)
            chosen = range(size)[slice(part, part + 1 or None) if one else part]
            if chosen.step != 1:
                raise IndexError(f"an importance map takes slices without a step, got {part}")
            spans.append((chosen.start, max(chosen.start, chosen.stop)))
            squeeze.append(0 if one else slice(None))
        if any(start == stop for start, stop in spans):
            part_shape = [stop - start for start, stop in spans]
            return np.zeros(part_shape, np.float32)[tuple(squeeze)]
        z, y, x = spans
        return np.asarray(self._whole.region(self._step, (z, y, x))[tuple(squeeze)])


def _full_key(key: Any, ndim: int) -> tuple[Any, ...]:
    """Write out an index: an ellipsis and missing axes become full slices."""
    parts = key if isinstance(key, tuple) else (key,)
    if Ellipsis not in parts:
        parts = (*parts, Ellipsis)
    at = parts.index(Ellipsis)
    before, after = parts[:at], parts[at + 1 :]
    return (*before, *(slice(None),) * (ndim - len(before) - len(after)), *after)
