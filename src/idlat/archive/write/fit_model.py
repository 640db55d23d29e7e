"""Fitting the model to a variable: windows of it that stand for the whole."""

from __future__ import annotations

import math
from collections.abc import Sequence

from idlat.archive.original.tile_reader import VariableInput
from idlat.model.latent_model import LatentModel
from idlat.tiling import Box, box_shape

__all__ = ["fit_model"]

_MOST = 2**21  # voxels of all windows
_WINDOWS = 4


def fit_model(source: VariableInput, model: LatentModel, gain: float) -> LatentModel:
    """Return the model fitted to a variable at a gain.

    Parameters
    ----------
    source
        The variable's values and importance.
    model
        Any; one that is not fitted to variables comes back as it is.
    gain
        g.
    """
    if model.coding_json is None:
        return model
    windows, looked_at = [], 0
    for frame, box in _places(source):
        z, y, x = box
        seen = source.read(frame, (z, y, x))
        inside = tuple(slice(n) for n in box_shape(source.grid.voxels_of(box)))
        windows.append((seen.x[inside], seen.importance[inside]))
        looked_at += math.prod(windows[-1][0].shape)
    total = len(source.frames) * math.prod(source.grid.shape)
    return model.fitted(windows, gain, total / looked_at)


def _places(source: VariableInput) -> list[tuple[int, Box]]:
    """Frames and cells of the windows, spread over the variable."""
    cells, cell = source.grid.cells, source.grid.cell
    voxels = math.prod(n * cell for n in cells)
    frames = _spread(source.frames, min(len(source.frames), max(1, min(_WINDOWS, _MOST // voxels))))
    if voxels <= _MOST:
        return [(frame, ((0, cells[0]), (0, cells[1]), (0, cells[2]))) for frame in frames]
    frames = _spread(source.frames, min(len(source.frames), _WINDOWS))
    side = _window_cells(cells, _MOST // _WINDOWS // cell**3)
    places = []
    for k in range(_WINDOWS):
        starts = []
        for axis, (n, s) in enumerate(zip(cells, side, strict=True)):
            share = (2 * ((k * (1, 3, 1)[axis] + (0, 1, 2)[axis]) % _WINDOWS) + 1) / (2 * _WINDOWS)
            starts.append(min(int(share * n), n - s))
        z, y, x = ((a, a + s) for a, s in zip(starts, side, strict=True))
        places.append((frames[k % len(frames)], (z, y, x)))
    return places


def _window_cells(cells: Sequence[int], most: int) -> tuple[int, int, int]:
    """Sides of a window of at most so many cells, as near to a cube as the field is.

    >>> _window_cells((6, 100, 100), 512)
    (6, 9, 9)
    """
    side = [1, 1, 1]
    while True:
        grown = [min(n, s + 1) if s == min(side) or s < n else s for n, s in zip(cells, side, strict=True)]
        if grown == side or math.prod(grown) > most:
            return side[0], side[1], side[2]
        side = grown


def _spread(frames: range, count: int) -> list[int]:
    """Choose some frames, evenly spread."""
    return [frames[(2 * i + 1) * len(frames) // (2 * count)] for i in range(count)]
