"""Arguments that are half-open ranges of voxels or of time steps."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np

from idlat.errors import ImportanceError
from idlat.importance.arguments.argument import (
    Argument,
    ArgumentKind,
    ArgumentReader,
    DataRange,
    Parameter,
)
from idlat.importance.arguments.several_kind import SeveralKind

__all__ = ["AxisRange", "Range", "StepRanges"]

Range = tuple[int | None, int | None]
"""Half-open range; None for an open end."""


def _text(given: Range | None) -> str:
    start, stop = given if given is not None else (None, None)
    return f"{'' if start is None else start}:{'' if stop is None else stop}"


def _slice(given: Range | None) -> str:
    start, stop = given if given is not None else (None, None)
    return f"slice({start}, {stop})"


def _checked(name: str, given: Any, what: str) -> Range:
    """Give a range that is not empty, not negative and of whole numbers; it may come as a slice."""
    if isinstance(given, slice):
        if given.step not in (None, 1):
            raise ImportanceError(f"{name.rstrip('= ')} has a step of {given.step}, expected none")
        given = (given.start, given.stop)
    start, stop = given
    if not all(end is None or isinstance(end, int | np.integer) for end in (start, stop)):
        raise ImportanceError(f"{name}{_text(given)}: expected whole numbers of {what}")
    if (start or 0) < 0 or (math.inf if stop is None else stop) <= (start or 0):
        raise ImportanceError(f"{name}{_text(given)} is empty or negative, expected {what} start:stop")
    return start, stop


class AxisRangeKind(ArgumentKind):
    """A half-open range of voxels along the axis of its name: ``z=10:40``; open ends reach the edge."""

    keyword = True
    quiet = True

    def parse(self, reader: ArgumentReader, first: Any = None) -> Range:
        """Parse ``start:stop``."""
        return reader.tokens.range()

    def check(self, value: Any, argument: Argument, family: str) -> Range | None:
        """Check that it is not empty."""
        return None if value is None else _checked(f"{family} {argument.name}=", value, "voxels")

    def text(self, value: Range | None) -> str:
        """Write ``start:stop``."""
        return _text(value)

    def python(self, value: Range | None) -> str:
        """Write a slice."""
        return _slice(value)

    def template(self, argument: Argument, data: DataRange) -> tuple[str, tuple[Parameter, ...]]:
        """Two parameters inside the field, half of the axis between them."""
        axis = argument.name
        n = data.shape["zyx".index(axis)]
        start, stop = n // 4, max(n - n // 4, n // 4 + 1)
        return f"{{{axis}0}}:{{{axis}1}}", (
            Parameter(f"{axis}0", f"{axis} from", 0, n - 1, start, "whole", "voxels"),
            Parameter(f"{axis}1", f"{axis} to", 1, n, stop, "whole", "voxels"),
        )


AxisRange = Annotated[Range | None, AxisRangeKind()]
"""Half-open range of voxels along the axis that the argument is named after."""


class StepRangeKind(ArgumentKind):
    """A half-open range of time steps: ``10:20``."""

    def parse(self, reader: ArgumentReader, first: Any = None) -> Range:
        """Parse ``start:stop``."""
        return reader.tokens.range()

    def check(self, value: Any, argument: Argument, family: str) -> Range:
        """Check that it is not empty."""
        return _checked(f"{family} ", value, "steps")

    def text(self, value: Range) -> str:
        """Write ``start:stop``."""
        return _text(value)

    def python(self, value: Range) -> str:
        """Write a slice."""
        return _slice(value)


class StepRangesKind(SeveralKind):
    """Half-open ranges of time steps: ``0:1, 10:20``."""

    def check(self, value: Any, argument: Argument, family: str) -> tuple[Range, ...]:
        """Check that there is one, and none is empty."""
        if not value:
            raise ImportanceError(f"{family} needs a range or more, such as {family}(10:20)")
        return super().check(value, argument, family)

    def template(self, argument: Argument, data: DataRange) -> tuple[str, tuple[Parameter, ...]]:
        """Two parameters: the first half of the series."""
        n = data.steps
        return "{first}:{last}", (
            Parameter("first", "from step", 0, n - 1, 0, "whole"),
            Parameter("last", "to step", 1, n, max(n // 2, 1), "whole"),
        )


StepRanges = Annotated[tuple[Range, ...], StepRangesKind(StepRangeKind())]
"""One half-open range of time steps or more."""
