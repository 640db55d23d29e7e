"""Trying the maps of the workbench: on which chunks, when, and what is done with what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from idlat.errors import IdlatError
from idlat.explorer.data import Estimate, Workbench
from idlat.explorer.data.background_jobs import CancelledError, Progress
from idlat.explorer.data.workbench.map_workbench import MOST_CHUNKS
from idlat.explorer.notation import without_help
from idlat.explorer.session.debounce import Debounce
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.workbench.map_comparison import MapComparison
from idlat.explorer.views.workbench.map_on_trial import MapTrial, nearest_chunks

__all__ = ["TrialRunner"]

REST = 0.25
"""Seconds without a change after which a dragged map is tried: trying takes the time that drawing needs."""


class TrialRunner:
    """Codes the chunks of the selection under a map, on another thread.

    Parameters
    ----------
    host
        The window.
    trials
        Maps A and B, which take what came of them.
    comparing
        Compares them, once both were tried.
    show
        Shows them on the page.
    """

    def __init__(
        self,
        host: Host,
        trials: Mapping[str, MapTrial],
        comparing: MapComparison,
        show: Callable[[], None],
    ) -> None:
        self._host, self._trials, self._comparing, self._show = host, trials, comparing, show
        self._pauses = {slot: Debounce(REST, host.loop) for slot in trials}

    @property
    def chunks(self) -> list[tuple[int, int, int]] | None:
        """The chunks of the selection; None leaves the choice to the workbench."""
        blocks, marks = self._host.blocks, self._host.selection
        if blocks is None or marks is None:
            return None
        model = blocks.dataset.archive.model
        side = model.chunk_cells * model.cell // blocks.dataset.block
        return nearest_chunks(blocks.positions[marks], side, MOST_CHUNKS)

    def outdated(self, slot: str) -> bool:
        """Tell whether a map was tried on other chunks than it would be now."""
        trial = self._trials[slot]
        return trial.estimate is not None and not self._comparing.looks and trial.asked != self.chunks

    def trying(self, slot: str) -> bool:
        """Tell whether a map is being tried, or will be in a moment."""
        return self._pauses[slot].waiting or bool(self._host.worker.runs(f"estimate-{slot}"))

    def estimate_soon(self, slot: str) -> None:
        """Try a map once the hand rests; what is tried of it until then is given up."""
        self._host.worker.cancel(f"estimate-{slot}")
        self._pauses[slot].ask(lambda: self.estimate(slot))

    def estimate(self, slot: str) -> None:
        """Code the chunks in view under a map; the latest wins."""
        dataset, blocks = self._host.dataset, self._host.blocks
        self._pauses[slot].cancel()
        trial = self._trials[slot]
        if blocks is None or not dataset.has_field:
            return
        bench = Workbench(dataset, blocks.variable)
        expression, quality = trial.expression, trial.quality
        chunks = self.chunks

        def take(found: Estimate | IdlatError) -> None:
            if (trial.expression, trial.quality) != (expression, quality):
                return
            if isinstance(found, IdlatError):
                trial.wrong = without_help(str(found))
                self._host.say(trial.wrong, "error")
            else:
                trial.took(found, chunks)
                self._try_beside(slot, found)
                self._comparing.begin(bench)
            self._show()

        def work(progress: Progress, cancelled: Callable[[], bool]) -> Estimate | IdlatError:
            try:
                return bench.estimate(expression, quality, blocks.step, chunks, progress, cancelled)
            except CancelledError:
                raise
            except IdlatError as error:  # told beside the expression, for as long as it is there
                return error

        trial.wrong = ""
        self._host.work(f"estimate-{slot}", f"Trying map {slot.upper()}", work, take)

    def _try_beside(self, slot: str, found: Estimate) -> None:
        """Try the other map on the same chunks, where it was tried on others: the two are compared."""
        other = "b" if slot == "a" else "a"
        before = self._trials[other].estimate
        if before is not None and before.chunks != found.chunks:
            self.estimate(other)

    def close(self) -> None:
        """Try nothing that waits."""
        for pause in self._pauses.values():
            pause.cancel()
