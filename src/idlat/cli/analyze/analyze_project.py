"""`idlat analyze project`."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from idlat.cli import options
from idlat.cli.analyze import archive_blocks
from idlat.cli.analyze.result_folder import (
    Folder,
    bare,
    colour,
    counted,
    results_of_one_job,
    write_csv,
    write_figure,
)
from idlat.cli.progress_bar import progress_bar
from idlat.errors import IdlatError

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from idlat.analysis.projection import Method

HEADER = ("t_block", "z_block", "y_block", "x_block", "u", "v", "cluster")
_NEIGHBOURS = 10


@results_of_one_job
def project(
    archive: options.ArchivePath,
    output: Folder,
    clusters_file: Annotated[
        Path | None, typer.Option(metavar="F", help="Clusters to colour by, from `idlat analyze clusters`.")
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="tsne|umap", help="umap needs the extra idlat[umap].")
    ] = "tsne",
    perplexity: Annotated[
        float, typer.Option(min=2, max=1000, help="About how many neighbours count; umap takes half.")
    ] = 30.0,
    seed: archive_blocks.Seed = 0,
    variable: archive_blocks.Variables = None,
    time: archive_blocks.Time = None,
    block: archive_blocks.Block = 16,
    scaling: archive_blocks.Scaling = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Threads; with more than one, repeated runs differ slightly.")
    ] = 1,
    scheduler: options.Scheduler = None,
) -> None:
    r"""Arrange an archive's blocks in the plane, similar latents near each other.

    \b
    Examples:
      idlat analyze project run.idlat -o clusters --clusters-file clusters/clusters.json
      idlat analyze project run.idlat -o projection --time 0
      idlat analyze project run.idlat -o projection --perplexity 100
    """
    import numpy as np

    from idlat.analysis import project as run

    chosen = _method(method)
    with archive_blocks.open_with_latents(archive, scheduler) as opened:
        features = archive_blocks.read_features(opened, variable, time, block, scaling, seed, scheduler)
        means = archive_blocks.values_of_blocks(
            archive_blocks.coarse_view(opened, variable, time), block // 8
        )
    grid = None
    if clusters_file is not None:
        grid = archive_blocks.read_clusters(clusters_file, features.shape, block).labels()
    start = perf_counter()
    with progress_bar() as report:
        arranged = run(
            features.values, chosen, perplexity=perplexity, seed=seed, workers=workers, progress=report
        )
    points = arranged.points
    seconds = perf_counter() - start
    place = tuple(features.blocks.T)
    labels = np.full(len(points), -1) if grid is None else grid[place]
    rows = zip(features.blocks.tolist(), points.tolist(), labels.tolist(), strict=True)
    write_csv(output, "projection.csv", HEADER, ((*b, *uv, "" if c < 0 else c) for b, uv, c in rows))
    block_values = np.nanmean(means[place], axis=1)
    write_figure(
        output, "projection", lambda figure: _draw(figure, points, labels, block_values, method), (6, 5)
    )
    said = "" if grid is None else f"; {_purity(points, labels):.0%} of neighbours are in the same cluster"
    print(
        f"{output / 'projection.csv'}: {counted(len(points), 'block')} by {method} in {seconds:.1f} s{said}"
    )


def _method(name: str) -> Method:
    from idlat.analysis.projection import METHODS, Method

    for method in METHODS:
        if method == name:
            return method
    raise IdlatError(f"--method {name!r} is unknown: choose one of {', '.join(get_args(Method))}")


def _purity(points: NDArray[np.float64], labels: NDArray[np.integer]) -> float:
    """Share of each point's nearest neighbours in the plane that are in its cluster."""
    from scipy.spatial import cKDTree

    count = min(_NEIGHBOURS, len(points) - 1)
    if count < 1:
        return 1.0
    _, near = cKDTree(points).query(points, count + 1)
    return float((labels[near[:, 1:]] == labels[:, None]).mean())


def _draw(
    figure: Figure,
    points: NDArray[np.float64],
    labels: NDArray[np.integer],
    values: NDArray[np.floating],
    title: str,
) -> None:
    import numpy as np

    ax = figure.subplots()
    size = float(np.clip(4e4 / len(points) / 4, 2, 30))
    clusters = [int(label) for label in np.unique(labels) if label >= 0]
    if clusters:
        for index, label in enumerate(clusters):
            own = points[labels == label]
            ax.scatter(
                own[:, 0], own[:, 1], s=size, color=[colour(index)], label=f"cluster {label}", linewidths=0
            )
        rest = points[labels < 0]
        ax.scatter(rest[:, 0], rest[:, 1], s=size, color="0.8", linewidths=0)
        ax.legend(frameon=False, markerscale=max(1, 3 / size), loc="best")
    else:
        shown = ax.scatter(points[:, 0], points[:, 1], s=size, c=values, cmap="viridis", linewidths=0)
        figure.colorbar(shown, ax=ax, label="mean value")
    ax.set(title=title, xlabel="u", ylabel="v")
    bare(ax)
