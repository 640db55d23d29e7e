"""Maps A and B compared on the page, and the blocks that change cluster between them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.data import Comparison, Workbench
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.workbench.map_on_trial import MapTrial

__all__ = ["EMPTY", "MapComparison"]

EMPTY = {"comparison_text": "", "moved_blocks": 0}
"""State while nothing is compared."""


class MapComparison:
    """Compares both maps once they were tried on the same chunks.

    Parameters
    ----------
    host
        The window.
    trials
        Maps A and B.
    """

    def __init__(self, host: Host, trials: Mapping[str, MapTrial]) -> None:
        self._host, self._trials = host, trials
        self._marks: NDArray[np.bool_] | None = None  # the blocks that it showed
        self.found: Comparison | None = None

    @property
    def looks(self) -> bool:
        """Whether the blocks that change cluster are selected, to be looked at: not to be tried alone."""
        return self._marks is not None and self._host.selection is self._marks

    def forget(self) -> None:
        """Show no comparison."""
        self.found = None
        self._host.state.update(EMPTY)

    def begin(self, bench: Workbench) -> None:
        """Compare the two maps, unless they were tried on other chunks than each other."""
        a, b = self._trials["a"].estimate, self._trials["b"].estimate
        if a is None or b is None or (a.chunks, a.step) != (b.chunks, b.step):
            self.forget()
            return
        self._host.work(
            "compare",
            "Comparing both maps",
            lambda progress, _: bench.compare(a, b, progress=progress),
            self._take,
        )

    def _take(self, comparison: Comparison) -> None:
        trials = self._trials
        if comparison.a is not trials["a"].estimate or comparison.b is not trials["b"].estimate:
            return  # another map is tried meanwhile
        found = comparison.to_dict()
        self.found = comparison
        size = found["b"]["bytes"] / found["a"]["bytes"] - 1
        inside = found["change"]["psnr_inside"]
        quality = "" if inside is None else f", {inside:+.1f} dB inside A"
        self._host.state.moved_blocks = found["moved"]
        self._host.state.comparison_text = (
            f"B against A: {100 * size:+.0f} % bytes{quality}; {found['moved']} blocks "
            f"({100 * found['share_moved']:.0f} %) change cluster"
        ).replace("-", "−")

    def show_moved(self) -> None:
        """Select the blocks whose cluster the two maps see differently; what is compared stays."""
        host = self._host
        if host.blocks is None or self.found is None:
            return
        grid = np.zeros(host.blocks.dataset.block_shape, bool)
        moved = self.found.to_dict()["moved_blocks"]
        grid[tuple(np.array(moved, np.intp).reshape(-1, 3).T)] = True
        self._marks = host.blocks.rows_of(grid)
        host.select(self._marks, 0)
