"""The kinds of arguments that importance families take.

A field of a family's dataclass is of a kind by its annotation: ``float``, or one of the names below. The kind
parses the argument in an expression, writes it, checks it, and says which sliders move it.
"""

from idlat.importance.arguments.argument import (
    Argument,
    ArgumentKind,
    ArgumentReader,
    DataRange,
    Parameter,
    arg,
    arguments_of,
)
from idlat.importance.arguments.level_kinds import LevelArgument, Points, Targets
from idlat.importance.arguments.number_kinds import FilePath, Numbers, Units
from idlat.importance.arguments.quantity_kinds import Importance, Importances, Quantities, Quantity
from idlat.importance.arguments.range_kinds import AxisRange, Range, StepRanges
from idlat.importance.arguments.read_arguments import read_arguments

__all__ = [
    "Argument",
    "ArgumentKind",
    "ArgumentReader",
    "AxisRange",
    "DataRange",
    "FilePath",
    "Importance",
    "Importances",
    "LevelArgument",
    "Numbers",
    "Parameter",
    "Points",
    "Quantities",
    "Quantity",
    "Range",
    "StepRanges",
    "Targets",
    "Units",
    "arg",
    "arguments_of",
    "read_arguments",
]
