"""What a view knows of its window: the one protocol between views and session; no view knows another.

::

    view ─ select, point, tell_map, drag_map, … ─▶ Host ─ on_selection_changed, on_pointed, … ─▶ all views
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from idlat.analysis.features import Scaling
from idlat.explorer.data import Blocks, Dataset, Estimate, ExplorerState, TreeEditor
from idlat.explorer.data.background_jobs import Progress, Work
from idlat.explorer.session.job_runner import JobRunner
from idlat.explorer.session.shared_context import SharedContext
from idlat.tiling import Triple

__all__ = ["EditedMap", "Host"]

Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class EditedMap:
    """The importance map that is edited, and what came of trying it.

    Attributes
    ----------
    slot : {"a", "b"}
        Which of the two maps.
    family : str
        What it is made of; the name of no family where it is typed.
    values : mapping of str to float
        All parameters of the family; empty where none is known.
    expression, quality : str, float
        What is tried.
    chunks : list of (z, y, x) or None
        Where it would be tried now; None leaves the choice to the workbench.
    estimate : Estimate or None
        What came of it last.
    running : bool
        Whether it is being tried, or will be in a moment.
    outdated : bool
        Whether the estimate is of other chunks than it would be now.
    """

    slot: str
    family: str
    values: Mapping[str, float]
    expression: str
    quality: float
    chunks: list[Triple] | None
    estimate: Estimate | None
    running: bool
    outdated: bool


class Host(Protocol):
    """A window, as its views see it; all of it is called on the event loop unless said otherwise.

    Attributes
    ----------
    server, state : Any
        trame's server of this window, and its state, which the page shows.
    loop : asyncio.AbstractEventLoop
        Runs all views.
    shared : SharedContext
        What all windows share.
    worker : JobRunner
        Runs what does not depend on the blocks in view.
    blocks, editor : Blocks, TreeEditor or None
        In view, and their tree; None until they are read.
    selection : bool array (n,) or None
        Which blocks are chosen; None for all.
    node : int or None
        The chosen cluster.
    points : float64 array (n, 2) or None
        The blocks in the projection of the latent space.
    edited_map : EditedMap or None
        On the workbench.
    closed : bool
        Whether the window has ended.
    """

    server: Any
    state: Any
    loop: asyncio.AbstractEventLoop
    shared: SharedContext
    worker: JobRunner
    blocks: Blocks | None
    editor: TreeEditor | None
    selection: Marks | None
    node: int | None
    points: NDArray[np.float64] | None
    edited_map: EditedMap | None
    closed: bool

    @property
    def dataset(self) -> Dataset:
        """The archive and its field."""

    def work(
        self,
        kind: str,
        label: str,
        work: Work,
        done: Callable[[Any], None],
        failed: Callable[[], None] | None = None,
    ) -> None:
        """Run work on the blocks in view on another thread; a result that others outdid is dropped."""

    def ahead(self, step: int) -> list[Callable[[Progress], object]]:
        """Return what computes what the views will show of another step, for the cache."""

    def later(self, call: Callable[[], None]) -> None:
        """Call something on the loop, from another thread."""

    def touch(self) -> None:
        """Tell the views that something changed."""

    def say(self, text: str, kind: str = "info") -> None:
        """Show a line for a few seconds; an empty one takes the last away."""

    def load(self, state: ExplorerState | None = None, scaling: Scaling | None = None) -> None:
        """Read the blocks that the page names, with features of a scaling, or take a state whole."""

    def load_shown(self) -> None:
        """Read the blocks that the page names, unless they are on their way."""

    def select(self, rows: Marks | None, node: int | None = None) -> None:
        """Choose blocks (n,), None for all; with a cluster where they are one's."""

    def tell_edited(self) -> None:
        """Tell the views that the tree changed."""

    def change_theme(self) -> None:
        """Tell the views that the theme changed."""

    def point(self, row: int | None) -> None:
        """Point at a block in every view; None at none."""

    def tell_map(self, edited: EditedMap) -> None:
        """Tell the views of the map that is edited."""

    def drag_map(self, values: Mapping[str, float]) -> None:
        """Give the map that is edited other parameters."""

    def want_map(self) -> None:
        """Ask for the map that is edited to be tried."""

    def photograph(self, take: Callable[[bytes], None]) -> None:
        """Let `take` have the picture of physical space as PNG."""

    def current_state(self) -> ExplorerState:
        """Return everything that the window shows."""

    def figures(self) -> dict[str, Any]:
        """Return what the views found, by the attributes of a report."""

    def offer(self, name: str, write: Callable[[Path], object]) -> None:
        """Let the page fetch a file; `write` fills it."""

    def download(self, name: str, write: Callable[[Path], object]) -> str:
        """Let `write` fill a file, on any thread; return the key for :meth:`hand_out`."""

    def hand_out(self, name: str, key: str) -> None:
        """Let the page fetch a file that is written."""
