"""Where the masks of an archive are: an array for each grid on which values are missing.

::

    mask               uint8 (mask, z, y, x), of the grid of the first variable
    mask_10_20_25      the same, of variables of 10×20×25 voxels, such as a staggered wind

Masks are numbered through the archive; an array has chunks of those that lie on its grid.
"""

from __future__ import annotations

from collections.abc import Sequence

from idlat.archive.format.array_paths import MASK
from idlat.archive.format.variable_record import VariableRecord
from idlat.tiling import Triple

__all__ = ["mask_arrays", "mask_path", "masks_on"]


def mask_path(volume: Triple, first: Triple) -> str:
    """Return the path of the array of masks of a grid, in an archive whose first variable has another.

    Examples
    --------
    >>> mask_path((10, 20, 24), (10, 20, 24)), mask_path((10, 20, 25), (10, 20, 24))
    ('mask', 'mask_10_20_25')
    """
    return MASK if volume == first else "_".join([MASK, *map(str, volume)])


def mask_arrays(variables: Sequence[VariableRecord]) -> dict[str, VariableRecord]:
    """Return the paths of the arrays of masks, each with the first of the variables that lies on its grid."""
    found: dict[str, VariableRecord] = {}
    for variable in variables:
        on_grid = [each for each in variables if each.volume == variable.volume]
        if any(each.has_mask for each in on_grid):
            found.setdefault(mask_path(variable.volume, variables[0].volume), variable)
    return found


def masks_on(volume: Triple, variables: Sequence[VariableRecord]) -> tuple[int, ...]:
    """Return the numbers of the masks that lie on a grid, rising."""
    own = [variable for variable in variables if variable.volume == volume]
    numbers = {mask for variable in own for part in variable.parts for mask in part.masks}
    return tuple(sorted(number for number in numbers if number >= 0))
