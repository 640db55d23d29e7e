"""What matters, and how much: importance maps on a field's grid (paper Sect. 5.1.1, Eq. 3).

::

    None, text, file, array, callable ── resolve ──▶ ImportanceMap, ImportanceSource
    text ── parse ──▶ Expression ── on(field) ──▶ ImportanceMap ── step(t)[z, y, x] ──▶ float32 in [0, 1]
                                 ── evaluate(field) ──▶ DataArray
"""

from idlat.importance.expression import Expression, parse
from idlat.importance.lazy import ImportanceMap
from idlat.importance.maps import (
    box,
    constant,
    entropy,
    from_callable,
    from_file,
    gradient,
    isosurface,
    nearness,
    threshold,
)
from idlat.importance.sources import Importance, ImportanceRequest, ImportanceSource, resolve

__all__ = [
    "Expression",
    "Importance",
    "ImportanceMap",
    "ImportanceRequest",
    "ImportanceSource",
    "box",
    "constant",
    "entropy",
    "from_callable",
    "from_file",
    "gradient",
    "isosurface",
    "nearness",
    "parse",
    "resolve",
    "threshold",
]
