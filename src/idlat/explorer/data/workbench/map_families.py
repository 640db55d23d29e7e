"""The forms that importance takes on the workbench: templates, and parameters with ranges from the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from idlat.errors import IdlatError
from idlat.explorer.data.dataset import Dataset
from idlat.importance.arguments import DataRange, Parameter
from idlat.importance.family_registry import ImportanceFamily, list_families
from idlat.importance.quantities import quoted
from idlat.progress import Progress

__all__ = ["Family", "Parameter", "families_of"]

_GROUPS = ("distance", "value", "location", "statistical", "time", "multivariate", "constant")


@dataclass(frozen=True)
class Family:
    """A form of importance.

    Attributes
    ----------
    name, title, group : str
        For code, for people, and which of the paper's groups it is of (Sect. 5.1.1).
    template : str
        An expression with the parameters' names in braces.
    parameters : tuple of Parameter
        What is open.

    Examples
    --------
    >>> family = Family("above", "above", "value", "value > {level}", (Parameter("level", "level", 0, 9, 4),))
    >>> family.text(), family.text({"level": 2.5})
    ('value > 4.0', 'value > 2.5')
    """

    name: str
    title: str
    group: str
    template: str
    parameters: tuple[Parameter, ...] = ()

    def text(self, values: Mapping[str, float] | None = None) -> str:
        """Write the expression with some values, and where these are left out with those it begins with.

        Raises
        ------
        IdlatError
            A value is not finite, or of no parameter.
        """
        given = dict(values or {})
        filled = {p.name: p.text(given.pop(p.name, p.value)) for p in self.parameters}
        if given:
            raise IdlatError(f"{self.title} has no parameter {next(iter(given))!r}")
        return self.template.format(**filled)


def families_of(
    dataset: Dataset, variable: str | None = None, progress: Progress | None = None
) -> list[Family]:
    """List the families that make sense for a dataset, with ranges from its values and its size.

    It decodes the means of the first step's cells: run it as a job. `progress` reports the stage
    ``decode``; what it raises ends the work.

    Raises
    ------
    IdlatError
        A chunk of the first step is damaged.
    """
    data = _ranges(dataset, variable, progress)
    registered = [known for known in list_families() if data.steps > 1 or not known.series]
    level = Parameter("level", "importance", 0.0, 1.0, 1.0)
    found = [
        *_comparisons(data),
        *(Family(one.name, one.title, one.group, *one.template(data)) for one in registered if one.title),
        *_pairs(dataset, variable, registered),
        Family("constant", "The same everywhere", "constant", "{level}", (level,)),
    ]
    return sorted(found, key=lambda family: _GROUPS.index(family.group))


def _ranges(dataset: Dataset, variable: str | None, progress: Progress | None) -> DataRange:
    """What the ranges follow from; a level begins at the upper quartile of the cells' means."""
    low, high = dataset.value_range(0, variable)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    means = dataset.cells(0, variable, progress)
    upper = float(np.clip(np.nanpercentile(means, 75), low, high)) if np.isfinite(means).any() else low
    return DataRange(low, high, upper, dataset.units_of(variable), dataset.shape, dataset.steps)


def _comparisons(data: DataRange) -> list[Family]:
    """Comparisons with values, which are no registered families."""
    low, high, quarter = data.low, data.high, (data.high - data.low) / 4
    value = Parameter("value", "value", low, high, data.begin, units=data.units)
    span = (
        Parameter("start", "from", low, high, low + quarter, units=data.units),
        Parameter("stop", "to", low, high, high - quarter, units=data.units),
    )
    return [
        Family("above", "Values above", "value", "value > {value}", (value,)),
        Family("below", "Values below", "value", "value < {value}", (value,)),
        Family("range", "A range of values", "value", "(value > {start})*(value < {stop})", span),
    ]


def _pairs(dataset: Dataset, variable: str | None, registered: list[ImportanceFamily]) -> list[Family]:
    """Families of a variable and the next one."""
    own = dataset.record(variable).name
    others = [name for name in dataset.variables if name != own]
    if not others:
        return []
    pair = ", ".join(quoted(name).replace("{", "{{").replace("}", "}}") for name in (own, others[0]))
    return [
        Family(
            f"joint_{known.name}" if known.title else known.name,
            known.pair_title,
            "multivariate",
            f"{known.name}({pair})",
        )
        for known in registered
        if known.pair_title
    ]
