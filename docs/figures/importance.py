"""Draw one slice of a simulated vortex under every importance function: docs/images/importance.png.

Run from the repository root: ``python docs/figures/importance.py``.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from idlat.datasets import vortex
from idlat.importance import parse

SIZE, ISOVALUE, TOP = 64, 4.0, 9.0
EXPRESSIONS = (
    "isosurface(4.0, decay=0.2)",
    "isosurface(4.0, decay=1.0)",
    "value > 4.0",
    "near(4.0, width=0.5)",
    "box(z=20:44, y=8:36, x=16:56)",
    "gradient()",
    "entropy()",
    "0.2 + 0.8*isosurface(4.0, decay=0.2)",
    "box(x=:32)*isosurface(4.0, decay=0.2)",
    "max(value > 6.0, 0.4*entropy())",
    "1 - gradient()",
)


def main() -> None:
    """Simulate, evaluate and draw."""
    (_, field), *_ = vortex(size=SIZE, steps=1, seed=1)
    middle = SIZE // 2
    figure, axes = plt.subplots(3, 4, figsize=(13, 9.3), layout="constrained")
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
    flow = axes[0, 0].imshow(field.values[middle], cmap="gray", vmin=0.0, vmax=TOP, origin="lower")
    axes[0, 0].contour(field.values[middle], [ISOVALUE], colors="tab:orange", linewidths=1.0)
    axes[0, 0].set_title(f"the field, and its isosurface {ISOVALUE}", fontsize=9)
    for axis, text in zip(axes.flat[1:], EXPRESSIONS, strict=True):
        values = parse(text).evaluate(field).values[middle]
        shown = axis.imshow(values, vmin=0.0, vmax=1.0, origin="lower", interpolation="nearest")
        axis.set_title(text, fontsize=9)
    figure.colorbar(
        flow, ax=axes[:, 3], shrink=0.6, label=f"{field.attrs['long_name']} ({field.attrs['units']})"
    )
    figure.colorbar(shown, ax=axes[:, 3], shrink=0.6, label="importance")
    target = Path(__file__).parents[1] / "images" / "importance.png"
    target.parent.mkdir(exist_ok=True)
    figure.savefig(target, dpi=80)


if __name__ == "__main__":
    main()
