"""What was edited of the clusters of one variable, step after step, and every change taken back.

::

    tree of step 0 ─ split ─▶ tree of step 0 ─ walk to step 3, rename ─▶ tree of step 3      History.now
                     undo: back to what was edited before, which the step in view takes from its own step
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from idlat.analysis import ClusterTree
from idlat.explorer.data.step_blocks import Blocks

__all__ = ["PALETTE", "Authored", "Edition", "History", "colour_of"]

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")
"""Okabe and Ito (2008), without black, which a dark page hides."""

_GOLDEN = 0.618034  # of a turn from hue to hue: no two neighbours are alike

_KEPT = 100  # editions


@dataclass(frozen=True)
class Edition:
    """One state of the tree; the names and colours that were given, by the nodes' ids."""

    tree: ClusterTree
    names: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    colours: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def untouched(self) -> bool:
        """Whether it is as a tree begins: one cluster without name or colour of its own."""
        return len(self.tree.nodes) == 1 and not self.names and not self.colours


@dataclass(frozen=True, eq=False)
class Authored:
    """An edition, and the blocks that it was made of: of one step."""

    blocks: Blocks
    edition: Edition


class History:
    """Editions of a variable's clusters, whatever step they were made in.

    Parameters
    ----------
    now : Authored
        Where it begins.
    """

    def __init__(self, now: Authored) -> None:
        self.now = now
        self._before: list[Authored] = []
        self._after: list[Authored] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether a change was taken back."""
        return bool(self._after)

    def push(self, made: Authored) -> None:
        """Go on to another edition."""
        self._before = [*self._before, self.now][-_KEPT:]
        self._after = []
        self.now = made

    def back(self) -> bool:
        """Go back to the edition before; tell whether there is one."""
        return self._move(self._before, self._after)

    def forth(self) -> bool:
        """Go on to the edition that was left last; tell whether there is one."""
        return self._move(self._after, self._before)

    def _move(self, source: list[Authored], target: list[Authored]) -> bool:
        if not source:
            return False
        target.append(self.now)
        self.now = source.pop()
        return True


def colour_of(node: int) -> str:
    """Return the colour of a cluster, ``#rrggbb``; beyond the palette, hues a golden part of a turn apart.

    Examples
    --------
    >>> colour_of(0), colour_of(1), colour_of(9)
    ('#9aa0a6', '#0072b2', '#c7584d')
    """
    if node == 0:
        return "#9aa0a6"
    if node <= len(PALETTE):
        return PALETTE[node - 1]
    turn = (node - len(PALETTE) - 1) * _GOLDEN % 1
    lightness = (0.54, 0.68, 0.42)[node % 3]
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(turn + 0.015, lightness, 0.52))
    return f"#{red:02x}{green:02x}{blue:02x}"
