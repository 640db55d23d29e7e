"""The importance workbench: two maps, each of a family or an expression of its own, tried and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from idlat.errors import IdlatError
from idlat.explorer.data import ExplorerState, TrialState, Workbench
from idlat.explorer.data.workbench.map_families import Family
from idlat.explorer.message_checks import Check, one_of, real, text
from idlat.explorer.session.page_view import Action, View, action, kept
from idlat.explorer.session.view_host import EditedMap, Host
from idlat.explorer.views.workbench.map_comparison import EMPTY, MapComparison
from idlat.explorer.views.workbench.map_on_trial import FIGURES, OWN, MapTrial
from idlat.explorer.views.workbench.parameter_sliders import place_of, value_at
from idlat.explorer.views.workbench.run_trials import TrialRunner

__all__ = ["WorkbenchView"]


class WorkbenchView(View):
    """Choose a family, drag its parameters, and see at once what the codec makes of it."""

    KEPT = kept("slot")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        dataset = host.dataset
        self._families: dict[str, Family] = {}
        self._variable = ""
        stated = dataset.expression
        quality = 50.0 if dataset.quality is None else float(np.clip(round(dataset.quality), 0, 100))
        self.trials = {slot: MapTrial(OWN, stated or "1", quality) for slot in "ab"}
        self.comparing = MapComparison(host, self.trials)
        self.runner = TrialRunner(host, self.trials, self.comparing, self._show)
        self._told: EditedMap | None = None

    def initial(self) -> Mapping[str, Any]:
        """Return both maps as the archive has it."""
        return {
            "slot": "a",
            "families": self._listed(),
            "adjustable": self.host.dataset.adjustable,
            "figure_names": list(FIGURES),
            **EMPTY,
            **self._shown("a"),
        }

    def actions(self) -> Mapping[str, Action]:
        """Return what the form asks for."""
        return {
            "family": action(self.choose_family, name=text(40)),
            "parameter": action(self.set_parameter, name=text(40), value=real()),
            "expression": action(self.set_expression, text=text(2000)),
            "estimate": action(self.estimate),
            "show_moved": action(self.comparing.show_moved),
        }

    def fields(self) -> Mapping[str, Check]:
        """Return what the form sets."""
        return {"slot": one_of("a", "b"), "quality": real(0, 100)}

    @property
    def trial(self) -> MapTrial:
        """The map that is edited."""
        return self.trials[self.state.slot]

    @property
    def values(self) -> dict[str, float]:
        """All parameters of the map that is edited; none where it is of no family that is known yet."""
        family = self._families.get(self.trial.family)
        return {} if family is None else self.trial.full(family)

    def on_field_changed(self, field: str) -> None:
        """Show the other map, or try another quality."""
        if field == "slot":
            self._show()
        elif self.state.quality != self.trial.quality:
            self.trial.quality = self.state.quality
            self._try_soon()

    def on_blocks_loaded(self) -> None:
        """Forget what was tried on another step; find the families of another variable."""
        self._forget(*self.trials.values())
        blocks = self.host.blocks
        assert blocks is not None, "loaded means that there are blocks"
        if self._variable != blocks.variable:
            self._families, self._variable = {}, blocks.variable
            bench = Workbench(blocks.dataset, blocks.variable)
            self.host.worker.run(
                "families",
                "Measuring values",
                lambda progress, _: (bench.variable, bench.families(progress)),
                self._take_families,
            )
        elif self._families:
            self._settle()

    def _take_families(self, found: tuple[str | None, list[Family]]) -> None:
        variable, families = found
        if variable == self._variable:
            self._families = {family.name: family for family in families}
            self._settle()

    def _settle(self) -> None:
        for trial in self.trials.values():
            trial.settle(self._families)
        self.state.update({"families": self._listed(), **self._shown(self.state.slot)})

    def _listed(self) -> list[dict[str, str]]:
        """Return the families to choose from."""
        families = [{"name": f.name, "title": f.title} for f in self._families.values()]
        return [*families, {"name": OWN, "title": "An expression"}]

    def _forget(self, *trials: MapTrial) -> None:
        """Show no figures of what is no longer asked for."""
        for trial in trials:
            trial.forget()
        self.comparing.forget()
        self._show()

    def on_selection_changed(self) -> None:
        """Say where what was tried is of other blocks; it stands until it is tried again."""
        self._show()

    def figures(self) -> dict[str, Any]:
        """Return what was tried and compared."""
        tried = tuple(
            (slot, trial.estimate) for slot, trial in self.trials.items() if trial.estimate is not None
        )
        return {"estimates": tried, "comparison": self.comparing.found}

    def keep(self) -> dict[str, Any]:
        """Return both maps, and which one is edited."""
        trials = (
            TrialState(t.expression, t.quality, "" if t.family == OWN else t.family, dict(t.values))
            for t in self.trials.values()
        )
        return {**super().keep(), "trials": tuple(trials)}

    def restore(self, state: ExplorerState) -> None:
        """Take both maps; a family that is not known here keeps its expression."""
        for trial, saved in zip(self.trials.values(), state.trials, strict=False):
            trial.family, trial.values = saved.family or OWN, dict(saved.values)
            trial.expression, trial.quality = saved.expression, saved.quality
        super().restore(state)

    def choose_family(self, name: str) -> None:
        """Make the map of another family, with the parameters that it begins with."""
        trial, family = self.trial, self._families.get(name)
        if family is None and name != OWN:
            raise IdlatError("there is no such family of maps: choose another, or type an expression")
        self._withdraw()
        trial.family, trial.values = name, {}
        if family is not None:
            trial.values = {p.name: value_at(p, place_of(p)(p.value)) for p in family.parameters}
            trial.expression = family.text(trial.values)
            self._forget(trial)
            self.estimate()
        self._show()

    def set_parameter(self, name: str, value: float) -> None:
        """Take a slider's place, and try the map that it makes."""
        family = self._families.get(self.trial.family)
        if family is None:
            return
        found = next((p for p in family.parameters if p.name == name), None)
        if found is None:
            raise IdlatError(f"{family.title} has no parameter {name!r}")
        self.set_values({name: value_at(found, value)})

    def set_values(self, values: Mapping[str, float]) -> None:
        """Take parameters of the family, and try the map that they make, unless it is the same."""
        trial, family = self.trial, self._families.get(self.trial.family)
        if family is not None and trial.moved(family, values):
            self._try_soon()

    def _try_soon(self) -> None:
        """Try the map that is edited once the hand rests; what is tried of it until then is given up."""
        self._forget(self.trial)
        self.runner.estimate_soon(self.state.slot)

    def set_expression(self, text: str) -> None:
        """Take an expression as it is typed, and try it."""
        trial = self.trial
        if text.strip() != trial.expression:
            self._withdraw()
            trial.family, trial.values, trial.expression = OWN, {}, text.strip()
            self._forget(trial)
            self.estimate()

    def _withdraw(self) -> None:
        """Take away the message of an expression that was wrong, once another is chosen."""
        if self.trial.wrong:
            self.host.say("")

    def close(self) -> list[Callable[[], object]]:
        """Try no more."""
        self.runner.close()
        return []

    def on_map_dragged(self, values: Mapping[str, float]) -> None:
        """Take parameters of the family that were dragged in the picture."""
        self.set_values(values)

    def on_map_wanted(self) -> None:
        """Try the map that is edited, and tell at once that it is being tried."""
        self.estimate()
        self.on_any_change()

    def on_connected(self) -> None:
        """Tell of the map that is edited."""
        self.on_any_change()

    def on_any_change(self) -> None:
        """Tell of the map that is edited, where it or what came of it is another."""
        trial, slot = self.trial, self.state.slot
        edited = EditedMap(
            slot=slot,
            family=trial.family,
            values=self.values,
            expression=trial.expression,
            quality=trial.quality,
            chunks=self.runner.chunks,
            estimate=trial.estimate,
            running=self.runner.trying(slot),
            outdated=self.runner.outdated(slot),
        )
        if edited != self._told:
            self._told = edited
            self.host.tell_map(edited)

    def estimate(self) -> None:
        """Try the map that is edited."""
        self.runner.estimate(self.state.slot)

    def _show(self) -> None:
        """Show the map that is edited, and what came of both."""
        self.state.update(self._shown(self.state.slot))

    def _shown(self, slot: str) -> dict[str, Any]:
        """Return the state of one map and both results."""
        trial = self.trials[slot]
        family = self._families.get(trial.family)
        return {
            "family": trial.family,
            "parameters": [] if family is None else trial.sliders(family),
            "expression": trial.expression,
            "quality": trial.quality,
            "expression_error": trial.wrong,
            "bench_note": self._note(),
            "estimates": [each.shown(name) for name, each in self.trials.items()],
        }

    def _note(self) -> str:
        """Return what is to be known of the figures."""
        if not self.host.dataset.has_field:
            return "Trying a map needs the field: start the explorer with it."
        stale = [name.upper() for name in self.trials if self.runner.outdated(name)]
        return f"{' and '.join(stale)}: tried on the blocks selected before. Try again." if stale else ""
