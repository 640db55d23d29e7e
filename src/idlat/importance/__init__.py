"""What matters, and how much: importance maps on a field's grid (paper Sect. 5.1.1, Eq. 3).

::

    None, text, file, array, callable ── resolve ──▶ ImportanceMap, ImportanceSource
    text ── parse ──▶ Expression ── on(field) ──▶ ImportanceMap ── step(t)[z, y, x] ──▶ float32 in [0, 1]
                                 ── evaluate(field) ──▶ DataArray

Every family of importance, those of other packages included, is a function here under the name that it has in
expressions: ``idlat.importance.isosurface(field, 8.0, decay=0.2)``.
The terms are explained in ``docs/glossary.md``.
"""

from __future__ import annotations

from idlat.importance.arguments import arg
from idlat.importance.families.family_base import Leaf
from idlat.importance.family_functions import FamilyFunction, constant, from_callable, threshold
from idlat.importance.family_registry import family, family_names, find_family, list_families
from idlat.importance.field_view import Variables
from idlat.importance.importance_map import ImportanceMap
from idlat.importance.parse_expression import Expression, parse
from idlat.importance.resolve_importance import (
    Importance,
    ImportanceRequest,
    ImportanceSource,
    names_in,
    resolve,
)

__all__ = [
    "Expression",
    "FamilyFunction",
    "Importance",
    "ImportanceMap",
    "ImportanceRequest",
    "ImportanceSource",
    "Leaf",
    "Variables",
    "arg",
    "constant",
    "family",
    "family_names",
    "from_callable",
    "list_families",
    "names_in",
    "parse",
    "resolve",
    "threshold",
]


def __getattr__(name: str) -> FamilyFunction:
    """Give a family of importance as a function."""
    found = None if name.startswith("_") else find_family(name)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return FamilyFunction(found)


def __dir__() -> list[str]:
    return sorted({*__all__, *family_names()})
