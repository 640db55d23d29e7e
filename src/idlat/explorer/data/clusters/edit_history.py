"""What was edited of the clusters of one variable, step after step, and every change taken back.

::

    tree of step 0 ─ split ─▶ tree of step 0 ─ walk to step 3, rename ─▶ tree of step 3      History.now
                     undo: back to what was edited before, which the step in view takes from its own step
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from idlat.analysis import ClusterTree
from idlat.explorer.data.step_blocks import Blocks

__all__ = ["Authored", "Edition", "History"]

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
