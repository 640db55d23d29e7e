"""An argument of an importance family, the kind that it is of, and the sliders that move it."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, get_args, get_type_hints

from idlat.errors import IdlatError
from idlat.importance.expression_tokens import Tokens
from idlat.importance.expression_tree import Expression, number

__all__ = [
    "Argument",
    "ArgumentKind",
    "ArgumentReader",
    "DataRange",
    "Parameter",
    "arg",
    "arguments_of",
]

_KEY = "idlat.importance"


class ArgumentReader(Protocol):
    """What parses the arguments of a function from a text."""

    tokens: Tokens

    def quantity(self) -> Expression:
        """Parse a sum of quantities and numbers."""

    def expression(self) -> Expression:
        """Parse an importance or a quantity."""


@dataclass(frozen=True)
class DataRange:
    """What the ranges of sliders follow from: the values and the size of a field.

    Attributes
    ----------
    low, high, begin
        Smallest and largest value (low < high), and the value that a level begins at.
    units
        Of the values.
    shape
        Voxels along z, y and x.
    steps
        Time steps.
    """

    low: float
    high: float
    begin: float
    units: str = ""
    shape: tuple[int, int, int] = (1, 1, 1)
    steps: int = 1


@dataclass(frozen=True)
class Parameter:
    """A number that a template of an expression leaves open, for a slider.

    Attributes
    ----------
    name, title
        In the template, and for people.
    low, high, value
        Its range, and where it begins.
    kind
        One of "real", "whole", "log".
        ``log`` runs evenly in its logarithm.
    units
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


class ArgumentKind(ABC):
    """How arguments of one kind are parsed, checked, written and moved.

    Attributes
    ----------
    keyword
        Whether a text gives it by its name, ``name=value``.
    quiet
        Whether it is not written where it has its default.
    variadic
        Whether it takes all further arguments.
    after_quantity
        Whether a quantity may come before it, which it then is of.
    """

    keyword: ClassVar[bool] = False
    quiet: ClassVar[bool] = False
    variadic: ClassVar[bool] = False
    after_quantity: ClassVar[bool] = False

    @abstractmethod
    def parse(self, reader: ArgumentReader, first: Any = None) -> Any:
        """Parse it; `first` is a level that was read already (with `after_quantity` alone)."""

    @abstractmethod
    def check(self, value: Any, argument: Argument, family: str) -> Any:
        """Give the value in its own type; raise an ImportanceError where it cannot be."""

    @abstractmethod
    def text(self, value: Any) -> str:
        """Write it as an expression has it, without its name."""

    def python(self, value: Any) -> str:
        """Write it as an argument in Python, without its name."""
        return self.text(value)

    def nodes(self, value: Any) -> tuple[Expression, ...]:
        """Expressions that it holds."""
        return ()

    def template(self, argument: Argument, data: DataRange) -> tuple[str, tuple[Parameter, ...]] | None:
        """Write it with the names of parameters in braces, which sliders move; None leaves it out."""
        return None


@dataclass(frozen=True)
class Argument:
    """One argument of a family; see :func:`arg`.

    Attributes
    ----------
    name
        In the text form, in Python, and of the dataclass' field.
    kind
    default
        ``dataclasses.MISSING`` where it must be given.
    label, title
        In error messages, and of its slider.
    units
        Of a number; ``field`` for those of the field's values, ``voxels`` for lengths.
    positive
        Whether a number must be above 0.
    log
        Range of a slider that is even in the logarithm: of the number, or with ``units="field"`` of its part
        of the values' range.
    begin
        Where the slider begins.
    axis
        ``z``, ``y`` or ``x`` for a position along an axis, in voxels.
    """

    name: str
    kind: ArgumentKind
    default: Any = dataclasses.MISSING
    label: str = ""
    title: str = ""
    units: str = ""
    positive: bool = False
    log: tuple[float, float] | None = None
    begin: float | None = None
    axis: str = ""

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is dataclasses.MISSING

    def written(self, value: Any) -> bool:
        """Whether it is written when it has a value."""
        return not (self.kind.quiet and value == self.default)


def arg(
    default: Any = dataclasses.MISSING,
    *,
    label: str = "",
    title: str = "",
    units: str = "",
    positive: bool = False,
    log: tuple[float, float] | None = None,
    begin: float | None = None,
    axis: str = "",
) -> Any:
    """Describe an argument of an importance family: a field of its dataclass.

    Parameters
    ----------
    default
        What it is where it is not given; it must be given if left out.
    label, title
        In error messages, and of its slider; the name if left out.
    units
        Of a number; ``field`` for those of the field's values, ``voxels`` for lengths.
    positive
        Whether a number must be above 0.
    log
        Range of a slider that is even in the logarithm: of the number, or with ``units="field"`` of its part
        of the values' range.
    begin
        Where the slider begins, in the same terms; the default if left out.
    axis
        ``z``, ``y`` or ``x`` for a position along an axis, in voxels.
    """
    settings = {
        "label": label,
        "title": title,
        "units": units,
        "positive": positive,
        "log": log,
        "begin": begin,
        "axis": axis,
    }
    return dataclasses.field(default=default, metadata={_KEY: settings})


def arguments_of(node: type[Expression], kinds: Mapping[Any, ArgumentKind]) -> tuple[Argument, ...]:
    """List the arguments of a family by the fields of its dataclass.

    Parameters
    ----------
    node
        The dataclass.
    kinds
        Kinds of annotations that name none themselves, such as ``float``.

    Raises
    ------
    TypeError
        If it is no dataclass, or a field's annotation is of no kind.
    """
    if "__dataclass_fields__" not in vars(node):
        raise TypeError(f"{node.__name__} is no dataclass: put @dataclass(frozen=True) below @family(...)")
    hints = get_type_hints(node, include_extras=True)
    found = []
    for field in dataclasses.fields(node):  # type: ignore[arg-type]
        hint = hints[field.name]
        named = [part for part in get_args(hint) if isinstance(part, ArgumentKind)]
        kind = named[0] if named else kinds.get(hint)
        if kind is None:
            raise TypeError(
                f"{node.__name__}.{field.name}: {hint} is of no kind that an importance family takes; use "
                "float or a name of idlat.importance.arguments"
            )
        settings = {"label": "", "title": "", **field.metadata.get(_KEY, {})}
        settings = {**settings, **{key: settings[key] or field.name for key in ("label", "title")}}
        found.append(Argument(field.name, kind, field.default, **settings))
    return tuple(found)
