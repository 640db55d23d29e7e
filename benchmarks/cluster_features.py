"""Which features of blocks fall into groups that mean something, under an importance map and without one.

    for seed in 1 2 3; do idlat datasets make vortex --size 96 --steps 1 --seed $seed -o vortex-$seed; done
    python benchmarks/cluster_features.py vortex-?/vortex_0000.nc [--share 0.15] [--block 8] [--json OUT.json]
    python benchmarks/cluster_features.py cosmology-?/cosmology_0000.nc --map "value > {}" --percentile 99
    python benchmarks/cluster_features.py vortex-?/vortex_0000.nc --share 0.15 --model PAPER.safetensors

The truth is geometry: does a block hold the isosurface of the map (or a value that the map marks)? The level
is a percentile of the values, or that which the surface passes in a share of the blocks. Each field is
compressed under the map and under a uniform one; its raw voxels stand beside. For each scaling of the
latents: the adjusted Rand index of two spectral clusters (1 equals the truth, 0 is chance); the purity, how
many of a block's 10 nearest blocks are on its own side of the truth, mean of both sides (0.5 is chance); and
the silhouette of the truth, mean of both sides. Two clusters by one number alone, total energy of latents
or mean importance (of 16³ voxels), tell whether features see more than that. Medians of the fields come
last.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import xarray as xr
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_samples
from sklearn.neighbors import NearestNeighbors

import idlat
from idlat.analysis import Clustering, ClusterTree, block_features
from idlat.analysis.features import SCALINGS
from idlat.errors import IdlatError

NEIGHBOURS = 10
FREQUENCIES = np.indices((8, 8, 8)).reshape(3, -1)
"""Of the default model's coefficients in a cell, along z, y and x."""

Real = npt.NDArray[np.float32]
Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """Figures of one kind of features of one field under one map."""

    field: str
    map: str
    features: str
    rand: float
    purity: float
    silhouette: float


def blocks_of(field: Real, block: int) -> Real:
    """Cut a field (Z, Y, X) into blocks (z, y, x, voxels); the edge is repeated."""
    padded = np.pad(field, [(0, -n % block) for n in field.shape], mode="edge")
    z, y, x = (n // block for n in padded.shape)
    parts = padded.reshape(z, block, y, block, x, block).transpose(0, 2, 4, 1, 3, 5)
    return parts.reshape(z, y, x, block**3)


def purity(values: Real, truth: Truth) -> float:
    """Share of each block's nearest blocks that are on its side of the truth, mean of both sides."""
    _, nearest = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(values).kneighbors()
    alike = (truth[nearest] == truth[:, None]).mean(axis=1)
    return float(np.mean([alike[truth == side].mean() for side in (False, True)]))


def silhouette(values: Real, truth: Truth) -> float:
    """Silhouette of the truth, mean of both sides."""
    apart = silhouette_samples(values, truth)
    return float(np.mean([apart[truth == side].mean() for side in (False, True)]))


def measured(field: str, importance: str, features: str, values: Real, truth: Truth, two: Truth) -> Row:
    """Compare features (n, d), and two clusters of them, with the truth."""
    rand = float(adjusted_rand_score(truth, two))
    return Row(field, importance, features, rand, purity(values, truth), silhouette(values, truth))


def banded(mean_squares: Real, band: npt.NDArray[np.intp]) -> Real:
    """Average the mean squares of channels (n, 512) in bands."""
    return np.stack([mean_squares[:, band == b].mean(axis=1) for b in range(band.max() + 1)], axis=1)


def other_energies(vectors: Real, cells: int) -> dict[str, Real]:
    """Return other features than `energy` of the mean squares m of the default model's channels."""
    m = (vectors.reshape(len(vectors), -1, cells) ** 2).mean(axis=2)[:, 1:]  # without the level
    radius = np.sqrt((FREQUENCIES**2).sum(axis=0))
    edges = np.quantile(radius, np.linspace(0, 1, 17)[1:-1])
    bands = banded(m, np.searchsorted(edges, radius, "right"))
    found = {
        "ln(1 + m / 4)": np.log1p(m / 4),
        "ln(1 + m)": np.log1p(m),
        "ln(1 + sqrt m)": np.log1p(np.sqrt(m)),
        "sqrt m": np.sqrt(m),
        "16 bands": np.log1p(np.sqrt(bands)),
        "22 shells": np.log1p(np.sqrt(banded(m, FREQUENCIES.sum(axis=0)))),
    }
    return {name: reduced(values) for name, values in found.items()}


def reduced(values: Real, components: int = 50) -> Real:
    """Reduce features (n, d) to their principal components."""
    u, s, _ = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    return (u * s)[:, :components].astype(np.float32)


def halves(values: Real) -> Truth:
    """Split blocks in two as the explorer and the command line do."""
    return Clustering(values).split(ClusterTree.root(len(values)), 0, 2).labels() == 1


def by_one_number(numbers: Real) -> Truth:
    """Split blocks (n,) in two by one number alone."""
    return KMeans(2, n_init=10, random_state=0).fit_predict(numbers[:, None]) == 1


def truth_of(raw: Real, options: argparse.Namespace) -> tuple[str, Truth]:
    """Return the map of a field, given as blocks, and which of them hold what it is about."""
    highest, lowest = raw.max(-1), raw.min(-1)
    number = (
        np.percentile(raw, options.percentile)
        if options.share is None
        else np.quantile(highest, 1 - options.share)
    )
    level = float(f"{number:.4g}")
    if "<" in options.map:
        holds = lowest < level
    else:
        holds = (highest > level) & ((lowest <= level) | (">" in options.map))
    if holds.all() or not holds.any():
        told = "each" if holds.all() else "none"
        raise IdlatError(
            f"{told} of {holds.size} blocks holds what {options.map.format(level)} is about: "
            "choose another --percentile or --share"
        )
    if holds.size <= NEIGHBOURS:
        raise IdlatError(
            f"{holds.size} blocks are too few, for each is compared with {NEIGHBOURS} others: "
            "take a larger field, or --block 8"
        )
    return options.map.format(level), holds


def named_field(path: str, variable: str | None) -> tuple[str, Real]:
    """Open a field: its name, its file's folder in front, and its values, the median where there are none."""
    field = idlat.open_field(path, variable=variable).squeeze(drop=True).values.astype(np.float32)
    name = "/".join(Path(path).absolute().with_suffix("").parts[-2:])
    return name, np.where(np.isfinite(field), field, np.nanmedian(field))


def latents_under(
    field: Real, importance: str, options: argparse.Namespace
) -> tuple[xr.DataArray, npt.NDArray[np.floating]]:
    """Compress a field under a map: its latents, and the mean importance of blocks of 16³."""
    quality = options.quality
    if quality is None and options.model is None:
        quality = 65.0
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "a.idlat"
        archive = idlat.compress(
            field, target, importance, options.model, quality=quality, keep_importance=True
        )
        return archive.latents(options.block), archive.importance().values


def rows_of(path: str, options: argparse.Namespace) -> list[Row]:
    """Measure one field under both maps."""
    block, rows = options.block, []
    name, field = named_field(path, options.variable)
    raw = blocks_of(field, block)
    chosen, holds = truth_of(raw, options)
    for importance in (chosen, "1"):
        title = "uniform" if importance == "1" else importance
        latents, coarse = latents_under(field, importance, options)
        weights = coarse.repeat(16 // block, 0).repeat(16 // block, 1).repeat(16 // block, 2)
        for scaling in SCALINGS:
            found = block_features(
                latents.values, latents["empty"].values, scaling=scaling, cells=latents.attrs["cells"]
            )
            truth = holds[tuple(found.blocks[:, 1:].T)]
            rows.append(measured(name, title, scaling, found.values, truth, halves(found.values)))
        vectors = latents.values[tuple(found.blocks[:, 1:].T)].astype(np.float32)
        if options.tried:
            for other, values in other_energies(vectors, (block // 8) ** 3).items():
                rows.append(measured(name, title, other, values, truth, halves(values)))
        alone = {
            "total energy alone": np.log1p(np.sqrt((vectors**2).mean(axis=1))),
            "mean importance alone": weights[tuple(found.blocks[:, 1:].T)],
        }
        for title_of, numbers in alone.items():
            if np.ptp(numbers) > 0:
                values = numbers[:, None]
                rows.append(measured(name, title, title_of, values, truth, by_one_number(numbers)))
    found = block_features(raw, scaling="steps")
    truth = holds[tuple(found.blocks[:, 1:].T)]
    rows.append(measured(name, "raw voxels", "as they are", found.values, truth, halves(found.values)))
    return rows


def medians(rows: list[Row]) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Return the medians over the fields, by the map, whatever its isovalue, and the features."""
    kinds: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        kinds.setdefault((re.split("[(<>]", row.map)[0].strip(), row.features), []).append(row)
    return {
        kind: tuple(float(np.median([getattr(row, name) for row in own])) for name in FIGURES)
        for kind, own in kinds.items()
    }


FIGURES = ("rand", "purity", "silhouette")


class OneLine(argparse.ArgumentParser):
    """Reads a command line."""

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong, without the usage, which is long."""
        self.exit(2, f"{self.prog}: {message}\n")


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line, or arguments in its place."""
    parser = OneLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fields", nargs="+", metavar="FIELD")
    parser.add_argument("--quality", type=float, help="65 of the default model, and what MODEL takes else")
    parser.add_argument("--model", help="name or file, in place of the default model")
    parser.add_argument("--variable")
    parser.add_argument("--map", default="isosurface({}, decay=0.2)", help="with {} for the level")
    parser.add_argument("--percentile", type=float, default=95.0, help="of the values, gives the level")
    parser.add_argument("--share", type=float, help="of the blocks above the level, gives it in its place")
    parser.add_argument("--block", type=int, choices=(8, 16), default=16, help="voxels an axis")
    parser.add_argument("--tried", action="store_true", help="other forms of energy, too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    if "{}" not in options.map:
        parser.error(f"--map takes an expression with {{}} for the level, not {options.map!r}")
    if not 0 <= options.percentile <= 100:
        parser.error(f"--percentile is from 0 to 100, not {options.percentile:g}")
    if options.share is not None and not 0 < options.share < 1:
        parser.error(f"--share is between 0 and 1, not {options.share:g}")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of every field, then the medians."""
    options = options_of(arguments)
    rows: list[Row] = []
    print(f"{'field':24} {'map':32} {'features':22}   ARI  purity  silhouette")
    for path in options.fields:
        try:
            own = rows_of(path, options)
        except IdlatError as error:
            raise SystemExit(f"{path}: {error}") from None
        for row in own:
            figures = f"{row.rand:5.2f}   {row.purity:5.2f}       {row.silhouette:5.2f}"
            print(f"{row.field:24} {row.map:32} {row.features:22} {figures}", flush=True)
        rows += own
    for (importance, features), (rand, pure, apart) in medians(rows).items():
        print(f"{'median':24} {importance:32} {features:22} {rand:5.2f}   {pure:5.2f}       {apart:5.2f}")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
