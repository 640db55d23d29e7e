"""Coding a chunk under the same chunk of the time step before (design section 3a).

What of a coefficient is coded is its difference from a *share* of the one before, in quarters: 4 where fields
change slowly, 0 where the one before only foretells how large it is. Shares are fitted to the variable, one
for each sum of a subband's frequencies.

    latents before ─ in the steps of this chunk ─┬─ share ─▶ foretold ─ difference is coded ─▶ latents
                                                 └─ hints ─▶ classes of the difference
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.class_hints import hints_of, no_shifts, read_shifts, shifted_classes
from idlat.coding.magnitudes import LARGEST
from idlat.coding.subband_walk import Hints
from idlat.model.subband.cell_map import CellMap
from idlat.transform.subbands import SubbandLayout

__all__ = ["MOST_STEPS", "SHARES", "Foretold", "SeriesCoding", "frequencies", "likely_bits", "pays"]

Array = NDArray[np.int64]

#: Shares, in quarters, that are chosen from.
SHARES = (0, 2, 3, 4)
#: The most steps between two key steps.
MOST_STEPS = 64
_FREQUENCIES = 22  # sums of three frequencies below 8


class Foretold(NamedTuple):
    """What the step before says of a box: values (N,), and hints; values are subtracted before coding."""

    values: Array
    hints: Hints


@dataclass(frozen=True)
class SeriesCoding:
    """How time steps of a variable are coded under the step before.

    Attributes
    ----------
    key_every : int
        Each so many steps, one is coded alone: at least 2.
    shares : tuple of int
        By the sum of a subband's frequencies; 0 beyond the last.
    shifts : bytes
        See :mod:`idlat.coding.class_hints`.
    """

    key_every: int
    shares: tuple[int, ...]
    shifts: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        shifts = base64.b64encode(self.shifts).decode("ascii")
        return {"key_every": self.key_every, "shares": list(self.shares), "shifts": shifts}

    @classmethod
    def from_json(cls, values: Any) -> SeriesCoding:
        """Read :meth:`to_json`'s result.

        Raises
        ------
        CorruptStreamError, KeyError, TypeError, ValueError
            If it is none.
        """
        every, shares = values["key_every"], tuple(values["shares"])
        if set(values) != {"key_every", "shares", "shifts"} or type(every) is not int:
            raise ValueError("entries are missing or unknown")
        known = all(type(share) is int and share in SHARES for share in shares)
        if not 2 <= every <= MOST_STEPS or len(shares) > _FREQUENCIES or not known:
            raise ValueError("a series is coded in another way")
        shifts = base64.b64decode(values["shifts"], validate=True)
        read_shifts(shifts)  # damaged ones are to be told of here
        return cls(every, shares, shifts)

    @cached_property
    def hinted(self) -> NDArray[np.uint8]:
        """Classes by hint and by the box's class."""
        return shifted_classes(read_shifts(self.shifts))

    def foretell(
        self, before: NDArray[np.int32], levels: Array, where: CellMap, *, shifted: bool = True
    ) -> Foretold:
        """Return what the latents (1 + 512, z, y, x) before say of a chunk with these levels (z, y, x).

        Without `shifted`, hints are there and change no class.
        """
        finer = (-before[0].astype(np.int64) - levels).ravel()
        values = before[1:].reshape(-1)[where.places].astype(np.int64)
        if finer.any():
            values = _in_steps(values, finer[where.cell])
        shares = np.array(self.shares + (0,) * (_FREQUENCIES - len(self.shares)))[frequencies(where.layout)]
        hints = hints_of(values, where.layout, shares > 0)
        part = np.sign(values) * ((np.abs(values) * shares + 1) // 4)
        return Foretold(part, Hints(hints, self.hinted if shifted else shifted_classes(no_shifts())))


def pays(real: NDArray[np.floating[Any]] | Array, foretold: Foretold) -> bool:
    """Whether differences are likely to take fewer bits than coefficients (N,), which are in steps."""
    return likely_bits(real - foretold.values) <= likely_bits(real)


def likely_bits(values: NDArray[np.floating[Any]] | Array) -> float:
    """Return about how many bits values in steps take; infinity where they are too large to be coded."""
    sizes = np.abs(values)
    return math.inf if sizes.max(initial=0) > LARGEST else float(np.log2(1 + sizes).sum())


def frequencies(layout: SubbandLayout) -> Array:
    """Return the sum of the frequencies of each coefficient (N,), 0 to 21."""
    return np.repeat([sum(band.key) for band in layout.bands], [band.size for band in layout.bands])


def _in_steps(values: Array, finer: Array) -> Array:
    """Return values in steps that are 2^`finer` times as fine, rounded, and limited."""
    sizes, coarser = np.abs(values), np.maximum(-finer, 0)
    rounded = (sizes + (np.int64(1) << coarser >> 1)) >> coarser
    return np.asarray(np.sign(values) * np.minimum(rounded << np.maximum(finer, 0), LARGEST))
