"""The forms that importance takes on the workbench: templates, and parameters with ranges from the data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from idlat.errors import IdlatError
from idlat.explorer.data.dataset import Dataset
from idlat.importance.expression_tree import number
from idlat.importance.quantities import quoted
from idlat.progress import Progress

__all__ = ["Family", "Parameter", "families_of"]


@dataclass(frozen=True)
class Parameter:
    """A number that a family leaves open.

    Attributes
    ----------
    name, title : str
        In the template, and for people.
    low, high, value : float
        Its range, and where it begins.
    kind : {"real", "whole", "log"}
        ``log`` runs evenly in its logarithm.
    units : str
        Of the number; empty where it has none.
    """

    name: str
    title: str
    low: float
    high: float
    value: float
    kind: Literal["real", "whole", "log"] = "real"
    units: str = ""

    def text(self, value: float) -> str:
        """Write a value as an expression does.

        Raises
        ------
        IdlatError
            It is not finite.
        """
        if not math.isfinite(value):
            raise IdlatError(f"{self.title} should be a finite number, got {value}")
        return str(round(value)) if self.kind == "whole" else number(value)


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

    It decodes the means of the first step's cells: run it as a job. `progress` is told of the stage
    ``decode``; what it raises ends the work.

    Raises
    ------
    IdlatError
        A chunk of the first step is damaged.
    """
    level = Parameter("level", "importance", 0.0, 1.0, 1.0)
    return [
        *_values(dataset, variable, progress),
        *_places(dataset),
        Family("gradient", "Where values change", "statistical", "gradient()"),
        Family("entropy", "Where values vary", "statistical", "entropy()"),
        Family("rarity", "Rare values", "statistical", "rarity()"),
        *_times(dataset),
        *_several(dataset, variable),
        Family("constant", "The same everywhere", "constant", "{level}", (level,)),
    ]


def _values(dataset: Dataset, variable: str | None, progress: Progress | None) -> list[Family]:
    """Values, and distances to where they are."""
    low, high = dataset.value_range(0, variable)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    units, width = dataset.units_of(variable), high - low
    means = dataset.cells(0, variable, progress)
    upper = float(np.clip(np.nanpercentile(means, 75), low, high)) if np.isfinite(means).any() else low
    value = Parameter("value", "value", low, high, upper, units=units)
    decay = Parameter("decay", "decay", 0.01, 2.0, 0.2, "log", "1/voxel")
    spread = Parameter("width", "width", width / 1000, width, width / 10, "log", units)
    span = _range(low, high, units)
    return [
        Family(
            "isosurface",
            "Near an isosurface",
            "distance",
            "isosurface({value}, decay={decay})",
            (value, decay),
        ),
        Family("above", "Values above", "value", "value > {value}", (value,)),
        Family("below", "Values below", "value", "value < {value}", (value,)),
        Family("near", "Values near", "value", "near({value}, width={width})", (value, spread)),
        Family("range", "A range of values", "value", "(value > {start})*(value < {stop})", span),
        Family("transfer", "A ramp of values", "value", "transfer({start}:0, {stop}:1)", span),
        Family(
            "around",
            "Around values above",
            "distance",
            "distance(value > {value}, decay={decay})",
            (value, decay),
        ),
    ]


def _range(low: float, high: float, units: str) -> tuple[Parameter, ...]:
    quarter = (high - low) / 4
    return (
        Parameter("start", "from", low, high, low + quarter, units=units),
        Parameter("stop", "to", low, high, high - quarter, units=units),
    )


def _places(dataset: Dataset) -> list[Family]:
    """Boxes and spheres inside the field."""
    corners, centre = [], []
    for axis, n in zip("zyx", dataset.shape, strict=True):
        start, stop = n // 4, max(n - n // 4, n // 4 + 1)
        corners += [
            Parameter(f"{axis}0", f"{axis} from", 0, n - 1, start, "whole", "voxels"),
            Parameter(f"{axis}1", f"{axis} to", 1, n, stop, "whole", "voxels"),
        ]
        centre.append(Parameter(axis, axis, 0, n - 1, (n - 1) // 2, "whole", "voxels"))
    most = max(dataset.shape)
    radius = Parameter("radius", "radius", 1, most, max(most / 4, 1), units="voxels")
    return [
        Family("box", "A box", "location", "box(z={z0}:{z1}, y={y0}:{y1}, x={x0}:{x1})", tuple(corners)),
        Family(
            "sphere",
            "A sphere",
            "location",
            "sphere(z={z}, y={y}, x={x}, radius={radius})",
            (*centre, radius),
        ),
    ]


def _times(dataset: Dataset) -> list[Family]:
    """Steps of a series."""
    n = dataset.steps
    if n == 1:
        return []
    span = (
        Parameter("first", "from step", 0, n - 1, 0, "whole"),
        Parameter("last", "to step", 1, n, max(n // 2, 1), "whole"),
    )
    return [
        Family("steps", "Some steps", "time", "steps({first}:{last})", span),
        Family("step_information", "Steps that differ", "time", "step_information()"),
    ]


def _several(dataset: Dataset, variable: str | None) -> list[Family]:
    """Families of a variable and the next one."""
    own = dataset.record(variable).name
    others = [name for name in dataset.variables if name != own]
    if not others:
        return []
    pair = ", ".join(quoted(name).replace("{", "{{").replace("}", "}}") for name in (own, others[0]))
    told = "What one tells not of the other"
    return [
        Family("joint_rarity", "Rare combinations", "multivariate", f"rarity({pair})"),
        Family("correlation", "Where two go together", "multivariate", f"correlation({pair})"),
        Family("conditional_entropy", told, "multivariate", f"conditional_entropy({pair})"),
    ]
