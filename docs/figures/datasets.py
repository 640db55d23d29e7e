"""Draw slices of the simulated data sets: docs/images/dataset_*.png.

Run from the repository root: ``python docs/figures/datasets.py``.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from idlat.datasets import cosmology, hurricane, vortex

IMAGES = Path(__file__).parents[1] / "images"
VORTEX, UNIVERSE, STORM = 64, 128, 250
"""Voxels an axis of each."""


def panel(axis: plt.Axes, values: np.ndarray, title: str, label: str, **style: object) -> None:
    """Show one slice with its colours' scale."""
    image = axis.imshow(values, origin="lower", **style)
    axis.set_title(title, fontsize=9)
    axis.figure.colorbar(image, ax=axis, shrink=0.8, label=label)


def draw_vortex() -> None:
    """Two steps of a vortex."""
    steps = [field for _, field in vortex(size=VORTEX, steps=11, seed=0)]
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
    for axis, step in zip(axes, (0, 10), strict=True):
        panel(
            axis,
            steps[step].values[VORTEX // 2],
            f"vortex {VORTEX}³, step {step}, z = {VORTEX // 2}",
            "vorticity (1/s)",
            vmin=0,
            vmax=10,
        )
    figure.savefig(IMAGES / "dataset_vortex.png", dpi=80)


def draw_cosmology() -> None:
    """Two members of an ensemble."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.9), layout="constrained")
    for axis, (member, field) in zip(axes, cosmology(size=UNIVERSE, members=2, seed=0), strict=True):
        text = ", ".join(
            f"{symbol} {field.attrs[name]:.2f}" for symbol, name in (("Ωm", "omega_m"), ("σ8", "sigma8"))
        )
        title = f"cosmology {UNIVERSE}³, member {member} ({text}), z = {UNIVERSE // 2}"
        panel(
            axis,
            field.values[UNIVERSE // 2],
            title,
            "log10 density (Msun/Mpc³)",
            vmin=8.7,
            vmax=11.7,
            cmap="magma",
        )
    figure.savefig(IMAGES / "dataset_cosmology.png", dpi=80)


def draw_hurricane() -> None:
    """Variables of one step from above and from the side, and a later step."""
    steps = dict(hurricane(size=STORM, steps=7, seed=0))
    first, later = steps[0], steps[6]
    row = int(np.abs(first["y"].values - first.attrs["eye_y"]).argmin())
    above = (("P", first, 1), ("U", first, 2), ("W", first, 14), ("QRAIN", first, 4), ("QRAIN", later, 4))
    side = ("P", "T", "V", "W", "QVAPOR")
    figure, axes = plt.subplots(2, 5, figsize=(17, 6), layout="constrained")
    for axis, (name, fields, level) in zip(axes[0], above, strict=True):
        hours = float(fields["time"]) / 3600
        title = f"{name}, {hours:.0f} h, {float(fields['z'][level]) / 1e3:.1f} km up"
        panel(axis, fields[name].values[level], title, units(fields[name]))
    for axis, name in zip(axes[1], side, strict=True):
        values = first[name].values[:, row]
        if name == "T":
            values = values - np.nanmean(values[:, -50:], axis=1, keepdims=True)
        title = f"{name}{' anomaly' if name == 'T' else ''}, through the eye"
        panel(axis, values, title, units(first[name]), aspect=3)
    figure.savefig(IMAGES / "dataset_hurricane.png", dpi=70)


def units(variable: xr.DataArray) -> str:
    """The unit, for a scale."""
    return str(variable.attrs["units"])


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    draw_vortex()
    draw_cosmology()
    draw_hurricane()
