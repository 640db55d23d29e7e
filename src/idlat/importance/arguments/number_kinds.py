"""Arguments that are numbers, the units of lengths, or names of files."""

from __future__ import annotations

import os
from typing import Annotated, Any

from idlat.errors import ImportanceError
from idlat.importance.arguments.argument import (
    Argument,
    ArgumentKind,
    ArgumentReader,
    DataRange,
    Parameter,
)
from idlat.importance.arguments.several_kind import SeveralKind
from idlat.importance.expression_tree import finite, number, positive
from idlat.importance.measures.voxel_spacing import check_units

__all__ = ["NUMBER", "FilePath", "NumberKind", "Numbers", "Units"]


class NumberKind(ArgumentKind):
    """A finite number, given by its name: ``decay=0.2``."""

    keyword = True

    def parse(self, reader: ArgumentReader, first: Any = None) -> float:
        """Parse a number with its sign."""
        return reader.tokens.number()

    def check(self, value: Any, argument: Argument, family: str) -> float:
        """Check that it is finite, and above 0 where it must be."""
        return positive(argument.label, value) if argument.positive else finite(argument.label, value)

    def text(self, value: float) -> str:
        """Write it so that it reads back the same."""
        return number(value)

    def template(self, argument: Argument, data: DataRange) -> tuple[str, tuple[Parameter, ...]]:
        """Range of its own, of the field's values, along an axis, or up to the field's size."""
        begin = argument.begin if argument.required else argument.default
        units = argument.units
        if argument.axis:
            last = data.shape["zyx".index(argument.axis)] - 1
            made = Parameter(argument.name, argument.title, 0, last, last // 2, "whole", "voxels")
        elif argument.log is not None:
            low, high = argument.log
            scale = data.high - data.low if units == "field" else 1.0
            shown = data.units if units == "field" else units
            begin = low if begin is None else begin
            made = Parameter(
                argument.name, argument.title, low * scale, high * scale, begin * scale, "log", shown
            )
        elif units == "voxels":
            most = max(data.shape)
            made = Parameter(argument.name, argument.title, 1, most, max(most / 4, 1), units=units)
        else:
            made = Parameter(argument.name, argument.title, 0.0, 1.0, begin or 0.0, units=units)
        return f"{{{argument.name}}}", (made,)


NUMBER = NumberKind()


class UnitsKind(ArgumentKind):
    """What lengths are measured in: ``units=voxels`` or ``units=physical``."""

    keyword = True
    quiet = True

    def parse(self, reader: ArgumentReader, first: Any = None) -> str:
        """Parse the name."""
        if reader.tokens.here.kind != "name":
            reader.tokens.unexpected("voxels or physical")
        return reader.tokens.step().text

    def check(self, value: Any, argument: Argument, family: str) -> str:
        """Check that the units are known."""
        return check_units(value)

    def text(self, value: str) -> str:
        """Write the name."""
        return value

    def python(self, value: str) -> str:
        """Write the name as a text."""
        return f'"{value}"'


Units = Annotated[str, UnitsKind()]
"""``voxels`` or ``physical``."""


Numbers = Annotated[tuple[float, ...], SeveralKind(NUMBER)]
"""One number or more."""


class FilePathKind(ArgumentKind):
    """The name of a file in double quotes."""

    def parse(self, reader: ArgumentReader, first: Any = None) -> str:
        """Parse the quoted name."""
        if reader.tokens.here.kind != "string":
            reader.tokens.unexpected('a file name in double quotes, such as "eye.npy"')
        return reader.tokens.step().text

    def check(self, value: Any, argument: Argument, family: str) -> str:
        """Check that an expression can hold it."""
        path = os.fspath(value)
        if not isinstance(path, str) or not path or not path.isprintable() or set(path) & {'"'}:
            raise ImportanceError(f"{path!a} is no file name")
        return path

    def text(self, value: str) -> str:
        """Write it in double quotes."""
        return f'"{value}"'


FilePath = Annotated[str, FilePathKind()]
"""The name of a file."""
