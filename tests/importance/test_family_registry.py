"""A family of importance is said once: text, Python, sliders, documentation, and those of other packages."""

from __future__ import annotations

import inspect
import re
import runpy
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from idlat import importance
from idlat.errors import ImportanceError, Remark
from idlat.importance import Leaf, family, find_family, list_families, parse
from idlat.importance import family_registry as registry
from idlat.importance.arguments import DataRange

FIELD = np.random.default_rng(0).normal(size=(3, 5, 6, 7)).astype("f4")
DATA = DataRange(-2.0, 3.0, 1.0, "K", (5, 6, 7), 3)
DOCS = Path(__file__).parents[2] / "docs"

ABOVE = """
from dataclasses import dataclass
import numpy as np
from idlat.importance import Leaf, arg, family
from idlat.importance.arguments import LevelArgument

@family("softly_above", group="value", title="Softly above", examples=("softly_above(1.0, width=2.0)",))
@dataclass(frozen=True)
class Above(Leaf):
    level: LevelArgument = arg(label="the value of softly_above")
    width: float = arg(1.0, positive=True, units="field", log=(0.001, 1.0))

    def compute(self, block):
        return 1 / (1 + np.exp((self.level - block.values) / self.width))
"""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what a test registers."""
    monkeypatch.setattr(registry, "_FAMILIES", dict(registry._FAMILIES))
    return


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: None) -> None:
    """A distribution with entry points: one family, one that fails, one that registers nothing."""
    (tmp_path / "foreign_families.py").write_text(ABOVE)
    (tmp_path / "broken_families.py").write_text("raise OSError('no such library')")
    folder = tmp_path / "foreign-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(
        "[idlat.importance]\nsoftly_above = foreign_families:Above\nbroken = broken_families\nabsent = json\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "foreign_families", raising=False)


@pytest.mark.parametrize("known", list_families(), ids=lambda known: known.name)
def test_every_family_is_said_once(known: registry.ImportanceFamily) -> None:
    assert known.examples
    assert known.meaning
    assert known.use
    for text in known.examples:
        node = parse(text)
        assert isinstance(node, known.node)
        assert known.text(node) == str(node)
        assert parse(str(node)) == node
    template, parameters = known.template(DATA)
    assert set(re.findall(r"{(\w+)}", template)) == {parameter.name for parameter in parameters}
    if known.title:
        assert parse(template.format(**{p.name: p.text(p.value) for p in parameters})).family is known
    for parameter in parameters:
        assert parameter.low <= parameter.value <= parameter.high
    function = getattr(importance, known.name)
    assert (function.__name__, function.__doc__) == (known.name, known.node.__doc__)
    assert next(iter(inspect.signature(function).parameters)) == "field"
    assert known.name in dir(importance)


@pytest.mark.parametrize("known", list_families(), ids=lambda known: known.name)
def test_what_the_documentation_calls_is_what_the_text_says(known, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("map.npy", "eye.npy"):
        np.save(name, (FIELD[0] > 0).astype("f4"))
    dims = ("time", "z", "y", "x")
    field = xr.Dataset({name: (dims, 10 * np.roll(FIELD, i)) for i, name in enumerate("UV")})
    several = {"correlation", "conditional_entropy", "rarity", "near"}
    for text in known.examples:
        text = text.replace("10:20", "1:3").replace("z=10:40, y=:64, x=8:", "z=1:4, y=:5, x=2:")
        of = field if known.name in several and "U" in text else field["U"]
        call = known.python(parse(text))
        made = eval(f"importance.{call}", {"importance": importance, "field": of})  # noqa: S307
        xr.testing.assert_identical(made, parse(text).evaluate(of))


def test_the_tables_of_the_documentation_are_those_of_the_registry() -> None:
    written = (DOCS / "importance.md").read_text(encoding="utf-8")
    assert runpy.run_path(str(DOCS / "importance_families.py"))["filled"](written) == written
    assert all(f"| `{known.examples[0]}`" in written for known in list_families())


def test_a_family_of_another_package(package: None) -> None:
    text = "softly_above(1.0, width=2.0)"
    node = parse(f"0.5*{text}")
    assert str(node) == f"0.5*{text}"
    by_hand = 1 / (1 + np.exp((1 - FIELD) / 2))
    assert np.allclose(importance.softly_above(FIELD, 1, width=2).values, by_hand)
    assert np.allclose(node.evaluate(FIELD).values, by_hand / 2)
    found = find_family("softly_above")
    assert found is not None
    template, (level, width) = found.template(DATA)
    assert template == "softly_above({value}, width={width})"
    assert (level.low, level.high) == (-2, 3)
    assert (width.low, width.high, width.kind) == (0.005, 5, "log")
    with pytest.raises(ImportanceError, match="width is 0, expected more than 0"):
        parse("softly_above(1, width=0)")
    with pytest.raises(ImportanceError, match=r"unknown name 'softly_abov', .* such as softly_above"):
        parse("softly_abov(1)")


def test_a_package_that_cannot_be_loaded_is_named_and_harms_no_other(package: None) -> None:
    with pytest.raises(
        ImportanceError, match="'broken' of broken_families cannot be loaded: OSError: no such"
    ):
        parse("broken()")
    with pytest.raises(ImportanceError, match="json registers no family of importance named 'absent'"):
        parse("absent()")
    with pytest.warns(Remark) as said:
        names = [known.name for known in list_families()]
    assert "softly_above" in names
    assert "gradient" in names
    assert len(said) == 2


def _one(_self: Leaf, _block: object) -> float:
    return 1.0


def test_what_cannot_be_registered(kept: None) -> None:
    def make(name: str = "mine", group: str = "value", hint: object = float) -> None:
        class Mine(Leaf):
            __annotations__ = {"width": hint}

            compute = _one

        family(name, group=group)(dataclass(frozen=True)(Mine))

    for name in ("gradient", "max", "value", "two words"):
        with pytest.raises(ValueError, match="is taken, or no name of a function"):
            make(name)
    with pytest.raises(ValueError, match="group 'taste'"):
        make(group="taste")
    with pytest.raises(TypeError, match=r"Mine\.width: .* is of no kind"):
        make(hint=complex)
    with pytest.raises(TypeError, match="below @family"):
        family("mine", group="value")(type("Mine", (Leaf,), {"compute": _one}))
    assert find_family("mine") is None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: importance.isosurface(FIELD), "needs level"),
        (lambda: importance.isosurface(FIELD, 1, 2, 3, 4, 5), "takes 4 arguments, got 5"),
        (lambda: importance.isosurface(FIELD, 1, level=2), "unexpected argument 'level', or got it twice"),
        (lambda: importance.isosurface(FIELD, 1, width=2), "unexpected argument 'width'"),
    ],
)
def test_functions_are_called_as_functions_are(call, said) -> None:
    with pytest.raises(TypeError, match=said):
        call()


def test_quantities_as_texts_and_as_fields() -> None:
    dims = ("time", "z", "y", "x")
    u, v = (xr.DataArray(np.roll(FIELD, i), dims=dims, name=name) for i, name in enumerate("UV"))
    both = xr.Dataset({"U": u, "V": v})
    for name in ("correlation", "conditional_entropy", "rarity"):
        function = getattr(importance, name)
        wanted = parse(f"{name}(U, V)").evaluate(both).values
        assert (function(both, "U", "V").values == wanted).all()
        assert (function(u, v).values == wanted).all()
    assert (
        importance.gradient(u, source="log10(abs(value))").values
        == parse("gradient(log10(abs(value)))").evaluate(u).values
    ).all()
    inside = importance.distance(u, v > 1)
    assert (inside.values == parse("distance(V > 1.0)").evaluate(both).values).all()
    with pytest.raises(ImportanceError, match="a text, an expression or a field, got a int"):
        importance.gradient(u, 3)


def test_a_name_that_is_no_family() -> None:
    with pytest.raises(AttributeError, match="no attribute 'isosurfaces'"):
        importance.isosurfaces  # noqa: B018
