"""Whether the t-SNE of blocks has a gap between those that hold what the map is about and the others.

    for seed in 1 2 3; do idlat datasets make vortex --size 96 --steps 1 --seed $seed -o vortex-$seed; done
    python benchmarks/projection_gaps.py vortex-?/vortex_0000.nc --share 0.15 [--tried] [--json OUT.json]

Fields and truth are those of `cluster_features.py`, and so are purity and silhouette, here in the plane. A
cut through the chain of nearest blocks (the minimum spanning tree) leaves two pieces: the gap is how far
apart they are, in median distances of a block to its nearest, and Rand how well they tell the truth; of all
cuts the one of the widest gap is taken among those that tell the truth best, or less well by 0.05. Width is
how wide a block's 10 nearest lie across their longest direction, median: 0 on a line, 1 in a round cloud.
`--tried` adds arrangements that were not chosen. Of each field it says, too, what gap the truth itself can
have: how many blocks lie in the middle third between the medians of the two sides, along the first principal
component of `energy`. Medians of the fields come last.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from cluster_features import (
    NEIGHBOURS,
    OneLine,
    Real,
    Truth,
    blocks_of,
    latents_under,
    named_field,
    other_energies,
    purity,
    reduced,
    silhouette,
    truth_of,
)
from openTSNE import TSNE, initialization
from openTSNE.affinity import PrecomputedAffinities
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors

from idlat.analysis import block_features, project
from idlat.analysis.graph import alike_graph, connected, neighbour_graph
from idlat.analysis.spectral import spectrum
from idlat.errors import IdlatError

Points = npt.NDArray[np.float64]
Arranged = tuple[str, Points]

LOSS = 0.05
"""Of the Rand index, for a wider gap."""


@dataclass(frozen=True)
class Row:
    """Figures of one arrangement of a field's blocks in the plane."""

    field: str
    map: str
    arrangement: str
    purity: float
    silhouette: float
    gap: float
    rand: float
    width: float


FIGURES = ("purity", "silhouette", "gap", "rand", "width")


def gap_between(points: Points, truth: Truth) -> tuple[float, float]:
    """Cut points (n, 2) in two where the truth is told: how wide the gap is, and the Rand index.

    Examples
    --------
    >>> points = np.array([[0.0, 0], [1, 0], [2, 0], [6, 0], [7, 0]])
    >>> gap_between(points, points[:, 0] > 5)
    (4.0, 1.0)
    """
    distances = squareform(pdist(points))
    distances = np.maximum(distances / distances.max(), 1e-6)  # 0 would be no edge
    np.fill_diagonal(distances, 0)
    tree = minimum_spanning_tree(distances).tocoo()
    nearest = np.median(np.sort(distances, axis=1)[:, 1])
    cuts = []
    for cut in range(tree.nnz):
        kept = np.arange(tree.nnz) != cut
        rest = sp.coo_array((tree.data[kept], (tree.row[kept], tree.col[kept])), tree.shape)
        pieces = connected_components(rest, directed=False)[1]
        cuts.append((float(tree.data[cut] / nearest), float(adjusted_rand_score(truth, pieces))))
    best = max(rand for _, rand in cuts)
    return max(cut for cut in cuts if cut[1] >= best - LOSS)


def width_of(points: Points) -> float:
    """Return how wide the nearest of points (n, 2) lie across their longest direction, the median.

    Examples
    --------
    >>> round(width_of(np.stack([np.arange(20.0), 3 * np.arange(20.0)], axis=1)), 3)
    0.0
    """
    _, nearest = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(points).kneighbors()
    around = points[nearest]
    spread = np.linalg.svd(around - around.mean(axis=1, keepdims=True), compute_uv=False)
    return float(np.median(spread[:, 1] / spread[:, 0]))


def in_the_middle(numbers: Real, truth: Truth) -> float:
    """Return how many of the blocks (n,) lie in the middle third between the medians of the two sides.

    Examples
    --------
    >>> in_the_middle(np.array([0.0, 0, 4, 5, 9, 9]), np.arange(6) > 2)
    0.3333333333333333
    """
    without, with_it = np.median(numbers[~truth]), np.median(numbers[truth])
    along = (numbers - without) / (with_it - without)
    return float(((along > 1 / 3) & (along < 2 / 3)).mean())


def tsne(values: Real, perplexity: float = 30.0, **options: Any) -> Points:
    """Arrange features (n, d) by the usual t-SNE, without late exaggeration unless `options` have it."""
    return np.array(TSNE(perplexity=perplexity, initialization="pca", random_state=0, **options).fit(values))


def usual_rows(values: Real) -> Iterator[Arranged]:
    """Arrange features as the explorer does, and with less and more late exaggeration."""
    yield "late exaggeration 2, chosen", project(values).points
    yield "no late exaggeration", tsne(values)
    yield "late exaggeration 4", tsne(values, exaggeration=4)


def tried_rows(values: Real, vectors: Real, cells: int) -> Iterator[Arranged]:
    """Arrange features (n, d), and other energies of latents (n, F), in ways that were not chosen."""
    for perplexity in (5, 8, 12, 20):
        yield f"perplexity {perplexity}", tsne(values, perplexity)
    for count in (2, 5, 10):
        yield f"{count} principal components", tsne(values[:, :count])
    yield "perplexity 12, cosine", tsne(values, 12, metric="cosine")
    yield "0.6 degrees of freedom", tsne(values, dof=0.6)
    energies = other_energies(vectors, cells)
    yield "ln(1 + m)", tsne(energies["ln(1 + m)"])
    yield "22 shells", tsne(energies["22 shells"])
    channels = np.log1p((vectors.reshape(len(vectors), -1, cells) ** 2).mean(axis=2))
    alike = reduced(channels / (channels.std(axis=0) + np.float32(0.01)))
    yield "perplexity 12, divided by spread", tsne(alike, 12)
    graph = connected(neighbour_graph(values).maximum(alike_graph(values)).tocsr(), values)
    start = initialization.pca(values, random_state=0)
    affinities = PrecomputedAffinities(sp.csr_matrix(graph))
    found = TSNE(exaggeration=2, random_state=0).fit(affinities=affinities, initialization=start)
    yield "graph of clusters, exaggeration 2", np.array(found)
    vectors = spectrum(graph, 10).vectors[:, 1:]
    for count in (2, 5, 9):
        yield f"its {count} eigenvectors, exaggeration 2", tsne(vectors[:, :count], exaggeration=2)


def rows_of(path: str, options: argparse.Namespace) -> tuple[list[Row], float]:
    """Measure arrangements of one field's blocks, and how many lie in the middle between the two sides."""
    name, field = named_field(path, options.variable)
    chosen, holds = truth_of(blocks_of(field, options.block), options)
    rows: list[Row] = []
    middle = 0.0
    for importance in (chosen, "1"):
        latents, _ = latents_under(field, importance, options)
        empty, cells = latents["empty"].values, latents.attrs["cells"]
        found = block_features(latents.values, empty, cells=cells)
        values, places = found.values, tuple(found.blocks[:, 1:].T)
        truth = holds[places]
        arranged = list(usual_rows(values))
        if importance == chosen:
            middle = in_the_middle(values[:, 0], truth)
            if options.tried:
                vectors = latents.values[places].astype(np.float32)
                arranged += tried_rows(values, vectors, (options.block // 8) ** 3)
        title = "uniform" if importance == "1" else importance
        for arrangement, points in arranged:
            figures = purity(points, truth), silhouette(points, truth), *gap_between(points, truth)
            rows.append(Row(name, title, arrangement, *figures, width_of(points)))
    return rows, middle


def line(field: str, importance: str, arrangement: str, figures: Sequence[float]) -> str:
    """Return a line of the table."""
    pure, apart, gap, rand, width = figures
    shown = f"{pure:6.2f}  {apart:10.2f}  {gap:5.1f}  {rand:5.2f}  {width:5.2f}"
    return f"{field:20} {importance:28} {arrangement:34} {shown}"


def medians(rows: list[Row]) -> dict[tuple[str, str], list[float]]:
    """Return the medians over the fields, by the map, whatever its level, and the arrangement."""
    kinds: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        title = "uniform" if row.map == "uniform" else "map"
        kinds.setdefault((title, row.arrangement), []).append(row)
    return {
        kind: [float(np.median([getattr(row, name) for row in own])) for name in FIGURES]
        for kind, own in kinds.items()
    }


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line, or arguments in its place."""
    parser = OneLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fields", nargs="+", metavar="FIELD")
    parser.add_argument("--share", type=float, help="of the blocks above the level; else the 95th percentile")
    parser.add_argument("--block", type=int, choices=(8, 16), default=16, help="voxels an axis")
    parser.add_argument("--tried", action="store_true", help="arrangements that were not chosen, too")
    parser.add_argument("--json", type=Path)
    parser.set_defaults(map="isosurface({}, decay=0.2)", percentile=95.0, quality=65.0)
    parser.set_defaults(model=None, variable=None)
    options = parser.parse_args(arguments)
    if options.share is not None and not 0 < options.share < 1:
        parser.error(f"--share is between 0 and 1, not {options.share:g}")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of every field, then the medians."""
    options = options_of(arguments)
    rows: list[Row] = []
    print(f"{'field':20} {'map':28} {'t-SNE of energy':34} purity  silhouette    gap   Rand  width")
    for path in options.fields:
        try:
            own, middle = rows_of(path, options)
        except IdlatError as error:
            raise SystemExit(f"{path}: {error}") from None
        for row in own:
            figures = [getattr(row, name) for name in FIGURES]
            print(line(row.field, row.map, row.arrangement, figures))
        print(
            f"{own[0].field:20} {middle:.1%} of the blocks lie in the middle between the two sides",
            flush=True,
        )
        rows += own
    for (title, arrangement), figures in medians(rows).items():
        print(line("median", title, arrangement, figures))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
