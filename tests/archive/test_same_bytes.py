"""The stored objects, maps and decoded values of a few small fields are those written in ``same_bytes.json``.

So a change of the code's shape cannot change what is stored. Encoding is float work: another processor, torch
or NumPy may choose other bytes, and on those that the file does not name the test is skipped. After a change
that is meant to change bytes write the file anew; a machine that gives the same is added to those in it::

    PYTHONPATH=src:tests python tests/archive/test_same_bytes.py
"""

from __future__ import annotations

import hashlib
import json
import platform
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

import idlat
from idlat.importance import resolve
from support.models.paper_networks import random_block_model

EXPECTED = Path(__file__).with_name("same_bytes.json")
_KINDS = {"latents", "second", "residual", "step", "mask", "importance"}
TAG, CRC = 4, 4  # before and after each payload: they hold the record's hash, which is not compared


def smooth(shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    axes = np.meshgrid(*(np.arange(n) / 9.0 for n in shape), indexing="ij")
    waves = sum(np.sin((1 + 0.3 * k) * axis + k) for k, axis in enumerate(axes))
    noise = np.random.default_rng(0).normal(size=shape)
    return (10 + 3 * waves + 0.05 * noise).astype(dtype)


def with_gaps() -> xr.DataArray:
    values = smooth((20, 33, 70))
    values[:6, 10:20, 40:] = np.nan
    values[12, 3, 5] = np.inf
    values[15:, :4, :9] = -9999
    return xr.DataArray(values, dims=("z", "y", "x"), name="speed", attrs={"missing_value": -9999.0})


def two_steps() -> xr.DataArray:
    values = smooth((2, 16, 24, 40), "float64")
    values[1] *= 40
    return xr.DataArray(values, dims=("time", "z", "y", "x"), name="heat")


def counts() -> xr.DataArray:
    values = (100 * smooth((16, 16, 24))).astype("int16")
    return xr.DataArray(values, dims=("z", "y", "x"), name="counts")


def vector() -> xr.DataArray:
    return xr.DataArray(smooth((3, 16, 20, 24)), dims=("component", "z", "y", "x"), name="wind")


FIELDS = {"gaps": with_gaps, "steps": two_steps, "counts": counts, "vector": vector}
MAPS = {"gaps": "0.2 + 0.8 * (value > 11)", "steps": "isosurface(12, decay=0.2)", "vector": "gradient()"}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "gaps": ("gaps", {"quality": 60, "keep_importance": True}),
    "gaps, ratio": ("gaps", {"ratio": 60}),
    "steps": ("steps", {"psnr": 30, "transform": "asinh"}),
    "steps, periodic": ("steps", {"periodic": "zx", "keep_importance": True}),
    "counts": ("counts", {"quality": 30}),
    "vector": ("vector", {"keep_importance": True}),
    "gaps, paper": ("gaps", {"model": random_block_model(), "keep_importance": True}),
    "gaps, bounded": ("gaps", {"max_error": (0.05, 0.5)}),
    "steps, bounded": ("steps", {"max_error": "0.01%", "transform": "asinh"}),
    "counts, bounded": ("counts", {"max_error": 0.5}),
    "counts, baseline": ("counts", {"model": random_block_model("baseline")}),
}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def objects_of(archive: Path) -> dict[str, str]:
    """Return the digest of the payload of each stored object that carries a tag."""
    found = {
        str(path.relative_to(archive)): path for path in sorted(archive.rglob("c/**/*")) if path.is_file()
    }
    kept = {key: path for key, path in found.items() if _KINDS & {*key.split("/")[:2]}}
    assert kept
    return {key: digest(path.read_bytes()[TAG:-CRC]) for key, path in kept.items()}


def stored(case: str, folder: Path) -> dict[str, str]:
    """Return the digests of what one case stores, and of what it decodes to."""
    name, options = CASES[case]
    archive = idlat.compress(FIELDS[name](), folder / "a.idlat", MAPS.get(name), **options)
    return {**objects_of(folder / "a.idlat"), "decoded": digest(archive.decode().values.tobytes())}


def appended(folder: Path) -> dict[str, str]:
    """Return the digests of an archive of one step, to which another and then a variable were appended."""
    field = two_steps()
    idlat.compress(field[:1], folder / "a.idlat", keep_importance=True)
    idlat.compress(field[1:], folder / "a.idlat", mode="a")
    idlat.compress(field.rename("more") / 2, folder / "a.idlat", mode="a")
    return objects_of(folder / "a.idlat")


def map_of(name: str) -> str:
    """Return the digest of a map's values."""
    field = FIELDS[name]()
    scalar = field if "component" not in field.dims else field.isel(component=0, drop=True)
    made, _ = resolve(MAPS[name], scalar)
    box = tuple((0, n) for n in scalar.shape[-3:])
    return digest(b"".join(made.region(step, box).tobytes() for step in range(scalar.sizes.get("time", 1))))


def machine() -> dict[str, str]:
    """Return what float work may depend on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    named = [facts[name] for name in ("model name", "cpu family", "model") if name in facts]
    return {
        "processor": ", ".join(named) or platform.processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(EXPECTED.read_text())
    if machine() not in values["machines"]:
        pytest.skip(f"same_bytes.json was written on {values['machines']}, this is {machine()}")
    return values


@pytest.mark.parametrize("case", CASES)
def test_the_same_objects(case: str, expected: dict[str, Any], tmp_path: Path) -> None:
    assert stored(case, tmp_path) == expected["objects"][case]


def test_the_same_objects_after_appending(expected: dict[str, Any], tmp_path: Path) -> None:
    assert appended(tmp_path) == expected["objects"]["appended"]


@pytest.mark.parametrize("name", MAPS)
def test_the_same_maps(name: str, expected: dict[str, Any]) -> None:
    assert map_of(name) == expected["maps"][name]


def _write() -> None:
    objects = {}
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            objects[case] = stored(case, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        objects["appended"] = appended(Path(folder))
    values = {"maps": {name: map_of(name) for name in MAPS}, "objects": objects}
    before = json.loads(EXPECTED.read_text())
    alike = before.pop("machines") if values == {name: before[name] for name in values} else []
    machines = alike if machine() in alike else [*alike, machine()]
    EXPECTED.write_text(json.dumps({"machines": machines, **values}, indent=1) + "\n")


if __name__ == "__main__":
    _write()
