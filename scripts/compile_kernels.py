"""Compile the kernels that most fields need, and keep their machine code beside their modules.

`make test` does so once, while nothing but the linters runs: several processes of tests would each compile
what the others compile at the same time. Without it, everything is compiled when it is first called.

::

    python scripts/compile_kernels.py
"""

from __future__ import annotations

import tempfile
import warnings
from typing import Any

import numpy as np
import xarray as xr

import idlat
from idlat.errors import Remark

MAP = "0.4*isosurface(0.5, decay=0.2) + 0.3*gradient() + 0.2*entropy() + 0.1*correlation()"  # of steps


def main() -> None:
    """Compress and decode a small field: steps under bounds, as it comes, with all effort, and with none."""
    warnings.simplefilter("ignore", Remark)
    places = np.linspace(0, 6, 40, dtype="float32")
    z, y, x = places[:24, None, None], places[:, None], places
    field = np.sin(x) * np.cos(y) + 0.1 * z + 0.05 * np.random.default_rng(0).standard_normal((24, 40, 40))
    steps = xr.DataArray(np.stack([field, field + 0.1]).astype("float32"), dims=("time", "z", "y", "x"))
    settings: list[tuple[xr.DataArray, dict[str, Any]]] = [
        (steps, {"importance": MAP, "max_error": 0.01}),
        (steps[0], {"importance": "value > 0.5", "keep_importance": True}),
        (steps[0].astype("float64"), {"effort": 9}),
        (steps[0], {"effort": 0, "max_error": "1%:5%"}),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for number, (values, given) in enumerate(settings):
            with idlat.compress(values, f"{folder}/{number}.idlat", workers=1, **given) as archive:
                archive.decode()


if __name__ == "__main__":
    main()
