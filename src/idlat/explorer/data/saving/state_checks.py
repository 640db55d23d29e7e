"""What each part of a kept state may be: it may come from any file or address."""

from __future__ import annotations

from typing import Any, get_args

from idlat.analysis.features import SCALINGS
from idlat.explorer.data.step_blocks import ATTRIBUTES
from idlat.explorer.data.step_volumes import Kind
from idlat.explorer.data.workbench.trial_volume import TRIED
from idlat.explorer.message_checks import (
    Check,
    RefusedError,
    flag,
    mapping,
    numbers,
    one_of,
    optional,
    real,
    record,
    text,
    whole,
)

__all__ = ["LONGEST", "STATE", "TABS"]

LONGEST = 1 << 23
"""Characters of a state as JSON."""

TABS = ("cluster", "importance", "isosurfaces", "time")
"""Pages of the dock."""

_FAR = 1e6  # of a camera, in lengths of the longest axis: the scene takes no larger ones
_MODES = ("volume", "isosurface", "both", "slices")
_PANELS: tuple[str, ...] = (*get_args(Kind), *TRIED)
_MOST_PANELS = 4
_QUANTITIES = ("cluster", *ATTRIBUTES)


def _tuple_of(check: Check, longest: int) -> Check:
    """Accept a list, or a tuple, of at most `longest` values; a tuple comes of it."""
    several = numbers(check, longest)
    return lambda value: tuple(several(list(value) if isinstance(value, tuple) else value))


def _point(value: Any) -> tuple[float, float]:
    """Accept a point of the transfer function: a value, and an opacity from 0 to 1."""
    pair = _tuple_of(real(), 2)(value)
    if len(pair) != 2 or not 0 <= pair[1] <= 1:
        raise RefusedError(f"expected a value and an opacity from 0 to 1, got {pair}")
    return pair[0], pair[1]


def _look(value: Any) -> tuple[float, ...]:
    """Accept a place and a scale."""
    found: tuple[float, ...] = _tuple_of(real(-1e3, 1e3), 3)(value)
    if len(found) != 3 or not 0.1 <= found[2] <= 100:
        raise RefusedError(f"expected x, y and a scale from 0.1 to 100, got {found}")
    return found


def _tree(value: Any) -> Any:
    """Accept an object; what is in it the tree's own reader checks against the blocks."""
    if not isinstance(value, dict) or value.get("format") != "idlat tree":
        raise RefusedError("expected a cluster tree")
    return value


def _tracked(value: Any) -> Any:
    """Accept a cluster that is followed; nothing of an older release's, which told no blocks."""
    return None if isinstance(value, int) else _TRACKED(value)


_NAME = r"[^/\\\x00-\x1f]*"
_PACKED = text(LONGEST, r"[A-Za-z0-9_-]*")
_TRACKED = record(
    {
        "node": whole(0),
        "name": text(80),
        "colour": text(7, "#[0-9a-f]{6}"),
        "step": whole(0),
        "scaling": one_of(*SCALINGS),
        "blocks": _PACKED,
    }
)
STATE = record(
    {
        "archive": text(255, _NAME),
        "variable": text(255),
        "step": whole(0),
        "theme": one_of("light", "dark"),
        "colour_by": one_of(*_QUANTITIES),
        "look": _look,
        "tree": optional(_tree),
        "tree_step": optional(whole(0)),
        "scaling": one_of(*SCALINGS),
        "node": whole(0),
        "selection": optional(_PACKED),
        "mode": one_of(*_MODES),
        "panels": _tuple_of(one_of(*_PANELS), _MOST_PANELS),
        "outlines": flag,
        "isovalue": optional(real()),
        "slices": _tuple_of(whole(0), 3),
        "transfer": _tuple_of(_point, 64),
        "colours": text(40, r"\w*"),
        "region": _tuple_of(whole(0), 6),
        "camera": optional(mapping(text(40, r"\w+"), _tuple_of(real(-_FAR, _FAR), 4), 16)),
        "trials": _tuple_of(
            record(
                {
                    "expression": text(2000),
                    "quality": real(0, 100),
                    "family": text(40, r"\w*"),
                    "values": mapping(text(40, r"\w+"), real(), 32),
                }
            ),
            2,
        ),
        "tracked": optional(_tracked),
        "tab": one_of(*TABS),
        "slot": one_of("a", "b"),
    }
)
