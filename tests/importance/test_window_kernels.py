"""The compiled histograms of windows give the bits of their form in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.importance.measures.joint_statistics import local_conditional_entropy
from idlat.importance.measures.local_statistics import local_entropy
from idlat.jit import compiles


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 9), (3, 1, 2), (8, 7, 6), (19, 13, 22)])
@pytest.mark.parametrize("missing", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_bits_in_both_forms(shape, missing, dtype, monkeypatch):
    rng = np.random.default_rng(9)
    x, y = rng.normal(size=(2, *shape)).astype(dtype)
    x[rng.random(shape) < missing] = np.nan
    y[: len(y) // 2] = np.rint(y[: len(y) // 2])
    found = []
    for plain in ("", "1"):
        monkeypatch.setenv("IDLAT_PURE_PYTHON", plain)
        assert compiles() is not bool(plain)
        ranges = [(-2.0, 2.0), (-3.0, 3.0)]
        parts = [local_entropy(x, -2.0, 2.0), local_conditional_entropy(x, y, ranges)]
        found.append(np.stack([*parts, local_conditional_entropy(x, None, ranges)]).view(np.int32))
    np.testing.assert_array_equal(*found)
