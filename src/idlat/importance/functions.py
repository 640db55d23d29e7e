"""The functions of importance expressions: how the arguments of each are parsed.

::

    "box" ["z" "=" range] ["," "y" "=" range] …           "sphere" z=, y=, x=, radius= [units=]
    "mask" string                                          "file" string
    "isosurface" [quantity ","] level [decay=] [units=]   "distance" expression [decay=] [units=]
    "near" (level | quantity ":" level ("," …)*) width=
    "transfer" [quantity ","] level ":" number ("," …)+
    "steps" range ("," range)*                             "weights" number ("," number)*
    "step_information" | "gradient" | "entropy"            [quantity]
    "conditional_entropy" | "correlation"                  [quantity ["," quantity]]
    "rarity"                                               [quantity ["," quantity ["," quantity]]]
    "max" | "min"                                          expression ("," expression)+
    "magnitude"                                            quantity ("," quantity)+
    "abs" | "log10" | "sqrt"                               quantity
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from idlat.importance.combinations import Maximum, Minimum
from idlat.importance.expression_tokens import SHOWN, Tokens
from idlat.importance.expression_tree import Constant, Expression
from idlat.importance.families import (
    ConditionalEntropy,
    Correlation,
    Distance,
    Entropy,
    Gradient,
    Isosurface,
    MapFile,
    MaskFile,
    Near,
    NearVector,
    Rarity,
    Region,
    Sphere,
    StepInformation,
    Steps,
    Transfer,
    Weights,
)
from idlat.importance.percentile_levels import Level
from idlat.importance.quantities import FUNCTIONS as ARITHMETIC
from idlat.importance.quantities import VALUE, Function, Magnitude

if TYPE_CHECKING:
    from idlat.importance.parse_expression import Parser

__all__ = ["FUNCTIONS"]

Make = Callable[[], Expression]


def _box(parser: Parser) -> Make:
    tokens = parser.tokens
    spans: dict[str, tuple[int | None, int | None]] = {}
    while tokens.here.kind == "name":
        axis = tokens.here.text
        if axis not in ("z", "y", "x") or axis in spans:
            tokens.fail(f"box takes each of z, y and x once, found {axis[:SHOWN]!r}")
        tokens.step()
        tokens.expect("=")
        spans[axis] = tokens.range()
        if not tokens.accept(","):
            break
    return lambda: Region(**spans)


def _sphere(parser: Parser) -> Make:
    tokens = parser.tokens
    z = _keyword(tokens, "z")
    tokens.expect(",")
    y = _keyword(tokens, "y")
    tokens.expect(",")
    x = _keyword(tokens, "x")
    tokens.expect(",")
    radius = _keyword(tokens, "radius")
    units = _units(tokens)
    return lambda: Sphere(z, y, x, radius, units)


def _file(kind: type[MapFile] | type[MaskFile]) -> Callable[[Parser], Make]:
    def parse(parser: Parser) -> Make:
        if parser.tokens.here.kind != "string":
            parser.tokens.unexpected('a file name in double quotes, such as "eye.npy"')
        path = parser.tokens.step().text
        return lambda: kind(path)

    return parse


def _isosurface(parser: Parser) -> Make:
    source, level = _first(parser)
    decay, units = _decay(parser.tokens)
    return lambda: Isosurface(level, decay, source, units)


def _distance(parser: Parser) -> Make:
    of = parser.expression()
    decay, units = _decay(parser.tokens)
    return lambda: Distance(of, decay, units)


def _near(parser: Parser) -> Make:
    tokens = parser.tokens
    sources: list[Expression] = []
    levels: list[Level] = []
    position = tokens.here.position
    first = parser.sum() if tokens.here.kind != "sign" or tokens.here.text != ")" else None
    if isinstance(first, Constant):
        level = tokens.percentile(first.value, position)
        tokens.expect(",")
        width = _keyword(tokens, "width")
        return lambda: Near(level, width)
    while first is not None:
        tokens.expect(":")
        sources.append(first)
        levels.append(tokens.level())
        tokens.expect(",")
        first = None if tokens.here.text == "width" and tokens.following.text == "=" else parser.sum()
    if not sources:
        tokens.unexpected("a number")
    width = _keyword(tokens, "width")
    if len(sources) == 1:
        return lambda: Near(levels[0], width, sources[0])
    return lambda: NearVector(tuple(sources), tuple(levels), width)


def _transfer(parser: Parser) -> Make:
    tokens = parser.tokens
    source, at = _first(parser)
    points: list[tuple[Level, float]] = []
    while True:
        tokens.expect(":")
        points.append((at, tokens.number()))
        if not tokens.accept(","):
            break
        at = tokens.level()
    return lambda: Transfer(tuple(points), source)


def _steps(parser: Parser) -> Make:
    ranges = [parser.tokens.range()]
    while parser.tokens.accept(","):
        ranges.append(parser.tokens.range())
    return lambda: Steps(tuple(ranges))


def _weights(parser: Parser) -> Make:
    weights = [parser.tokens.number()]
    while parser.tokens.accept(","):
        weights.append(parser.tokens.number())
    return lambda: Weights(tuple(weights))


def _of_one(kind: Callable[[Expression], Expression], name: str) -> Callable[[Parser], Make]:
    def parse(parser: Parser) -> Make:
        sources = parser.quantities()
        if len(sources) > 1:
            parser.tokens.fail(f"{name} takes one quantity, got {len(sources)}")
        return lambda: kind(sources[0])

    return parse


def _of_several(kind: Callable[[tuple[Expression, ...]], Expression]) -> Callable[[Parser], Make]:
    def parse(parser: Parser) -> Make:
        sources = parser.quantities()
        return lambda: kind(sources)

    return parse


def _arithmetic(name: str) -> Callable[[Parser], Make]:
    return _of_one(lambda of: Function(name, of), name)


def _choice(kind: type[Maximum] | type[Minimum]) -> Callable[[Parser], Make]:
    def parse(parser: Parser) -> Make:
        items = [parser.expression()]
        while parser.tokens.accept(","):
            items.append(parser.expression())
        return lambda: kind(tuple(items))

    return parse


def _first(parser: Parser) -> tuple[Expression, Level]:
    """Parse a level, perhaps after the quantity that it is of."""
    position = parser.tokens.here.position
    if parser.tokens.here.kind == "sign" and parser.tokens.here.text == ")":
        parser.tokens.unexpected("a number")
    first = parser.sum()
    if isinstance(first, Constant):
        return VALUE, parser.tokens.percentile(first.value, position)
    parser.tokens.expect(",")
    return first, parser.tokens.level()


def _keyword(tokens: Tokens, name: str) -> float:
    """Parse ``name=number``."""
    if tokens.here.text != name:
        tokens.unexpected(f"{name}=…")
    tokens.step()
    tokens.expect("=")
    return tokens.number()


def _decay(tokens: Tokens) -> tuple[float, str]:
    """Parse ``, decay=number, units=name``, either or both left out."""
    if tokens.here.text == "," and tokens.following.text != "units":
        tokens.step()
        return _keyword(tokens, "decay"), _units(tokens)
    return 0.2, _units(tokens)


def _units(tokens: Tokens) -> str:
    """Parse ``, units=name`` if it is there."""
    if not tokens.accept(","):
        return "voxels"
    if tokens.here.text != "units":
        tokens.unexpected("units=…")
    tokens.step()
    tokens.expect("=")
    if tokens.here.kind != "name":
        tokens.unexpected("voxels or physical")
    return tokens.step().text


FUNCTIONS: Mapping[str, Callable[[Parser], Make]] = MappingProxyType(
    {
        "box": _box,
        "sphere": _sphere,
        "mask": _file(MaskFile),
        "file": _file(MapFile),
        "isosurface": _isosurface,
        "distance": _distance,
        "near": _near,
        "transfer": _transfer,
        "steps": _steps,
        "weights": _weights,
        "step_information": _of_one(StepInformation, "step_information"),
        "gradient": _of_one(Gradient, "gradient"),
        "entropy": _of_one(Entropy, "entropy"),
        "conditional_entropy": _of_several(ConditionalEntropy),
        "correlation": _of_several(Correlation),
        "rarity": _of_several(Rarity),
        "max": _choice(Maximum),
        "min": _choice(Minimum),
        "magnitude": _of_several(Magnitude),
        **{name: _arithmetic(name) for name in ARITHMETIC},
    }
)
"""Parses the arguments of a function, without its parentheses, and gives what makes its node."""
