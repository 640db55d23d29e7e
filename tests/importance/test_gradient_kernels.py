"""The compiled gradient gives the bits of its form in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from idlat.importance.measures.local_statistics import gradient_magnitude
from idlat.jit import compiles

SHAPES = [(1, 1, 1), (1, 1, 2), (1, 9, 1), (2, 3, 4), (20, 17, 33)]


def both(values: NDArray[Any], unit: float, monkeypatch: pytest.MonkeyPatch) -> list[NDArray[np.int32]]:
    """Bits of what each form gives."""
    found = []
    for plain in (False, True):
        with monkeypatch.context() as patch:
            patch.setenv("IDLAT_PURE_PYTHON", "1" if plain else "")
            assert compiles() is not plain
            found.append(gradient_magnitude(values, unit).view(np.int32))
    return found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8"])
@pytest.mark.parametrize("scale", [1e-300, 1e-40, 1e-20, 1.0, 1e30, 1e300])
def test_the_same_bits_in_both_forms(shape, dtype, scale, monkeypatch):
    rng = np.random.default_rng(7)
    values = rng.normal(size=shape)
    with np.errstate(over="ignore", under="ignore"):
        values = (values * scale).astype(dtype)
    for hole in (None, np.nan, np.inf, -np.inf):
        if hole is not None:
            values[rng.random(shape) < 0.1] = hole
        compiled, plain = both(values, 1.0, monkeypatch)
        np.testing.assert_array_equal(compiled, plain)


def test_flat_regions_other_units_and_views_of_arrays(monkeypatch):
    rng = np.random.default_rng(8)
    values = np.rint(rng.normal(size=(12, 14, 30))).astype(np.float32)  # many neighbours are equal
    values[3:9, 4:9] = 2.0
    for view in (values, values[::-1, 1:].transpose(2, 0, 1), np.broadcast_to(values[:1], (5, 14, 30))):
        for unit in (1.0, 2.0**40, 2.0**-40):
            compiled, plain = both(view, unit, monkeypatch)
            np.testing.assert_array_equal(compiled, plain)
