"""Draw slices of simulated fields under every importance function: docs/images/importance.png.

Run from the repository root: ``python docs/figures/importance.py``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from idlat.datasets import hurricane, vortex
from idlat.importance import ImportanceRequest, resolve

IMAGE = Path(__file__).parents[1] / "images" / "importance.png"
SIZE, STEPS, STEP = 64, 4, 1
FAMILIES = {
    "location": ("box(z=20:44, y=8:36, x=16:56)", "sphere(z=32, y=30, x=36, radius=18)", 'mask("{mask}")'),
    "distance": (
        "isosurface(4.0, decay=0.2)",
        "isosurface(4.0, decay=2, units=physical)",
        "distance(value > 6, decay=0.2)",
    ),
    "value": ("value > 4", "near(4, width=0.5)", "transfer(2:0, 4:1, 6:0.3)"),
    "time": ("steps(1:3)", "weights(0.2, 0.6, 1, 0.6)", "step_information()"),
    "statistical": ("gradient()", "entropy()", "conditional_entropy()", "correlation()", "rarity()"),
    "combined": (
        "0.2 + 0.8*isosurface(4.0)",
        "box(x=:32)*isosurface(4.0)",
        "max(value > 6, 0.4*entropy())",
        "1 - gradient()",
    ),
}
MULTIVARIATE = (
    "magnitude(U, V) > 20",
    "near(U:-15, V:15, width=10)",
    "rarity(U, V)",
    "correlation(P, W)",
)


def vortex_series() -> xr.DataArray:
    """Simulate a vortex, its voxels called twice as long along x."""
    steps = [field for _, field in vortex(size=SIZE, steps=STEPS, seed=1)]
    x = steps[0]["x"]
    return xr.concat(steps, "time").assign_coords(x=("x", 2 * x.values, x.attrs))


def draw(axis: Axes, title: str, values: np.ndarray) -> AxesImage | None:
    """Show a slice of a map; of one that is the same in all of a step, a bar for each step."""
    axis.set_title(title, fontsize=8)
    if values.ndim == 4 and (np.ptp(values, axis=(1, 2, 3)) == 0).all():
        axis.bar(range(len(values)), values[:, 0, 0, 0], color="tab:green")
        axis.set(ylim=(0, 1), xticks=range(len(values)), yticks=(0, 1), xlabel="step")
        return None
    axis.set(xticks=[], yticks=[])
    volume = values[STEP] if values.ndim == 4 else values
    return axis.imshow(volume[len(volume) // 2], vmin=0.0, vmax=1.0, origin="lower", interpolation="nearest")


def draw_field(axis: Axes, title: str, field: xr.DataArray) -> None:
    """Show a slice of a field."""
    axis.set(xticks=[], yticks=[])
    axis.set_title(title, fontsize=8)
    axis.imshow(field[len(field) // 2], cmap="gray", origin="lower")


def main() -> None:
    """Simulate, evaluate and draw."""
    series, (_, storm) = vortex_series(), next(iter(hurricane(size=SIZE, steps=1, seed=1)))
    maps: dict[str, np.ndarray] = {}
    shown = None
    with tempfile.TemporaryDirectory() as folder:
        mask = Path(folder) / "eye.npy"
        away = np.abs(np.arange(SIZE) - SIZE // 2)
        square = (np.add.outer(away, away) < 20).astype(np.uint8)
        np.save(mask, np.broadcast_to(square, (SIZE, SIZE, SIZE)))
        for family, texts in FAMILIES.items():
            for text in texts:
                made, _ = resolve(text.format(mask=mask), series)
                maps[f"{family}\n{text.format(mask=mask.name)}"] = made.to_dataarray().values
    for text in MULTIVARIATE:
        made, _ = resolve(ImportanceRequest(text, dict(storm.data_vars)), storm["P"])
        maps[f"multivariate\n{text}"] = made.to_dataarray().values
    figure, axes = plt.subplots(5, 6, figsize=(15, 13.5), layout="constrained")
    for axis in axes.flat:
        axis.set_axis_off()
    panels = iter(axes.flat)
    for title, field in (("vortex: the field", series[STEP]), ("hurricane: U", storm["U"])):
        axis = next(panels)
        axis.set_axis_on()
        draw_field(axis, title, field)
    for title, values in maps.items():
        axis = next(panels)
        axis.set_axis_on()
        shown = draw(axis, title, values) or shown
    figure.colorbar(shown, ax=axes[:, -1], shrink=0.4, label="importance")
    figure.savefig(IMAGE, dpi=80)


if __name__ == "__main__":
    main()
