"""Measure what importance does to latents: the tables of docs/analysis.md over qualities.

    idlat datasets make vortex -o vortex
    python docs/figures/analysis.py vortex/vortex_0009.nc vortex/vortex_0029.nc
    python docs/figures/analysis.py WIND_SPEED --map "value > {}" --percentile 99

Each field is compressed under a map of a high isovalue and under a uniform map. Its blocks are clustered by
their latents, and by their raw voxels; the truth is whether a block holds the isosurface (or a value above
the level). The adjusted Rand index is 1 for clusters that equal the truth, 0 for chance.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import adjusted_rand_score

import idlat
from idlat.analysis import (
    BlockFeatures,
    Clustering,
    ClusterTree,
    block_features,
)
from idlat.analysis.features import Scaling

BLOCK = 16
QUALITIES = (35.0, 50.0, 65.0)
SCALED: tuple[Scaling, ...] = ("steps", "energy")

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


def measure(path: str, options: argparse.Namespace) -> None:
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


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fields", nargs="+", metavar="FIELD")
    parser.add_argument("--map", default="isosurface({}, decay=0.2)", help="with {} for the level")
    parser.add_argument("--percentile", type=float, default=95.0, help="of the values, gives the level")
    options = parser.parse_args()
    for path in options.fields:
        measure(path, options)


if __name__ == "__main__":
    main()
