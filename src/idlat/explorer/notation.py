"""Numbers, units and messages as the page writes them: a true minus, raised powers."""

from __future__ import annotations

import math
import re

import numpy as np

__all__ = ["number", "plain", "without_help", "written_units"]

_POWER = re.compile(r"(?<=[^\W\d_])(?<!\d[eE])(?:\^|\*\*)?(-?\d+)\b")
_DEGREES = (
    (re.compile(r"\b(?:deg(?:rees?)?_?C|(?:deg(?:rees?)?_?)?celsius)\b", re.IGNORECASE), "°C"),
    (re.compile(r"\bdeg(?:rees?)?\b"), "°"),
)
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def written_units(units: str) -> str:
    """Return the unit of a file with its powers raised, and a sign for degrees.

    Examples
    --------
    >>> written_units("kg m-1 s^-2"), written_units("m/s"), written_units("m**3"), written_units("1e-3 kg")
    ('kg m⁻¹ s⁻²', 'm/s', 'm³', '1e-3 kg')
    >>> written_units("degrees_C"), written_units("degC m-1"), written_units("degree")
    ('°C', '°C m⁻¹', '°')
    >>> written_units("1")  # of a number without a unit
    ''
    """
    if units.strip() in ("1", "dimensionless"):
        return ""
    for words, sign in _DEGREES:
        units = words.sub(sign, units)
    return _POWER.sub(lambda found: found[1].translate(_RAISED), units)


def number(value: float, digits: int = 3) -> str:
    """Return a number of a few digits, with a power of ten where it is very large or small.

    Examples
    --------
    >>> number(0.0), number(-12.3456), number(92634.0), number(1.5e6), number(2e-5)
    ('0', '−12.3', '92600', '1.5×10⁶', '2×10⁻⁵')
    """
    rounded = float(f"{value:.{digits}g}")
    if rounded == 0 or 1e-4 <= abs(rounded) < 1e5 or not math.isfinite(value):
        return plain(value, digits)
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{plain(float(mantissa), digits)}×10{str(int(exponent)).translate(_RAISED)}"


def plain(value: float, digits: int) -> str:
    """Return a number of a few digits without a power of ten.

    Examples
    --------
    >>> plain(-7513.0, 3), plain(0.0025, 3)
    ('−7510', '0.0025')
    """
    rounded = float(f"{value:.{digits}g}")
    if not math.isfinite(rounded):
        return str(rounded)
    return np.format_float_positional(rounded, trim="-").replace("-", "−") if rounded else "0"


def without_help(text: str) -> str:
    """Return a message without the command line's help, which is not at hand on the page.

    Examples
    --------
    >>> without_help("unknown name 'foo', expected a function: see `idlat importance --help`, at 1")
    "unknown name 'foo', expected a function, at 1"
    """
    return re.sub(r"[:;,]? see `idlat [a-z ]*--help`", "", text)
