"""What matters, and how much: importance maps on a field's grid (paper Sect. 5.1.1, Eq. 3).

::

    None, text, file, array, callable ── resolve ──▶ ImportanceMap, ImportanceSource
    text ── parse ──▶ Expression ── on(field) ──▶ ImportanceMap ── step(t)[z, y, x] ──▶ float32 in [0, 1]
                                 ── evaluate(field) ──▶ DataArray
"""

from idlat.importance.by_value import nearness, threshold, transfer, vector_nearness
from idlat.importance.field_view import Variables
from idlat.importance.importance_map import ImportanceMap
from idlat.importance.maps import (
    box,
    constant,
    from_callable,
    from_file,
    isosurface,
    mask,
    object_distance,
    sphere,
)
from idlat.importance.measured_maps import (
    conditional_entropy,
    correlation,
    entropy,
    gradient,
    rarity,
    step_information,
    steps,
    weights,
)
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
    "Importance",
    "ImportanceMap",
    "ImportanceRequest",
    "ImportanceSource",
    "Variables",
    "box",
    "conditional_entropy",
    "constant",
    "correlation",
    "entropy",
    "from_callable",
    "from_file",
    "gradient",
    "isosurface",
    "mask",
    "names_in",
    "nearness",
    "object_distance",
    "parse",
    "rarity",
    "resolve",
    "sphere",
    "step_information",
    "steps",
    "threshold",
    "transfer",
    "vector_nearness",
    "weights",
]
