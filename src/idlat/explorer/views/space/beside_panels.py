"""Panels of other variables and steps, beside those of the one in view: 2 × 2 at most, under one camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from idlat.errors import IdlatError
from idlat.explorer.data import BesideState, ExplorerState
from idlat.explorer.data.background_jobs import Progress
from idlat.explorer.message_checks import one_of, optional, whole
from idlat.explorer.scene.geometry.colour_maps import SEQUENTIAL
from idlat.explorer.scene.scene_settings import BESIDE, MOST_PANELS, Kind, Points
from idlat.explorer.scene.scene_state import PanelValues
from idlat.explorer.session.page_view import Action, action
from idlat.explorer.views.space.canvas import Canvas
from idlat.explorer.views.space.hidden_values import BlockSpans, why_hidden
from idlat.explorer.views.space.panel_tuning import Of, PanelTuning, ShownBeside, look_of, reach_of
from idlat.explorer.views.space.pointer_probe import value_at
from idlat.tiling import Triple

__all__ = ["BesidePanels"]


class BesidePanels:
    """What is shown beside the variable and step in view, each with a look of its own.

    Parameters
    ----------
    canvas
        Draws them.
    changed
        Called when there are more of them, or fewer.
    """

    def __init__(self, canvas: Canvas, changed: Callable[[], None]) -> None:
        self._canvas, self._changed = canvas, changed
        self._panels: list[BesideState] = []
        self._asked: dict[int, Of] = {}
        self._shown: dict[int, ShownBeside] = {}
        self._drawn: dict[int, tuple[ShownBeside, tuple[float, float], PanelValues]] = {}
        self.tuning = PanelTuning(self, canvas)

    def initial(self) -> dict[str, Any]:
        """Return what the page begins with."""
        dataset = self._canvas.host.dataset
        several = len(dataset.variables) > 1 or dataset.steps > 1
        return {
            "beside": [],
            "can_beside": several,
            **self.tuning.initial(),
            "most_panels": MOST_PANELS,
        }

    def actions(self) -> Mapping[str, Action]:
        """Return what the page asks for."""
        dataset = self._canvas.host.dataset
        index = whole(0, len(BESIDE) - 1)
        return {
            "add_beside": action(self.add),
            "set_beside": action(
                self.set_panel,
                index=index,
                variable=one_of(*dataset.variables),
                step=optional(whole(0, dataset.steps - 1)),
                what=one_of("original", "reconstruction"),
            ),
            "drop_beside": action(self.drop, index=index),
            **self.tuning.actions(),
        }

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._panels)

    @property
    def following(self) -> list[tuple[str, Literal["original", "reconstruction"]]]:
        """Variables, and what of them, whose step is the one in view."""
        return [(each.variable, _what(each.what)) for each in self._panels if each.step is None]

    def add(self) -> None:
        """Show the next variable, or the next step of the only one.

        Raises
        ------
        IdlatError
            There is no room for one more.
        """
        state, dataset = self._canvas.state, self._canvas.host.dataset
        if len(self._panels) == len(BESIDE):
            raise IdlatError(f"{MOST_PANELS} panels are shown at most: take one away")
        taken = {state.variable, *(each.variable for each in self._panels)}
        free = [name for name in dataset.variables if name not in taken]
        step = None if free else (int(state.step) + 1 + len(self._panels)) % dataset.steps
        panel = BesideState(free[0] if free else state.variable, step)
        self._panels.append(self._suited(panel, len(self._panels)))
        self._rearranged()

    def set_panel(
        self, index: int, variable: str, what: Literal["original", "reconstruction"], step: int | None = None
    ) -> None:
        """Show something else in a panel; of another variable with a look that suits it.

        Raises
        ------
        IdlatError
            The original is wanted and there is none.
        """
        if index >= len(self._panels):
            return
        if what == "original" and not self._canvas.host.dataset.has_field:
            raise IdlatError("the original needs the field: start the explorer with it after the archive")
        before = self._panels[index]
        panel = replace(before, variable=variable, step=step, what=what)
        if before.variable != variable:
            panel = self._suited(panel, index)
        self._panels[index] = panel
        self.sync()
        self._tell()

    def _suited(self, panel: BesideState, index: int) -> BesideState:
        """Return a panel with the look to begin with: that of the variable in view for its other steps."""
        state = self._canvas.state
        if panel.variable != state.variable:
            names = list(SEQUENTIAL)
            colours = names[(1 + index) % len(names)]
            return replace(panel, colours=colours, transfer=(), colour_range=(), isovalue=None)
        return replace(
            panel,
            colours=state.colours_name,
            transfer=tuple((value, opacity) for value, opacity in state.transfer),
            colour_range=tuple(state.colour_range),
            isovalue=state.isovalue,
        )

    def drop(self, index: int) -> None:
        """Take a panel away; those behind it move up."""
        if index < len(self._panels):
            del self._panels[index]
            self._canvas.state.tuned = 0
            self._shown = {i - (i > index): shown for i, shown in self._shown.items() if i != index}
            self._asked = {i - (i > index): of for i, of in self._asked.items() if i != index}
            self._rearranged()

    def keep(self) -> tuple[BesideState, ...]:
        """Return what a state keeps."""
        return tuple(self._panels)

    def restore(self, state: ExplorerState) -> None:
        """Take what a state kept, as far as this archive has it."""
        dataset = self._canvas.host.dataset
        self._panels = [
            replace(each, colours=each.colours if each.colours in SEQUENTIAL else "viridis")
            for each in state.beside
            if each.variable in dataset.variables
            and (each.step is None or each.step < dataset.steps)
            and (each.what == "reconstruction" or dataset.has_field)
        ]
        self._canvas.state.update({"tuned": 0, "most_panels": MOST_PANELS - len(self._panels)})
        self._asked.clear()
        self._shown.clear()
        self._drawn.clear()
        self._canvas.scene = self._canvas.scene.without(*BESIDE)
        self._tell()  # they are decoded once the panels in view are

    def told(self, sample: Triple) -> list[dict[str, str]]:
        """Return the value of a sample (z, y, x) in each panel, by name."""
        found = []
        for _, shown in sorted(self._shown.items()):
            if all(i < n for i, n in zip(sample, shown.volume.values.shape, strict=True)):
                found.append(value_at(shown.volume, sample, self._title(shown.of), shown.units))
        return found

    def hidden(self) -> list[str]:
        """Say of which panel nothing of the chosen blocks is seen, and why."""
        scene, told = self._canvas.scene, []
        for index, shown in sorted(self._shown.items()):
            look = scene.looks.get(BESIDE[index])
            if look is not None:
                span = shown.blocks.over(scene.selection)
                why = why_hidden(look.of(scene.settings), *span, shown.units)
                told += [f"{self._title(shown.of)}: {why}"] if why else []
        return told

    def _rearranged(self) -> None:
        self._canvas.state.most_panels = MOST_PANELS - len(self._panels)
        self._drawn.clear()
        self._canvas.scene = self._canvas.scene.without(*BESIDE)
        self._changed()
        self.sync()
        self._tell()

    def sync(self) -> None:
        """Draw what is decoded, and decode what is not."""
        host = self._canvas.host
        if host.blocks is None or self._canvas.volume is None:
            return
        subject = self._title((host.blocks.variable, host.blocks.step, "", None)) if self._panels else ""
        if self._canvas.scene.subject != subject:
            self._canvas.scene = replace(self._canvas.scene, subject=subject)
        for index, panel in enumerate(self._panels):
            step = host.blocks.step if panel.step is None else panel.step
            of = (panel.variable, step, panel.what, self._canvas.region)
            if self._asked.get(index) != of:
                self._asked[index] = of
                self._decode(index, of)
            if index in self._shown:
                self._draw(index, self._shown[index])
        self._canvas.tell_hidden()

    def _decode(self, index: int, of: Of) -> None:
        dataset, (variable, step, what, region) = self._canvas.host.dataset, of

        def work(progress: Progress, _: Callable[[], bool]) -> ShownBeside:
            volume = dataset.volume(_what(what), step, variable=variable, region=region, progress=progress)
            span, units = dataset.value_range(step, variable), dataset.units_of(variable)
            return ShownBeside(of, volume, span, units, BlockSpans.of_volume(volume, dataset))

        def done(shown: ShownBeside) -> None:
            if self._asked.get(index) == of and index < len(self._panels):
                self._shown[index] = shown
                self.sync()
                self._tell()

        self._canvas.host.worker.run(f"beside-{index}", f"Decoding {variable}", work, done)

    def _draw(self, index: int, shown: ShownBeside) -> None:
        """Draw a panel's values and look, where it has others."""
        canvas, kind, scene = self._canvas, BESIDE[index], self._canvas.scene
        volume, reach = shown.volume, reach_of(self._panels[index], shown)
        if scene.frame != canvas.frame_of(volume):
            return  # the panels in view are still of another region
        drawn = self._drawn.get(index)
        if drawn is None or drawn[0] is not shown or drawn[1] != reach:
            drawn = shown, reach, PanelValues(lambda: volume.values, reach)
            self._drawn[index] = drawn
        if scene.panels.get(kind) is not drawn[2]:
            scene = replace(scene, panels={**scene.panels, kind: drawn[2]})
        look = look_of(self._panels[index], shown, self._title(shown.of))
        if scene.looks.get(kind) != look:
            scene = replace(scene, looks={**scene.looks, kind: look})
        if scene is not canvas.scene:
            canvas.scene = scene
            if look.points is None:
                self._suit(index, kind)

    def _suit(self, index: int, kind: Kind) -> None:
        """Take the opacity points that suit the values, so that they can be edited."""

        def take(points: Points) -> None:
            fits = index < len(self._panels) and not self._panels[index].transfer
            if points and fits:
                self._panels[index] = replace(self._panels[index], transfer=points)
                self._tell()

        host = self._canvas.host
        self._canvas.renderer.ask(
            lambda scene: scene.transfer_points(kind), lambda points: host.later(lambda: take(points))
        )

    def _title(self, of: Of) -> str:
        """Say what a panel shows: the variable, the time of its step, and whether it is the original."""
        variable, step, what, _ = of
        times, steps = self._canvas.state.times, self._canvas.host.dataset.steps
        when = (times[step] if step < len(times) else f"step {step + 1}") if steps > 1 else ""
        return ", ".join(filter(None, (variable, when, what if what == "original" else "")))

    def _tell(self) -> None:
        """Tell the page which there are, and the look that it edits."""
        self._canvas.state.beside = [
            {"variable": each.variable, "step": each.step, "what": each.what, "title": self._named(i)}
            for i, each in enumerate(self._panels)
        ]
        self.tuning.tell()

    def panel(self, index: int) -> tuple[BesideState, ShownBeside] | None:
        """Return a panel and what is shown in it; None where there is none, or nothing yet."""
        shown = self._shown.get(index)
        return None if shown is None or index >= len(self._panels) else (self._panels[index], shown)

    def change(self, index: int, **changes: Any) -> None:
        """Draw a panel otherwise."""
        if index < len(self._panels):
            self._panels[index] = replace(self._panels[index], **changes)
            self.sync()
            self._tell()

    def _named(self, index: int) -> str:
        found = self._shown.get(index)
        return self._panels[index].variable if found is None else self._title(found.of)


def _what(name: str) -> Literal["original", "reconstruction"]:
    return "original" if name == "original" else "reconstruction"
