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

from typing import TYPE_CHECKING, Any

from idlat.lazy_names import lazy_names

if TYPE_CHECKING:
    from idlat.importance.arguments import arg
    from idlat.importance.families.family_base import Leaf
    from idlat.importance.family_functions import FamilyFunction, constant, from_callable, threshold
    from idlat.importance.family_registry import family, family_names, find_family, list_families
    from idlat.importance.field_view import Variables
    from idlat.importance.importance_map import ImportanceMap
    from idlat.importance.importance_source import ImportanceSource
    from idlat.importance.parse_expression import Expression, parse
    from idlat.importance.resolve_importance import (
        Importance,
        ImportanceRequest,
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
    "find_family",
    "from_callable",
    "list_families",
    "names_in",
    "parse",
    "resolve",
    "threshold",
]

_find = lazy_names(
    __name__,
    {
        "arguments": "arg",
        "families.family_base": "Leaf",
        "family_functions": "FamilyFunction constant from_callable threshold",
        "family_registry": "family family_names find_family list_families",
        "field_view": "Variables",
        "importance_map": "ImportanceMap",
        "importance_source": "ImportanceSource",
        "parse_expression": "Expression parse",
        "resolve_importance": "Importance ImportanceRequest names_in resolve",
    },
)


def __getattr__(name: str) -> Any:
    """Give a public name, or a family of importance as a function."""
    if name in __all__:
        return _find(name)
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from idlat.importance.family_functions import FamilyFunction
    from idlat.importance.family_registry import find_family

    found = find_family(name)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return FamilyFunction(found)


def __dir__() -> list[str]:
    from idlat.importance.family_registry import family_names

    return sorted({*__all__, *family_names()})
