"""Keeping results: the state in the address and as a file, pictures, exports, a map, the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from idlat.analysis.features import UNSTATED_SCALING
from idlat.errors import IdlatError
from idlat.explorer.data import ExplorerState, Workbench
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.data.clusters.tree_file import clusters_in
from idlat.explorer.data.saving.explorer_state import TABS
from idlat.explorer.data.saving.export_selection import EXPORTS, Export, write
from idlat.explorer.data.saving.html_report import Report, ReportPicture
from idlat.explorer.message_checks import Check, one_of, text
from idlat.explorer.session.debounce import Debounce
from idlat.explorer.session.page_view import Action, View, action, kept
from idlat.explorer.session.view_host import Host

__all__ = ["SavingView"]

LONGEST = 2**22
"""Characters of a state that is loaded."""

TITLES: dict[Export, str] = {
    "mask": "Mask (NetCDF)",
    "field": "Field (NetCDF)",
    "mesh": "Isosurface mesh (PLY)",
    "blocks": "Table of blocks (CSV)",
}

REST = 0.4
"""Seconds without a change after which the address takes the state."""


class SavingView(View):
    """The menu of what can be kept, and the address."""

    KEPT = kept("tab")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._pause = Debounce(REST, host.loop)

    def initial(self) -> Mapping[str, Any]:
        """Return what can be exported."""
        return {"exports": [{"kind": kind, "title": TITLES[kind]} for kind in EXPORTS], "tab": TABS[0]}

    def fields(self) -> Mapping[str, Check]:
        """Return which page of the dock shows: it is kept, and nothing else depends on it."""
        return {"tab": one_of(*TABS)}

    def restore(self, state: ExplorerState) -> None:
        """Show a page of the dock; of a series' page there is none without one."""
        super().restore(state)
        if state.tab == "time" and self.host.dataset.steps == 1:
            self.state.tab = TABS[0]

    def actions(self) -> Mapping[str, Action]:
        """Return what the menu asks for."""
        return {
            "open": action(self.open, fragment=text(LONGEST)),
            "restore": action(self.restore_text, text=text(LONGEST)),
            "save_state": action(self.save_state),
            "save_clusters": action(self.save_clusters),
            "report": action(self.report),
            "save_expression": action(self.save_expression),
            "save_archive": action(self.save_archive),
            "export": action(self.export, what=one_of(*EXPORTS)),
        }

    def open(self, fragment: str) -> None:
        """Begin with the state of an address, or afresh."""
        if not fragment:
            self.host.load_shown()
            return
        try:
            self._restore(ExplorerState.from_fragment(fragment))
        except IdlatError:
            if self.host.blocks is None:
                self.host.load_shown()
            raise

    def restore_text(self, text: str) -> None:
        """Take the state of a file, or the clusters of one that ``idlat analyze clusters`` wrote."""
        clusters = clusters_in(text)
        if clusters is None:
            self._restore(ExplorerState.from_json(text))
            return
        source, scaling = (
            Path(str(clusters.get("source", ""))).name,
            str(clusters.get("scaling") or UNSTATED_SCALING),
        )
        given = clusters.get("variables")
        names = [str(name) for name in given] if isinstance(given, list) else []
        variable = names[0] if len(names) == 1 else self.state.variable
        if len(names) > 1:
            joined = f"the clusters are of {', '.join(names)} together: figures here are of {variable} alone"
            self.host.say(joined)
        chosen = replace(self.host.current_state(), archive=source, variable=variable, scaling=scaling)
        self._restore(replace(chosen, tree=clusters, tree_step=None, node=0, selection=None))

    def _restore(self, state: ExplorerState) -> None:
        """Take a state whole, or refuse it whole; its tree is checked once the blocks are read."""
        dataset, title = self.host.dataset, self.host.shared.title
        variable = state.variable or dataset.variables[0]
        if variable not in dataset.variables:
            raise IdlatError(f"the state is of variable {variable!r}, which {title} does not hold")
        dataset.check_step(state.step)
        if state.archive and state.archive != title:
            self.host.say(f"the file was saved for {state.archive}; this is {title}")
        self.host.load(state)

    def on_any_change(self) -> None:
        """Write the address once nothing has changed for a moment."""
        self._pause.ask(self._write)

    def _write(self) -> None:
        if self.host.closed or self.host.blocks is None or self.host.worker.runs("blocks"):
            return
        with self.state:
            self.state.fragment = self.host.current_state().to_fragment()

    def save_state(self) -> None:
        """Offer the state as a file."""
        content = self.host.current_state().to_json()
        self.host.offer("explorer-state.json", lambda path: path.write_text(content, encoding="utf-8"))

    def save_clusters(self) -> None:
        """Measure the clusters on another thread, and offer them as ``idlat analyze clusters`` does."""
        editor = self.host.editor
        if editor is None:
            return

        def fill(path: Path) -> None:
            path.write_text(editor.cluster_file().to_json(), encoding="utf-8")

        self.host.worker.run(
            "export",
            "Writing clusters.json",
            lambda *_: self.host.download("clusters.json", fill),
            lambda key: self.host.hand_out("clusters.json", key),
        )

    def export(self, what: Export) -> None:
        """Write the selection, or all blocks where there is none, on another thread; offer the file."""
        blocks, editor, marks = self.host.blocks, self.host.editor, self.host.selection
        if blocks is None or editor is None:
            return
        rows = np.arange(blocks.count) if marks is None else np.flatnonzero(marks)
        chosen, isovalue = blocks.selected(rows), float(self.state.isovalue)
        points = self.host.points
        name = f"{what}-step{blocks.step}{EXPORTS[what]}"

        def fill(path: Path, progress: Progress) -> None:
            write(what, path, editor, chosen, isovalue=isovalue, points=points, progress=progress)

        def work(progress: Progress, _: Callable[[], bool]) -> str:
            return self.host.download(name, lambda path: fill(path, progress))

        self.host.worker.run("export", f"Writing {name}", work, lambda key: self.host.hand_out(name, key))

    def report(self) -> None:
        """Write a report of what was found so far, on another thread, and offer it."""
        if self.host.editor is not None:
            self.host.photograph(self._report)

    def _report(self, png: bytes) -> None:
        editor = self.host.editor
        if editor is None:
            return
        report = Report(
            editor=editor,
            state=self.host.current_state(),
            pictures=(ReportPicture("Physical space", png),),
            points=self.host.points,
            **self.host.figures(),
        )
        name = f"{self.host.shared.title.split('.')[0]}-report.html"
        self.host.worker.run(
            "report",
            "Writing the report",
            lambda progress, _: self.host.download(name, lambda path: report.write(path, progress=progress)),
            lambda key: self.host.hand_out(name, key),
        )

    def save_expression(self) -> None:
        """Offer the expression as text."""
        edited = self.host.edited_map
        if edited is not None:
            line = edited.expression + "\n"
            self.host.offer("importance.txt", lambda path: path.write_text(line, encoding="utf-8"))

    def save_archive(self) -> None:
        """Compress every step under the map on another thread, and offer the archive."""
        bench, edited = Workbench(self.host.dataset), self.host.edited_map
        if edited is None:
            return
        expression, quality = edited.expression, edited.quality
        name = f"{self.host.shared.title.split('.')[0]}-{edited.slot}.idlat.zip"

        def work(progress: Any, cancelled: Any) -> str:
            return self.host.download(
                name,
                lambda path: bench.save(expression, quality, path, progress=progress, cancelled=cancelled),
            )

        self.host.worker.run(
            "archive", "Writing the archive", work, lambda key: self.host.hand_out(name, key)
        )

    def close(self) -> list[Callable[[], object]]:
        """Write no more."""
        self._pause.cancel()
        return []
