"""Writes the golden set: small archives of every preset, and hashes of all they decode to.

Archives and models are kept in the repository, so that each later state of the code is held to what an
earlier one wrote. Write them anew only where the format is meant to change, and say so in the changelog::

    PYTHONPATH=src:tests python tests/golden/make_golden.py
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

HERE = Path(__file__).parent


def waves(shape: tuple[int, ...], seed: int = 0, noise: float = 0.05) -> np.ndarray:
    axes = np.meshgrid(*(np.arange(n) / 7.0 for n in shape), indexing="ij")
    smooth = sum(np.sin((1 + 0.3 * k) * axis + k) for k, axis in enumerate(axes))
    return 10 + 3 * smooth + noise * np.random.default_rng(seed).normal(size=shape)


def gaps() -> xr.DataArray:
    """Two steps of odd sizes, missing values of every kind, and a spike."""
    values = waves((2, 13, 19, 71)).astype("float32")
    values[:, :5, 3:9, 40:] = np.nan
    values[0, 3, 9, 9], values[1, 4, 4, 4] = np.inf, -np.inf
    values[1, 10:, :4, :4] = -9999
    values[1, 7, 7, 60] = 1e30
    return xr.DataArray(values, dims=("time", "z", "y", "x"), name="p", attrs={"missing_value": -9999.0})


def layers() -> xr.DataArray:
    """Few layers, which take octaves."""
    values = waves((3, 50, 66)) + 20 * np.tanh(np.arange(66) - 30)
    return xr.DataArray(values.astype("float32"), dims=("z", "y", "x"), name="t")


def counts() -> xr.DataArray:
    values = (100 * waves((10, 12, 14))).astype("int16")
    return xr.DataArray(values, dims=("z", "y", "x"), name="n", attrs={"_FillValue": -1})


def wind() -> xr.DataArray:
    return xr.DataArray(waves((2, 2, 9, 16, 24)), dims=("time", "component", "z", "y", "x"), name="w")


def drift() -> xr.DataArray:
    """Steps that change little, on a map that changes, so that levels do."""
    noise, steps = np.random.default_rng(3), []
    values = waves((9, 20, 70), noise=0.3)
    for _ in range(5):
        values = values + 0.05 * noise.normal(size=values.shape)
        steps.append(values.astype("float32"))
    return xr.DataArray(np.array(steps), dims=("time", "z", "y", "x"), name="d")


def spiked() -> xr.DataArray:
    """What takes escapes in the networks' presets."""
    values = waves((20, 24, 70)).astype("float32")
    values[3, 4, 5] = 300
    return xr.DataArray(values, dims=("z", "y", "x"), name="s")


def plain() -> xr.DataArray:
    return xr.DataArray(waves((9, 10, 17), noise=2.0).astype("float32"), dims=("z", "y", "x"), name="q")


def coarse_weights(network: Any) -> Any:
    """Round random weights, so that the model file inside an archive packs well."""
    import torch

    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.round(parameter * 16) / 16)
    return network


def models() -> dict[str, Any]:
    """Return tiny models, which their archives carry."""
    from idlat.model import find_preset
    from support.models.paper_networks import random_block_network
    from support.models.tiny_network import random_network

    networks = {name: random_block_network(name) for name in ("paper", "baseline")}
    networks["learned"] = random_network()
    return {
        name: find_preset(name).model_class().from_network(coarse_weights(network))
        for name, network in networks.items()
    }


def write_archives(folder: Path) -> None:
    import idlat

    tiny = models()

    def series(path: Path) -> None:
        field = wind()
        idlat.compress(field[:1], path, "gradient()", quality=55, keep_importance=True)
        idlat.compress(field[1:], path, mode="a")
        idlat.compress(field.rename("v") / 3, path, mode="a")

    makers: dict[str, Callable[[Path], object]] = {
        "gaps": lambda path: idlat.compress(gaps(), path, "0.1 + 0.9 * (value > 11)", quality=70),
        "layers": lambda path: idlat.compress(layers(), path, quality=80),
        "lossless": lambda path: idlat.compress(plain(), path, quality=100, self_contained=True),
        "series": series,
        "drift": lambda path: idlat.compress(drift(), path, "value > 11", quality=60, key_every=3),
        "bounded": lambda path: idlat.compress(gaps(), path, "value > 11", max_error=(0.05, 0.5)),
        "logarithm": lambda path: idlat.compress(plain() + 20, path, max_error="0.01%", transform="log10"),
        "integers": lambda path: idlat.compress(counts(), path, max_error=0.5),
        "learned": lambda path: idlat.compress(spiked(), path, "value > 11", model=tiny["learned"]),
        "paper": lambda path: idlat.compress(spiked(), path, "value > 11", model=tiny["paper"]),
        "baseline": lambda path: idlat.compress(spiked(), path, model=tiny["baseline"]),
    }
    for name, make in makers.items():
        target, made = folder / f"{name}.zip", HERE / f"{name}.idlat"
        make(made)
        target.unlink(missing_ok=True)
        pack(made, target)
        shutil.rmtree(made)


def pack(folder: Path, target: Path) -> None:
    """Pack an archive as ``compress -o X.zip`` does."""
    from idlat.archive.write.staged_output import _pack

    _pack(folder, target)


if __name__ == "__main__":
    from idlat.model.shipped_weights import shipped_files

    (default,) = (path for path in shipped_files() if path.name == "default.safetensors")
    shutil.copyfile(default, HERE / "default.safetensors")
    write_archives(HERE / "archives")
    from golden.decode_golden import decoded

    (HERE / "golden.json").write_text(json.dumps(decoded(), indent=1) + "\n")
