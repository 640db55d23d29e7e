"""Draw what every family of importance does to a decoded field: docs/images/gallery.png.

    python docs/figures/gallery.py

Each pair is a map and what it does to the error, on the middle slice of a simulated vortex: the root mean
square error in 5³ voxels, divided by that of an archive without a map. All archives have the same size within
2 %. Families of time are drawn as bars, a step each, of an archive of four steps.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter

import idlat
from idlat.datasets import vortex
from idlat.importance import resolve

IMAGE = Path(__file__).parents[1] / "images" / "gallery.png"
SIZE, STEPS, STEP = 64, 4, 2
MIDDLE, WINDOW = SIZE // 2, 5
TIMES = LogNorm(0.25, 4)
COLUMNS = 3
ALONE = (
    "isosurface(8.0, decay=0.3)",
    "0.1 + 0.9*distance(value > 12, decay=0.3)",
    "0.1 + 0.9*box(z=20:44, y=8:36, x=16:56)",
    "0.1 + 0.9*sphere(z=32, y=30, x=36, radius=18)",
    '0.1 + 0.9*mask("eye.npy")',
    'file("ramp.npy")',
    "0.1 + 0.9*(value > 90%)",
    "near(8.0, width=1)",
    "transfer(4:0, 8:1, 12:0.3)",
    "gradient()",
    "entropy()",
    "rarity()",
)
"""Of one step."""
TOGETHER = (
    "conditional_entropy()",
    "correlation()",
    "steps(2:3)",
    "weights(0.2, 0.5, 1, 0.5)",
    "step_information()",
)
"""Of all steps: beside one another, or whole."""

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Tile:
    """A map and the error that it leaves, as volumes (time, z, y, x)."""

    title: str
    importance: Values
    error: Values

    @property
    def by_step(self) -> bool:
        """Whether the map is the same in all of a step."""
        return len(self.importance) > 1 and not np.ptp(self.importance, axis=(1, 2, 3)).any()


def simulated() -> xr.DataArray:
    """Return a vortex of several steps."""
    return xr.concat([field for _, field in vortex(size=SIZE, steps=STEPS, seed=1)], "time")


def write_maps(folder: Path) -> None:
    """Write the files that two of the maps name."""
    away = np.abs(np.arange(SIZE) - SIZE // 2)
    diamond = (np.add.outer(away, away) < 20).astype(np.uint8)
    np.save(folder / "eye.npy", np.broadcast_to(diamond, (SIZE, SIZE, SIZE)))
    ramp = np.linspace(0, 1, SIZE, dtype=np.float32)
    np.save(folder / "ramp.npy", np.broadcast_to(ramp, (SIZE, SIZE, SIZE)))


def tile_of(text: str, field: xr.DataArray, ratio: float, folder: Path) -> Tile:
    """Compress a field under a map."""
    wanted = in_folder(text, folder)
    made, _ = resolve(wanted, field)
    archive = idlat.compress(field, folder / "a.idlat", wanted, ratio=ratio, mode="w")
    error = np.abs(archive.decode().values - field.values)
    print(text, flush=True)
    return Tile(text, in_steps(made.to_dataarray().values), in_steps(error))


def in_folder(text: str, folder: Path) -> str:
    """Name the files of a map by their folder."""
    return text.replace('("', f'("{folder}/')


def in_steps(values: Values) -> Values:
    """Give a volume a time axis of one step."""
    return values if values.ndim == 4 else values[None]


def around(error: Values) -> NDArray[np.float64]:
    """Return the root mean square of the errors around each voxel of the middle slice."""
    return np.asarray(np.sqrt(uniform_filter(error.astype(float) ** 2, WINDOW)[MIDDLE]))


def show(tile: Tile, plain: Tile, left: Axes, right: Axes) -> None:
    """Draw a map, and its error beside that without a map: a slice each, or a bar for each step."""
    left.set_title(tile.title, fontsize=8.5, loc="left", family="monospace", pad=4)
    if tile.by_step:
        rms = np.sqrt((tile.error.astype(float) ** 2).mean(axis=(1, 2, 3)))
        bars(left, tile.importance[:, 0, 0, 0], "importance of a step", "#2f8f6b")
        bars(right, rms, "root mean square error", "#b5495b")
        return
    step = min(STEP, len(tile.importance) - 1)
    left.imshow(tile.importance[step, MIDDLE], cmap="viridis", vmin=0, vmax=1, origin="lower")
    gained = around(tile.error[step]) / around(plain.error[step])
    right.imshow(gained, cmap="RdBu_r", norm=TIMES, origin="lower")
    for ax in (left, right):
        ax.set(xticks=[], yticks=[])


def bars(ax: Axes, heights: NDArray[np.floating], label: str, colour: str) -> None:
    """Draw a number for each step."""
    ax.bar(range(len(heights)), heights, color=colour)
    ax.set(xticks=range(len(heights)), ylim=(0, 1.15 * float(heights.max())), box_aspect=1)
    ax.tick_params(labelsize=7)
    ax.text(0.5, 0.97, label, transform=ax.transAxes, ha="center", va="top", fontsize=7)


def draw(tiles: list[tuple[Tile, Tile]], field: Values) -> Figure:
    """Put pairs in rows, each beside an archive without a map; the first pair is of the field alone."""
    rows = -(-(len(tiles) + 1) // COLUMNS)
    figure = Figure(figsize=(3.9 * COLUMNS, 2.15 * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, 2 * COLUMNS, squeeze=False)
    for ax in axes.flat[2 + 2 * len(tiles) :]:
        ax.set_axis_off()
    axes[0, 1].set_axis_off()
    axes[0, 0].imshow(field[MIDDLE], cmap="gray", origin="lower")
    axes[0, 0].set_title("the field", fontsize=8.5, loc="left", pad=4)
    axes[0, 0].set(xticks=[], yticks=[])
    for (tile, plain), (left, right) in zip(tiles, axes.reshape(-1, 2)[1:], strict=False):
        show(tile, plain, left, right)
    shown = ScalarMappable(TIMES, "RdBu_r")
    legend(figure, ScalarMappable(Normalize(0, 1), "viridis"), axes[:, :COLUMNS], "importance")
    bar = legend(figure, shown, axes[:, COLUMNS:], "error, times that without a map")
    bar.set_ticks([0.25, 0.5, 1, 2, 4], labels=["¼", "½", "1", "2", "4"])
    bar.minorticks_off()
    return figure


def legend(figure: Figure, shown: ScalarMappable, beneath: NDArray[np.object_], label: str) -> Colorbar:
    """Put a legend of colours beneath axes."""
    bar = figure.colorbar(shown, ax=beneath, location="bottom", aspect=45, pad=0.01)
    bar.set_label(label, fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return bar


def main() -> None:
    """Simulate, compress under every map, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ratio", type=float, default=60, help="how many times smaller than the field")
    parser.add_argument("-o", "--output", type=Path, default=IMAGE, metavar="PNG")
    options = parser.parse_args()
    series = simulated()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_maps(folder)
        tiles = []
        for field, texts in ((series[STEP], ALONE), (series, TOGETHER)):
            plain = tile_of("1", field, options.ratio, folder)
            tiles += [(tile_of(text, field, options.ratio, folder), plain) for text in texts]
    draw(tiles, series[STEP].values).savefig(options.output, dpi=100)
    with Image.open(options.output) as picture:
        picture.convert("RGB").quantize(256).save(options.output, optimize=True)


if __name__ == "__main__":
    main()
