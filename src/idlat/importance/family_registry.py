"""The families of importance: a decorated dataclass each, for text form, Python function, sliders and docs.

::

    @family("ridge", group="statistical", title="Ridges", examples=("ridge(2.0)",), meaning="…", use="…")
    @dataclass(frozen=True)
    class Ridge(Leaf):
        level: LevelArgument
        width: float = arg(1.0, positive=True, units="voxels")

        def compute(self, block): ...

``parse("ridge(2.0, width=3)")`` then finds it, ``idlat.importance.ridge(field, 2.0)`` evaluates it, and the
explorer has its sliders. Another package registers its families by an entry point of the group
``idlat.importance``, named like the family and leading to its class or module::

    [project.entry-points."idlat.importance"]
    ridge = "mypackage.importance:Ridge"
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import TypeVar

from idlat.errors import ImportanceError, Remark
from idlat.importance.arguments import Argument, DataRange, Parameter, arguments_of
from idlat.importance.arguments.number_kinds import NUMBER
from idlat.importance.expression_tree import Expression

__all__ = [
    "ENTRY_POINTS",
    "GROUPS",
    "ImportanceFamily",
    "family",
    "family_names",
    "find_family",
    "list_families",
]

ENTRY_POINTS = "idlat.importance"
"""Group of the entry points by which other packages register families."""

GROUPS = ("location", "distance", "value", "time", "statistical", "multivariate")
"""The paper's groups of importance (Sect. 5.1.1)."""

RESERVED = frozenset({"value", "max", "min", "magnitude", "abs", "log10", "sqrt"})
"""Names of expressions that no family may have."""

_FAMILIES: dict[str, ImportanceFamily] = {}

Node = TypeVar("Node", bound=type[Expression])


@dataclass(frozen=True)
class ImportanceFamily:
    """What is known of a family of importance.

    Attributes
    ----------
    name, group
        In expressions and in Python, and which of the paper's groups it is of.
    node
        The dataclass that evaluates it.
    arguments
        By the fields of the dataclass.
    title, pair_title
        For people, of the field's own value, and of two variables; empty where the explorer has it not.
    series
        Whether it makes sense for several time steps alone.
    examples
        Expressions, for the documentation.
    meaning, use
        What the importance is, and what for; in Markdown.
    """

    name: str
    group: str
    node: type[Expression]
    arguments: tuple[Argument, ...]
    title: str = ""
    pair_title: str = ""
    series: bool = False
    examples: tuple[str, ...] = ()
    meaning: str = ""
    use: str = ""

    def check(self, node: Expression) -> None:
        """Give each argument of a new node its own type; raise an ImportanceError where one cannot be."""
        for argument in self.arguments:
            value = argument.kind.check(getattr(node, argument.name), argument, self.name)
            object.__setattr__(node, argument.name, value)

    def children(self, node: Expression) -> tuple[Expression, ...]:
        """List the expressions among a node's arguments."""
        values = ((argument.kind, getattr(node, argument.name)) for argument in self.arguments)
        return tuple(child for kind, value in values for child in kind.nodes(value))

    def text(self, node: Expression) -> str:
        """Write a node as an expression, in its canonical form."""
        return f"{self.name}({', '.join(self._written(node, python=False))})"

    def python(self, node: Expression) -> str:
        """Write a node as a call of the function in Python."""
        return f"{self.name}({', '.join(['field', *self._written(node, python=True)])})"

    def _written(self, node: Expression, *, python: bool) -> list[str]:
        """Write the arguments: quantities first, then by place, then by name."""
        placed: list[str] = []
        named: list[str] = []
        for argument in self.arguments:
            value, kind = getattr(node, argument.name), argument.kind
            if not argument.written(value):
                continue
            text = kind.python(value) if python else kind.text(value)
            by_name = kind.keyword or (python and kind.quiet and not kind.variadic)
            if by_name:
                named.append(f"{argument.name}={text}")
            else:
                placed.insert(0 if kind.quiet else len(placed), text)
        return [*placed, *named]

    def template(self, data: DataRange) -> tuple[str, tuple[Parameter, ...]]:
        """Write an expression with parameters in braces, and say in what ranges they are for some data."""
        texts: list[str] = []
        parameters: list[Parameter] = []
        for argument in self.arguments:
            made = argument.kind.template(argument, data)
            if made is None:
                continue
            texts.append(f"{argument.name}={made[0]}" if argument.kind.keyword else made[0])
            parameters += made[1]
        return f"{self.name}({', '.join(texts)})", tuple(parameters)


def family(
    name: str,
    *,
    group: str,
    title: str = "",
    pair_title: str = "",
    series: bool = False,
    examples: tuple[str, ...] = (),
    meaning: str = "",
    use: str = "",
) -> Callable[[Node], Node]:
    """Register a dataclass as a family of importance.

    Parameters
    ----------
    name
        In expressions and in Python.
    group
        One of :data:`GROUPS`.
    title, pair_title, series, examples, meaning, use
        As in :class:`ImportanceFamily`.

    Raises
    ------
    TypeError
        If the class is no dataclass, or a field is of no kind that a family takes.
    ValueError
        If the name is no identifier, or another family has it, or the group is unknown.
    """

    def register(node: Node) -> Node:
        if not node.__module__.startswith("idlat.importance."):
            _load_own()  # whose names are taken
        known = _FAMILIES.get(name)
        same = known is not None and known.node.__qualname__ == node.__qualname__
        if not re.fullmatch("[A-Za-z_][A-Za-z_0-9]*", name) or name in RESERVED or (known and not same):
            raise ValueError(f"the name {name!r} of {node.__name__} is taken, or no name of a function")
        if group not in GROUPS:
            raise ValueError(f"group {group!r} of the family {name!r} is unknown, expected one of {GROUPS}")
        arguments = arguments_of(node, {float: NUMBER})
        found = ImportanceFamily(
            name, group, node, arguments, title, pair_title, series, examples, meaning, use
        )
        node.family = found  # type: ignore[attr-defined]
        _FAMILIES[name] = found
        return node

    return register


def find_family(name: str) -> ImportanceFamily | None:
    """Find a family by its name, among those of other packages too; None where there is none.

    Raises
    ------
    ImportanceError
        If another package has it, but it cannot be loaded.
    """
    _load_own()
    if name not in _FAMILIES:
        for entry in _entries():
            if entry.name == name:
                _load(entry)
    return _FAMILIES.get(name)


def list_families() -> tuple[ImportanceFamily, ...]:
    """List all families, those of other packages last; what cannot be loaded is left out with a remark."""
    _load_own()
    for entry in _entries():
        if entry.name not in _FAMILIES:
            try:
                _load(entry)
            except ImportanceError as error:
                warnings.warn(str(error), Remark, stacklevel=2)
    return tuple(_FAMILIES.values())


def family_names() -> list[str]:
    """List the names of all families, without loading those of other packages."""
    _load_own()
    return list(dict.fromkeys([*_FAMILIES, *(entry.name for entry in _entries())]))


def _load_own() -> None:
    """Load this package's families, each of which registers itself."""
    import_module("idlat.importance.families")


def _entries() -> metadata.EntryPoints:
    return metadata.entry_points(group=ENTRY_POINTS)


def _load(entry: metadata.EntryPoint) -> None:
    try:
        entry.load()
    except Exception as error:
        raise ImportanceError(
            f"importance {entry.name!r} of {entry.value} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if entry.name not in _FAMILIES:
        raise ImportanceError(f"{entry.value} registers no family of importance named {entry.name!r}")
