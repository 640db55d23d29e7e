"""An array that lies in a file, or in several, as boxes; assembled where it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.fields.arrays.dask_arrays import Readable
from idlat.fields.arrays.lazy_array import LazyArray

_MAX_CELLS = 50_000_000


@dataclass(frozen=True)
class ArrayTile:
    """A box of values and the index of its first one in the whole."""

    start: tuple[int, ...]
    values: Readable

    @property
    def stop(self) -> tuple[int, ...]:
        """One past the last index."""
        return tuple(a + n for a, n in zip(self.start, self.values.shape, strict=True))


@dataclass(frozen=True)
class TiledArray(LazyArray):
    """Boxes that cover an array.

    Attributes
    ----------
    shape
    dtype
    tiles
        Where they overlap, as pieces that share their border do, the last one counts.

    Examples
    --------
    >>> halves = (ArrayTile((0, 0), np.zeros((2, 2))), ArrayTile((2, 0), np.ones((1, 2))))
    >>> TiledArray((3, 2), np.dtype("f8"), halves)[1:3, 0:1].tolist()
    [[0.0], [1.0]]
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    tiles: tuple[ArrayTile, ...]

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read a part, of contiguous slices, from the boxes that it touches."""
        spans = [part.indices(size) for part, size in zip(key, self.shape, strict=True)]
        result = np.empty([max(0, stop - start) for start, stop, _ in spans], self.dtype)
        for tile in self.tiles:
            low = [max(a, span[0]) for a, span in zip(tile.start, spans, strict=True)]
            high = [min(b, span[1]) for b, span in zip(tile.stop, spans, strict=True)]
            if all(a < b for a, b in zip(low, high, strict=True)):
                inside = tuple(slice(a - o, b - o) for a, b, o in zip(low, high, tile.start, strict=True))
                where = tuple(slice(a - s[0], b - s[0]) for a, b, s in zip(low, high, spans, strict=True))
                result[where] = tile.values[inside]
        return result


def covers(shape: Sequence[int], boxes: Sequence[tuple[Sequence[int], Sequence[int]]]) -> bool:
    """Tell whether boxes (first index, one past the last) lie in an array and leave no voxel of it out.

    Examples
    --------
    >>> covers((3, 2), [((0, 0), (2, 2)), ((1, 0), (3, 2))]), covers((3, 2), [((0, 0), (2, 2))])
    (True, False)
    """
    if any(min(a) < 0 or any(np.greater(b, shape)) for a, b in boxes):
        return False
    cuts = [
        sorted({0, size, *(a[axis] for a, _ in boxes), *(b[axis] for _, b in boxes)})
        for axis, size in enumerate(shape)
    ]
    if np.prod([len(cut) - 1 for cut in cuts], dtype=object) > _MAX_CELLS:
        return False
    index = [{at: i for i, at in enumerate(cut)} for cut in cuts]
    seen = np.zeros([len(cut) - 1 for cut in cuts], bool)
    for low, high in boxes:
        seen[tuple(slice(i[a], i[b]) for i, a, b in zip(index, low, high, strict=True))] = True
    return bool(seen.all())
