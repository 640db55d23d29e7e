"""Which masks of an archive are the same: each different one gets a number, whatever frame has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from idlat.archive.format.mask_array import mask_hash
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.original.field_scan import FrameMask
from idlat.tiling import Triple

__all__ = ["MaskNumbers"]

_ALL_VALID = -1


class MaskNumbers:
    """The masks of an archive's frames, as far as they have been seen.

    Parameters
    ----------
    first
        Voxels (z, y, x) of the grid of the archive's first variable.
    known
        Hashes of those that the archive has.
    """

    def __init__(self, first: Triple, known: Iterable[str] = ()) -> None:
        self.first, self.hashes = first, list(known)

    def numbered(self, variable: VariableRecord, masks: Sequence[FrameMask]) -> VariableRecord:
        """Return a variable whose last part says which masks its frames have.

        Parameters
        ----------
        variable
            Its outliers are those of all its parts.
        masks
            Of the frames of its last part.
        """
        numbers = [self._number(variable, mask) for mask in masks]
        once = numbers[: variable.components]
        if numbers == once * (len(numbers) // len(once)):
            numbers = once
        last = replace(variable.parts[-1], masks=tuple(numbers))
        return replace(variable, parts=(*variable.parts[:-1], last))

    def _number(self, variable: VariableRecord, mask: FrameMask) -> int:
        if not mask.categories:
            return _ALL_VALID
        apart: tuple[object, ...] = ()
        if mask.outliers:
            apart = (variable.dtype, len(variable.fill_values), *variable.outlier_values)
        if variable.volume != self.first:  # of another grid, whose masks are another array
            apart = (*variable.volume, *apart)
        name = mask_hash(mask.categories, apart)
        if name not in self.hashes:
            self.hashes.append(name)
        return self.hashes.index(name)
