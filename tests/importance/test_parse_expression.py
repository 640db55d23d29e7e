from __future__ import annotations

import re
import string
import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from idlat.errors import IdlatError, ImportanceError, MissingFileError
from idlat.importance import parse
from idlat.importance.combinations import Maximum, Minimum, Product, Ratio, Sum
from idlat.importance.expression_tree import Constant
from idlat.importance.families import (
    COMPARISONS,
    ConditionalEntropy,
    Correlation,
    Distance,
    Entropy,
    Gradient,
    Isosurface,
    MapFile,
    MaskFile,
    Near,
    Rarity,
    Region,
    Sphere,
    StepInformation,
    Steps,
    Threshold,
    Transfer,
    Weights,
)
from idlat.importance.parse_expression import MAX_DEPTH, MAX_LENGTH, MAX_TERMS
from idlat.importance.quantities import FUNCTIONS, VALUE, Function, Magnitude, Variable

numbers = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(1e-300, 1e300)


@st.composite
def spans(draw):
    start = draw(st.none() | st.integers(0, 500))
    stop = draw(st.none() | st.integers((start or 0) + 1, 999))
    return draw(st.sampled_from([None, (start, stop)]))


shares = st.floats(0, 1)
units = st.sampled_from(["voxels", "physical"])
variables = st.builds(Variable, st.text("aB_ 9é", min_size=1, max_size=5))
quantities = st.one_of(
    st.just(VALUE),
    variables,
    st.builds(Function, st.sampled_from(list(FUNCTIONS)), variables),
    st.builds(Magnitude, st.lists(variables, min_size=2, max_size=3).map(tuple)),
    st.builds(Ratio, variables, st.just(VALUE)),
)
several = st.lists(quantities, min_size=1, max_size=2).map(tuple)
steps = st.tuples(st.none() | st.integers(0, 9), st.none() | st.integers(10, 99))


@st.composite
def vectors(draw):
    sources = draw(st.lists(quantities, min_size=2, max_size=3).map(tuple))
    reference = draw(st.tuples(*[numbers] * len(sources)))
    return Near(tuple(zip(sources, reference, strict=True)), draw(positive))


leaves = st.one_of(
    st.builds(Constant, numbers),
    st.builds(Threshold, st.sampled_from(list(COMPARISONS)), numbers, quantities),
    st.builds(Isosurface, numbers, positive, quantities, units),
    st.builds(Distance, st.builds(Threshold, st.just(">"), numbers, quantities), positive, units),
    st.builds(lambda level, width, of: Near({of: level}, width), numbers, positive, quantities),
    vectors(),
    st.builds(
        Transfer,
        st.dictionaries(numbers, shares, min_size=2, max_size=4).map(lambda d: tuple(sorted(d.items()))),
        quantities,
    ),
    st.builds(Region, spans(), spans(), spans()),
    st.builds(Sphere, numbers, numbers, numbers, positive, units),
    st.builds(MaskFile, st.just("an eye.npy")),
    st.builds(MapFile, st.just("maps/eye.npy")),
    st.builds(Steps, st.lists(steps, min_size=1, max_size=3).map(tuple)),
    st.builds(Weights, st.lists(shares, min_size=1, max_size=4).map(tuple)),
    st.builds(StepInformation, quantities),
    st.builds(Gradient, quantities),
    st.builds(Entropy, quantities),
    st.builds(ConditionalEntropy, several),
    st.builds(Correlation, several),
    st.builds(Rarity, several),
)


def combine(inner):
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        several.flatmap(
            lambda t: st.tuples(*[st.sampled_from([1, -1])] * (len(t) - 1)).map(lambda s: Sum(t, (1, *s)))
        ),
        several.map(Product),
        several.map(Maximum),
        several.map(Minimum),
    )


expressions = st.recursive(leaves, combine, max_leaves=8)


@given(expressions)
def test_canonical_text_round_trips(expression):
    text = str(expression)
    if len(text) <= MAX_LENGTH:
        assert parse(text) == expression
        assert str(parse(text)) == text
        spaced = re.sub(r'"[^"]*"| ', lambda part: part[0].strip() or "\n\t ", text)
        assert parse(f"  {spaced} ") == expression


@given(st.text())
@example("value.__class__")
@example("__import__('os').system('true')")
@example("\u0661 + \u0664")
@example("\x00")
@example("().__class__.__bases__[0]")
@example("9" * 1999)
@example("9**9**9")
@example("1e" + "9" * 400)
@example("(" * 1000)
@example("max(" * 600)
@example("1" + "+1" * 999)
@example("ⅷ(1)")
def test_arbitrary_text_raises_one_clear_line_or_parses(text):
    check(text)


@given(
    st.lists(
        st.sampled_from(
            "value isosurface near box gradient entropy max min decay width z y x "
            "( ) ( ) , , : = = + - * < > <= >= 1 0 2.5 .5 1e999 1e-3 -1 () 3:5".split()
        ),
        max_size=20,
    ).map(" ".join)
)
def test_arbitrary_tokens_raise_one_clear_line_or_parse(text):
    check(text)


@given(st.text(alphabet=string.printable, max_size=30))
def test_arbitrary_ascii_raises_one_clear_line_or_parses(text):
    check(text)


def check(text):
    try:
        expression = parse(text)
    except IdlatError as error:
        message = str(error)
        assert "\n" not in message
        assert message.isprintable()
        assert len(message) < 300
        assert "position" in message or "characters" in message
    else:
        assert parse(str(expression)) == expression


@settings(max_examples=30)
@given(expressions)
def test_a_map_lies_in_the_unit_interval_or_is_refused(expression):
    z, y, x = np.indices((5, 6, 7))
    field = (z - 2.2) ** 2 + (y - 3.1) ** 2 + 0.5 * x
    field[1, 2, 3], field[0, 0, 0] = np.nan, np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            values = expression.evaluate(field).values
        except (ImportanceError, MissingFileError):
            return
    low, high = expression.bounds
    assert values.dtype == np.float32
    assert values.shape == field.shape
    assert (values >= max(0.0, low - 1e-6)).all()
    assert (values <= min(1.0, high + 1e-6)).all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("isosurface(8.0, decay=0.2)", Isosurface(8.0, 0.2)),
        ("isosurface(-8)", Isosurface(-8.0, 0.2)),
        ("value>9.9", Threshold(">", 9.9)),
        ("value <= -1e3", Threshold("<=", -1000.0)),
        ("near(9.9, width=0.5)", Near(9.9, 0.5)),
        ("box(z=10:40, x=:5)", Region(z=(10, 40), x=(None, 5))),
        ("box(y=3:)", Region(y=(3, None))),
        ("box()", Region()),
        ("1", Constant(1.0)),
        ("(((gradient())))", Gradient()),
        ("0.5*value > 3", Threshold(">", 3.0, Product((Constant(0.5), VALUE)))),
        ("1 - entropy()", Sum((Constant(1.0), Entropy()), (1, -1))),
        (
            "0.2+.8*(value>1)",
            Sum((Constant(0.2), Product((Constant(0.8), Threshold(">", 1.0)))), (1, 1)),
        ),
        ("max(value > 1, gradient())", Maximum((Threshold(">", 1.0), Gradient()))),
        ("min(1, 1, 1)", Minimum((Constant(1.0),) * 3)),
    ],
)
def test_what_a_text_means(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text", ["isosurface(8.0, decay=0.2)", "value > 9.9", "0.2 + 0.8*gradient()", "1", "box(z=10:40)"]
)
def test_common_texts_are_their_own_canonical_form(text):
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "position 0: it is empty"),
        ("   ", "it is empty"),
        ("isosurface(8.0", "position 14: expected '\\)', found the end"),
        ("isosurface()", "position 11: expected a number, found '\\)'"),
        ("isosurface(8, width=2)", "position 14: expected decay=…, found 'width'"),
        ("isosurface(8, decay=0)", "position 0: decay is 0, expected more than 0"),
        ("isosurface(8, decay=-1)", "decay is -1, expected more than 0"),
        ("near(8)", "expected ',', found '\\)'"),
        ("near(8, width=1e999)", "position 14: a number too large"),
        (
            "foo(1)",
            "position 0: unknown name 'foo', expected a function such as isosurface, box, gradient, max: see",
        ),
        (
            "izosurface(1)",
            "position 0: unknown name 'izosurface', expected a function such as isosurface: see",
        ),
        ("os.system", "position 2: unexpected character '.'"),
        ("value", "expected a comparison such as value > 9.9"),
        ("value == 3", "position 6: expected a comparison"),
        ("value > 3 > 2", "stands alone"),
        ("value > 1 + 1", "stands alone"),
        ("0.5*value", "expected a comparison such as value > 9.9"),
        ("gradient()*value > 3", "value is a quantity and gradient() an importance".replace("()", "\\(\\)")),
        ("gradient() > 3", "a comparison takes value, a variable or a quantity"),
        ("1 2", "position 2: expected the end, found '2'"),
        ("1 +", "position 3: expected a number, a function"),
        ("-gradient()", "expected a number, found 'gradient'"),
        ("max(1)", "max needs two arguments or more"),
        ("gradient(value, width=2)", "position 16: gradient takes no width=…"),
        ("sphere(x=1, y=2, z=3)", "position 20: expected ',', found '\\)'"),
        ("sphere(x=1, y=2, x=3)", "position 17: expected z=…, found 'x'"),
        ("box(10:40)", "position 4: expected '\\)', found '10'"),
        ("box(t=1:2)", "takes each of z, y and x once, found 't'"),
        ("box(z=1:2, z=3:4)", "takes each of z, y and x once"),
        ("box(z=5:5)", "box z=5:5 is empty or negative"),
        ("box(z=1.5:3)", "expected a voxel index, found '1.5'"),
        ("box(z=-3:3)", "expected ':', found '-'"),
        ("box(z=0:9999999999)", "expected a voxel index"),
        ("(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1), f"nested more than {MAX_DEPTH} deep"),
        ("+".join(["1"] * (MAX_TERMS + 1)), f"more than {MAX_TERMS} terms"),
        ("1" * (MAX_LENGTH + 1), f"has {MAX_LENGTH + 1} characters, expected at most {MAX_LENGTH}"),
        ("é", "unexpected character '\\\\xe9'"),
    ],
)
def test_mistakes_are_named_with_their_place(text, message):
    with pytest.raises(ImportanceError, match=message):
        parse(text)


def test_the_deepest_and_longest_that_are_allowed():
    deep = "(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1)
    assert parse(deep) == Constant(1.0)
    assert len(parse("*".join(["1"] * MAX_TERMS)).factors) == MAX_TERMS
