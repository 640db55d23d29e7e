"""Measure what importance does to latents, and draw the figures of docs/analysis.md.

    idlat datasets make vortex -o vortex
    python docs/figures/analysis.py vortex/vortex_0009.nc vortex/vortex_0019.nc vortex/vortex_0029.nc
    python docs/figures/analysis.py WIND_SPEED --map "value > {}" --percentile 99 --no-figures

Each field is compressed under a map of a high isovalue and under a uniform map. Its blocks are clustered by
their latents, and by their raw voxels; the truth is whether a block holds the isosurface (or a value above
the level). The adjusted Rand index is 1 for clusters that equal the truth, 0 for chance.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from sklearn.metrics import adjusted_rand_score

import idlat
from idlat.analysis import (
    BlockFeatures,
    Clustering,
    ClusterTree,
    block_features,
    block_gradients,
    density,
    energy_distance,
    project,
)
from idlat.analysis.features import Scaling

BLOCK = 16
QUALITIES = (35.0, 50.0, 65.0)
SCALED: tuple[Scaling, ...] = ("steps", "energy")
SHOWN = 65.0
AXES = "zyx"
IMAGES = Path(__file__).parents[1] / "images"

Real = npt.NDArray[np.float32]
Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scores:
    """Adjusted Rand indices of a clustering: of 2 clusters, and of 4 merged into two by majority."""

    two: float
    four: float


def blocks_of(field: Real) -> Real:
    """Cut a field (Z, Y, X) into blocks (blocks, voxels); the edge is repeated."""
    padded = np.pad(field, [(0, -n % BLOCK) for n in field.shape], mode="edge")
    z, y, x = (n // BLOCK for n in padded.shape)
    parts = padded.reshape(z, BLOCK, y, BLOCK, x, BLOCK).transpose(0, 2, 4, 1, 3, 5)
    return parts.reshape(z, y, x, BLOCK**3)


def features_under(field: Real, expression: str, quality: float, scaling: Scaling) -> BlockFeatures:
    """Compress a field and return the features of its blocks."""
    with tempfile.TemporaryDirectory() as folder:
        archive = idlat.compress(field, Path(folder) / "a.idlat", expression, quality=quality)
        latents = archive.latents(BLOCK)
        return block_features(
            latents.values, latents["empty"].values, scaling=scaling, cells=latents.attrs["cells"]
        )


def scores(features: BlockFeatures, truth: Truth) -> Scores:
    """Cluster and compare with the truth."""
    clustering = Clustering(features.values)
    two = clustering.split(ClusterTree.root(len(features.values)), 0, 2).labels()
    own = truth.reshape(features.shape)[tuple(features.blocks.T)]
    merged = np.zeros(len(own), bool)
    for leaf in clustering.grow(4).leaves:
        merged[leaf.rows] = own[leaf.rows].mean() > 0.5
    return Scores(adjusted_rand_score(own, two), adjusted_rand_score(own, merged))


def core_cluster(features: BlockFeatures, truth: Truth) -> npt.NDArray[np.intp]:
    """Return the rows of that one of two clusters in which more blocks hold the isosurface."""
    own = truth.reshape(features.shape)[tuple(features.blocks.T)]
    tree = Clustering(features.values).split(ClusterTree.root(len(own)), 0, 2)
    return max((leaf.rows for leaf in tree.leaves), key=lambda rows: own[rows].mean())


def split_gradients(
    field: Real, features: BlockFeatures, truth: Truth
) -> list[list[npt.NDArray[np.float64]]]:
    """Split the core cluster in two; return each part's mean gradients along z, y and x."""
    core = core_cluster(features, truth)
    parts = Clustering(features.values[core]).split(ClusterTree.root(len(core)), 0, 2).leaves
    gradients = block_gradients(field, BLOCK)
    places = [tuple(features.blocks[core[part.rows], 1:].T) for part in parts]
    return [[gradients[(axis, *place)] for axis in range(3)] for place in places]


def draw_gradients(parts: list[list[npt.NDArray[np.float64]]]) -> None:
    """Draw the density of block gradients of both parts of the core cluster (the paper's Fig. 10)."""
    figure, axes = plt.subplots(1, 3, figsize=(10, 2.8), layout="constrained")
    for axis, ax in enumerate(axes):
        pooled = np.concatenate([part[axis] for part in parts])
        at = np.linspace(pooled.min(), pooled.max(), 200)
        for number, part in enumerate(parts, start=1):
            ax.plot(at, density(part[axis], at), label=f"A{number}, {len(part[axis])} blocks")
        apart = energy_distance(parts[0][axis], parts[1][axis])
        ax.set(title=f"energy distance {apart:.2f}", xlabel=f"mean gradient along {AXES[axis]}", yticks=[])
    axes[0].legend(frameon=False)
    figure.savefig(IMAGES / "analysis_gradients.png", dpi=90)


def draw_projections(all_features: dict[str, BlockFeatures], truth: Truth) -> None:
    """Draw t-SNE under both maps, coloured by the truth (the paper's Fig. 9 and 11)."""
    figure, axes = plt.subplots(
        1, len(all_features), figsize=(5 * len(all_features), 4.4), layout="constrained"
    )
    for ax, (name, features) in zip(axes, all_features.items(), strict=True):
        own = truth.reshape(features.shape)[tuple(features.blocks.T)]
        points = project(features.values).points
        for value, label in ((True, "with the isosurface"), (False, "without")):
            ax.scatter(*points[own == value].T, s=9, label=label, linewidths=0)
        ax.set(title=f"importance {name}", xticks=[], yticks=[])
    axes[0].legend(frameon=False)
    figure.savefig(IMAGES / "analysis_projection.png", dpi=90)


def measure(path: str, options: argparse.Namespace) -> tuple[str, Real, Truth]:
    """Print the table of one field."""
    field = np.ascontiguousarray(idlat.open_field(path).values, np.float32)
    level = float(f"{np.percentile(field, options.percentile):.3g}")
    blocks = blocks_of(field)
    truth = blocks.max(-1) > level
    if "isosurface" in options.map:
        truth &= blocks.min(-1) <= level
    important = options.map.format(level)
    print(f"{Path(path).stem}: {important}, true of {truth.mean():.0%} of {truth.size} blocks")
    for name, expression in ((important, important), ("uniform", "1")):
        for quality in QUALITIES:
            for scaling in SCALED:
                found = scores(features_under(field, expression, quality, scaling), truth)
                figures = f"{found.two:6.2f} {found.four:6.2f}"
                print(f"  {name:30} quality {quality:3.0f} {scaling:8} {figures}", flush=True)
    found = scores(block_features(blocks, scaling="steps"), truth)
    print(f"  {'raw voxels':30}                     {found.two:6.2f} {found.four:6.2f}", flush=True)
    return important, field, truth


def main() -> None:
    """Print the tables and draw the figures of the last field."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fields", nargs="+", metavar="FIELD")
    parser.add_argument("--map", default="isosurface({}, decay=0.2)", help="with {} for the level")
    parser.add_argument("--percentile", type=float, default=95.0, help="of the values, gives the level")
    parser.add_argument("--no-figures", action="store_true")
    options = parser.parse_args()
    for path in options.fields:
        important, field, truth = measure(path, options)
    features = {name: features_under(field, name, SHOWN) for name in (important, "1")}
    parts = split_gradients(field, features[important], truth)
    for axis, name in enumerate(AXES):
        means = " and ".join(f"{part[axis].mean():+.3g}" for part in parts)
        apart = energy_distance(parts[0][axis], parts[1][axis])
        print(f"gradient along {name}: means {means}, energy distance {apart:.2f}")
    if not options.no_figures:
        draw_gradients(parts)
        draw_projections(features, truth)


if __name__ == "__main__":
    main()
