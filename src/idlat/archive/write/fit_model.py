"""Fitting the model to a variable: windows of it that stand for the whole."""

from __future__ import annotations

import math
from collections.abc import Sequence

from idlat.archive.original.tile_reader import VariableInput
from idlat.archive.write.importance_cuts import find_cuts
from idlat.model.latent_model import LatentModel
from idlat.model.tile_analysis import FitWindow
from idlat.tiling import Box, box_shape

__all__ = ["fit_model"]

_WINDOWS = 4
_CHUNK = 8  # cells of a chunk along an axis
_THIN = 8  # a chunk counts as this part of a whole one at least
_PAIRS = 2  # of a box in one step and in the next


def fit_model(source: VariableInput, model: LatentModel, gain: float, key_every: int = 1) -> LatentModel:
    """Return the model fitted to a variable at a gain.

    Parameters
    ----------
    source
        The variable's values and importance.
    model
        Any; one that is not fitted to variables comes back as it is.
    gain
        g.
    key_every
        Each so many time steps one is coded alone, the others under the step before where that pays.
    """
    if model.coding_json is None or not model.fit_voxels:
        return model
    windows = [_window(source, frame, box) for frame, box in _places(source, model.fit_voxels)]
    total = len(source.frames) * math.prod(source.grid.shape)
    cut = model.with_cuts(find_cuts(source, windows, model.importance_range))
    pairs = [] if key_every == 1 else _pairs(source, model.fit_voxels)
    # companding pays neither where errors are corrected to a bound nor in steps that are coded as differences
    linear = source.variable.bounds is not None or bool(pairs)
    fitted = cut.fitted(windows, gain, total / sum(window.x.size for window in windows), linear=linear)
    if not pairs:
        return fitted
    looked_at = sum(second.x.size for _, second in pairs)
    return fitted.fitted_to_series(pairs, gain, key_every, total / looked_at)


def _window(source: VariableInput, frame: int, box: Box) -> FitWindow:
    """Values and importance of a box of cells, as the model takes them."""
    seen = source.read(frame, box)
    inside = tuple(slice(n) for n in box_shape(source.grid.voxels_of(box)))
    return FitWindow(seen.x[inside], seen.importance[inside], source.grid.first_voxel(box))


def _pairs(source: VariableInput, most: int) -> list[tuple[FitWindow, FitWindow]]:
    """A few boxes, each in one step and in the next; none where the variable has one step."""
    components, cells, cell = source.variable.components, source.grid.cells, source.grid.cell
    firsts = [frame for frame in source.frames if frame + components in source.frames]
    side = _window_cells(cells, most // _PAIRS // 2, cell)
    found = []
    for k in range(min(_PAIRS, len(firsts))):
        frame = firsts[(2 * k + 1) * len(firsts) // (2 * min(_PAIRS, len(firsts)))]
        z, y, x = (
            ((n - s) * (k + 1) // 3, (n - s) * (k + 1) // 3 + s) for n, s in zip(cells, side, strict=True)
        )
        found.append((_window(source, frame, (z, y, x)), _window(source, frame + components, (z, y, x))))
    return found


def _places(source: VariableInput, most: int) -> list[tuple[int, Box]]:
    """Frames and cells of the windows, spread over the variable."""
    cells, cell = source.grid.cells, source.grid.cell
    voxels = _counted(cells, cell)
    frames = _spread(source.frames, min(len(source.frames), max(1, min(_WINDOWS, most // voxels))))
    if voxels <= most:
        return [(frame, ((0, cells[0]), (0, cells[1]), (0, cells[2]))) for frame in frames]
    frames = _spread(source.frames, min(len(source.frames), _WINDOWS))
    side = _window_cells(cells, most // _WINDOWS, cell)
    places = []
    for k in range(_WINDOWS):
        starts = []
        for axis, (n, s) in enumerate(zip(cells, side, strict=True)):
            share = (2 * ((k * (1, 3, 1)[axis] + (0, 1, 2)[axis]) % _WINDOWS) + 1) / (2 * _WINDOWS)
            starts.append(min(int(share * n), n - s))
        z, y, x = ((a, a + s) for a, s in zip(starts, side, strict=True))
        places.append((frames[k % len(frames)], (z, y, x)))
    return places


def _counted(cells: Sequence[int], cell: int) -> int:
    """Voxels of a box of cells; of a thin one more, for each of its chunks has a cost of its own."""
    chunks = math.prod(-(-n // _CHUNK) for n in cells)
    return cell**3 * max(math.prod(cells), chunks * _CHUNK**3 // _THIN)


def _window_cells(cells: Sequence[int], most: int, cell: int) -> tuple[int, int, int]:
    """Sides of a window of at most so many voxels, as near to a cube as the field is.

    >>> _window_cells((6, 100, 100), 2**18, 8), _window_cells((1, 1, 12500), 2**18, 8)
    ((6, 9, 9), (1, 1, 64))
    """
    side = [1, 1, 1]
    while True:
        grown = [min(n, s + 1) if s == min(side) or s < n else s for n, s in zip(cells, side, strict=True)]
        if grown == side or _counted(grown, cell) > most:
            return side[0], side[1], side[2]
        side = grown


def _spread(frames: range, count: int) -> list[int]:
    """Choose some frames, evenly spread."""
    return [frames[(2 * i + 1) * len(frames) // (2 * count)] for i in range(count)]
