"""Units as a person writes them."""

from __future__ import annotations

import re

__all__ = ["written_units"]

_POWER = re.compile(r"(?<=[^\W\d_])(?<!\d[eE])(?:\^|\*\*)?(-?\d+)\b")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def written_units(units: str) -> str:
    """Return the unit of a file with its powers raised.

    Examples
    --------
    >>> written_units("kg m-1 s^-2"), written_units("m/s"), written_units("m**3"), written_units("1e-3 kg")
    ('kg m⁻¹ s⁻²', 'm/s', 'm³', '1e-3 kg')
    >>> written_units("1")  # of a number without a unit
    ''
    """
    if units.strip() in ("1", "dimensionless"):
        return ""
    return _POWER.sub(lambda found: found[1].translate(_RAISED), units)
