"""Archives to damage, and random damage to the objects in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import idlat
from support.models.paper_networks import random_block_model

Rng = np.random.Generator


def field(name: str = "speed", dtype: str = "float32") -> xr.DataArray:
    """Two steps of a smooth field with missing values, of two chunks along x and y."""
    values = np.random.default_rng(0).normal(size=(2, 12, 70, 90)).cumsum(-1)
    values = (100 * values).astype(dtype) if "int" in dtype else values.astype(dtype)
    if dtype == "float32":
        values[:, :5, 10:20, 60:] = np.nan
    coordinates = {"time": [0.0, 1.0], "z": np.arange(12.0), "x": np.arange(90.0) / 2}
    return xr.DataArray(values, coordinates, ("time", "z", "y", "x"), name, {"units": "m/s"})


def _beside(archive: Path) -> None:
    idlat.compress(field("heat") / 2, archive, mode="a")


CASES: dict[str, dict[str, Any]] = {
    "default": {"quality": 40, "keep_importance": True},
    "bounded": {"max_error": (0.1, 0.5)},
    "periodic": {"quality": 30, "periodic": "z"},
    "integers": {"quality": 40},
    "baseline": {"model": "baseline", "self_contained": True},
}


def make(case: str, path: Path) -> None:
    """Write one of the archives."""
    options, given = dict(CASES[case]), field(dtype="int16" if case == "integers" else "float32")
    if options.get("model") == "baseline":
        options["model"] = random_block_model("baseline")
    if case == "periodic":
        given = given.isel(z=slice(0, 8))
    idlat.compress(given, path, "value > 3", **options)
    if case == "default":
        _beside(path)


def keys_of(folder: Path) -> list[str]:
    """List the objects of an archive."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def damage(folder: Path, key: str, rng: Rng) -> None:
    """Damage an object: gone, cut, empty, flipped bits, or another one's bytes."""
    path, how = folder / key, int(rng.integers(5))
    content = bytearray(path.read_bytes())
    if how == 0:
        path.unlink()
        return
    if how == 1:
        content = content[: int(rng.integers(len(content)))]
    elif how == 2:
        content = bytearray()
    elif how == 3:
        for _ in range(int(rng.integers(1, 4))):
            content[int(rng.integers(len(content)))] ^= 1 << int(rng.integers(8))
    else:
        others = [other for other in keys_of(folder) if (folder / other).read_bytes() != bytes(content)]
        content = bytearray((folder / others[int(rng.integers(len(others)))]).read_bytes())
    path.write_bytes(content)
