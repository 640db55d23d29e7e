"""A family's parameter as a slider, whose place runs in the logarithm where the parameter does."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from idlat.explorer.data import Parameter
from idlat.explorer.notation import number

__all__ = ["place_of", "slider", "value_at"]

TICKS = 200


def slider(parameter: Parameter, value: float) -> dict[str, Any]:
    """Return a parameter as a slider: its place runs in the logarithm where the parameter does.

    Examples
    --------
    >>> slider(Parameter("value", "above", 200.0, 300.0, 250.0, units="K"), 273.15)["shown"]
    '273.1 K'
    """
    place = place_of(parameter)
    low, high = place(parameter.low), place(parameter.high)
    value = min(parameter.high, max(parameter.low, value))
    step = 1 if parameter.kind == "whole" else (high - low) / TICKS or 1
    shown = f"{round(value)}" if parameter.kind == "whole" else number(value, 4)
    return {
        "name": parameter.name,
        "title": parameter.title,
        "low": low,
        "high": high,
        "step": step,
        "value": place(value),
        "shown": f"{shown} {parameter.units}" if parameter.units else shown,
    }


def place_of(parameter: Parameter) -> Callable[[float], float]:
    """Return what turns a value into a slider's place."""
    return math.log10 if parameter.kind == "log" else float


def value_at(parameter: Parameter, place: float) -> float:
    """Return the value of a slider's place, within the parameter's range.

    Examples
    --------
    >>> value_at(Parameter("decay", "decay", 0.01, 2.0, 0.2, "log"), -1.0)
    0.1
    """
    value = 10 ** min(place, 300) if parameter.kind == "log" else place
    value = min(parameter.high, max(parameter.low, value))
    # four digits are as many as a slider's place tells, and an expression reads better with them
    return round(value) if parameter.kind == "whole" else float(f"{value:.4g}")
