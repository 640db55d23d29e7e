"""Arguments that are levels of a quantity: one, those of a transfer function, or those of a vector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from idlat.importance.arguments.argument import (
    Argument,
    ArgumentKind,
    ArgumentReader,
    DataRange,
    Parameter,
)
from idlat.importance.arguments.several_kind import SeveralKind
from idlat.importance.expression_tree import Constant, Expression, finite, number, only_quantities
from idlat.importance.percentile_levels import Level, Percentile, level_of, level_text
from idlat.importance.quantities import VALUE

__all__ = ["LevelArgument", "Points", "Targets"]


def _python(level: Level) -> str:
    return f'"{level}"' if isinstance(level, Percentile) else level_text(level)


def _value(data: DataRange) -> Parameter:
    return Parameter("value", "value", data.low, data.high, data.begin, units=data.units)


class LevelKind(ArgumentKind):
    """A number in the quantity's unit, or a percentile of it: ``8.0`` or ``95%``."""

    after_quantity = True

    def parse(self, reader: ArgumentReader, first: Level | None = None) -> Level:
        """Parse a level."""
        return reader.tokens.level() if first is None else first

    def check(self, value: Any, argument: Argument, family: str) -> Level:
        """Check that it is finite."""
        return level_of(argument.label, value)

    def text(self, value: Level) -> str:
        """Write it so that it reads back the same."""
        return level_text(value)

    def python(self, value: Level) -> str:
        """Write it; a percentile as a text."""
        return _python(value)

    def template(self, argument: Argument, data: DataRange) -> tuple[str, tuple[Parameter, ...]]:
        """Any value of the field."""
        return "{value}", (_value(data),)


LevelArgument = Annotated[Level, LevelKind()]
"""A number in the quantity's unit, or a percentile."""

TransferPoint = tuple[Level, float]


class PointKind(ArgumentKind):
    """A point of a transfer function: ``2:0``."""

    def parse(self, reader: ArgumentReader, first: Level | None = None) -> TransferPoint:
        """Parse a level and its importance."""
        level = reader.tokens.level() if first is None else first
        reader.tokens.expect(":")
        return level, reader.tokens.number()

    def check(self, value: Any, argument: Argument, family: str) -> TransferPoint:
        """Check that both are finite."""
        at, level = value
        return level_of(f"a value of {family}", at), finite(f"an importance of {family}", level)

    def text(self, value: TransferPoint) -> str:
        """Write ``level:importance``."""
        return f"{level_text(value[0])}:{number(value[1])}"

    def python(self, value: TransferPoint) -> str:
        """Write an entry of a mapping."""
        return f"{_python(value[0])}: {number(value[1])}"


class PointsKind(SeveralKind):
    """Points of a transfer function: ``2:0, 4:1``; in Python a mapping, or pairs."""

    after_quantity = True

    def check(self, value: Any, argument: Argument, family: str) -> tuple[TransferPoint, ...]:
        """Check that all are finite; a mapping of numbers is put in order."""
        if isinstance(value, Mapping):
            numbers = all(isinstance(at, int | float) for at in value)
            value = sorted(value.items()) if numbers else value.items()
        return super().check(value, argument, family)

    def python(self, value: tuple[TransferPoint, ...]) -> str:
        """Write a mapping."""
        return f"{{{super().python(value)}}}"

    def template(self, argument: Argument, data: DataRange) -> tuple[str, tuple[Parameter, ...]]:
        """A ramp over half of the values' range."""
        quarter = (data.high - data.low) / 4
        return "{start}:0, {stop}:1", (
            Parameter("start", "from", data.low, data.high, data.low + quarter, units=data.units),
            Parameter("stop", "to", data.low, data.high, data.high - quarter, units=data.units),
        )


Points = Annotated[tuple[TransferPoint, ...], PointsKind(PointKind())]
"""Points (value, importance) of a transfer function."""

TargetLevels = tuple[tuple[Expression, Level], ...]


class TargetsKind(ArgumentKind):
    """A level of the field, ``9.9``, or of several quantities, ``U:-15, V:15``; in Python a mapping."""

    def parse(self, reader: ArgumentReader, first: Any = None) -> TargetLevels:
        """Parse a level, or pairs of quantity and level with commas between them."""
        tokens = reader.tokens
        if tokens.at(")"):
            tokens.unexpected("a number")
        position, source = tokens.here.position, reader.quantity()
        if isinstance(source, Constant):
            return ((VALUE, tokens.percentile(source.value, position)),)
        pairs: list[tuple[Expression, Level]] = []
        while True:
            tokens.expect(":")
            pairs.append((source, tokens.level()))
            if not tokens.another():
                return tuple(pairs)
            source = reader.quantity()

    def check(self, value: Any, argument: Argument, family: str) -> TargetLevels:
        """Check that all are finite levels of quantities."""
        if isinstance(value, int | float | str | Percentile):
            return ((VALUE, level_of(argument.label, value)),)
        pairs = tuple(value.items() if isinstance(value, Mapping) else value)
        only_quantities(family, *(source for source, _ in pairs))
        label = argument.label if len(pairs) == 1 else f"a value of {family}"
        return tuple((source, level_of(label, level)) for source, level in pairs)

    def text(self, value: TargetLevels) -> str:
        """Write the level, or pairs with commas between them."""
        if len(value) == 1 and value[0][0] == VALUE:
            return level_text(value[0][1])
        return ", ".join(f"{source}:{level_text(level)}" for source, level in value)

    def python(self, value: TargetLevels) -> str:
        """Write the level, or a mapping."""
        if len(value) == 1 and value[0][0] == VALUE:
            return _python(value[0][1])
        return "{" + ", ".join(f'"{source}": {_python(level)}' for source, level in value) + "}"

    def nodes(self, value: TargetLevels) -> tuple[Expression, ...]:
        """The quantities."""
        return tuple(source for source, _ in value)

    def template(self, argument: Argument, data: DataRange) -> tuple[str, tuple[Parameter, ...]]:
        """Any value of the field."""
        return "{value}", (_value(data),)


Targets = Annotated[TargetLevels, TargetsKind()]
"""Levels of one quantity or more."""
