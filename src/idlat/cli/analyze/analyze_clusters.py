"""`idlat analyze clusters`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idlat.cli import options
from idlat.cli.analyze import archive_blocks
from idlat.cli.analyze.given_tree import Asked, settings_of, tree_of
from idlat.cli.analyze.result_folder import (
    Folder,
    bare,
    colour,
    counted,
    results_of_one_job,
    write_figure,
    write_text,
)
from idlat.cli.files import FieldFiles
from idlat.errors import IdlatError

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from idlat.analysis import ClusterFile


@results_of_one_job
def clusters(
    archive: options.ArchivePath,
    output: Folder,
    count: Annotated[
        int | None,
        typer.Option(
            "--clusters",
            min=1,
            metavar="K",
            help="Number of clusters; where the eigengap is largest by default.",
        ),
    ] = None,
    tree: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="clusters.json whose clusters, and options, are used again."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Random seed; 0 by default.")] = None,
    variable: archive_blocks.Variables = None,
    time: archive_blocks.Time = None,
    block: Annotated[
        int | None, typer.Option(help="Side of a block in voxels, 16 or 8; 16 by default.")
    ] = None,
    scaling: Annotated[
        str | None,
        typer.Option(
            metavar=archive_blocks.SCALINGS,
            help="How latents are scaled; energy by default, which ignores directions.",
        ),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD", help="The original field, to compute importance that the archive has not stored."
        ),
    ] = None,
    importance: options.Importance = None,
    shape: options.Shape = None,
    dtype: options.Dtype = None,
    byte_order: options.ByteOrder = "little",
    offset: options.Offset = 0,
    format: options.Format = None,
    axes: options.Axes = None,
    missing: options.Missing = None,
    scheduler: options.Scheduler = None,
) -> None:
    r"""Group an archive's blocks into a tree of clusters by spectral clustering of their latents.

    \b
    Examples:
      idlat analyze clusters run.idlat -o clusters
      idlat analyze clusters run.idlat -o clusters --clusters 4 --seed 1
      idlat analyze clusters run.idlat -o clusters --field run.nc
      idlat analyze clusters run.idlat -o again --tree clusters/clusters.json
      idlat analyze clusters s3://bucket/run.idlat -o clusters --scheduler tcp://host:8786
    """
    from idlat.analysis import ClusterFile, Clustering, node_qualities
    from idlat.archive.format.create_arrays import IMPORTANCE_BLOCK

    asked, given = Asked(variable, time, block, scaling, seed), None
    if tree is not None:
        if count is not None:
            raise IdlatError("--tree gives the clusters and --clusters makes them: leave one out")
        given = archive_blocks.read_clusters(tree, ())
    how = asked.settings() if given is None or tree is None else settings_of(given, tree, asked)
    variable, time, side, seed = how.variable, how.time, how.block, how.seed
    with archive_blocks.open_with_latents(archive, scheduler) as opened:
        features = archive_blocks.read_features(opened, variable, time, side, how.scaling, seed, scheduler)
        means = archive_blocks.coarse_view(opened, variable, time)
        names = tuple(variable or opened.variables)
        weights = None
        if field or importance is not None:
            original = archive_blocks.Original(
                FieldFiles(field or [], shape, dtype, byte_order, offset, format, axes, missing), importance
            )
            weights = original.importance(opened, variable, time, side)
        elif side == IMPORTANCE_BLOCK:
            weights = opened.importance(names[0], time)
    if given is None or tree is None:
        grown = Clustering(features.values, seed=seed).grow(count)
    else:
        grown = tree_of(given, tree, features)
    means_of_map = None if weights is None else archive_blocks.in_place(weights.values, features.shape, time)
    values = archive_blocks.values_of_blocks(means, side // 8)
    found = ClusterFile(
        grown, features.blocks, features.shape, side, seed,
        node_qualities(grown, features, values, means_of_map, seed=seed),
        str(archive), features.map.scaling, names,
    )  # fmt: skip
    write_text(output, "clusters.json", found.to_json())
    write_figure(output, "clusters", lambda figure: _draw(figure, found, means), (12, 4))
    print(f"{output / 'clusters.json'}: {describe(found, time)}")


def describe(found: ClusterFile, time: int | None = None) -> str:
    """Say what was found, in all steps or in one, in a line."""
    import numpy as np

    leaves = found.tree.leaves
    parts = []
    for leaf in leaves:
        quality = found.qualities[leaf.id]
        value = "" if quality.mean_value is None else f", mean {quality.mean_value:.3g}"
        apart = "" if quality.silhouette is None else f", silhouette {quality.silhouette:.2f}"
        parts.append(f"{leaf.id}: {counted(quality.size, 'block')}{value}{apart}")
    steps = found.shape[0] if time is None else 1
    empty = steps * int(np.prod(found.shape[1:])) - len(found.blocks)
    left_out = f"; {counted(empty, 'block')} without latents left out" if empty else ""
    return f"{counted(len(leaves), 'cluster')} ({'; '.join(parts)}){left_out}"


def _draw(figure: Figure, found: ClusterFile, means: NDArray[np.float32]) -> None:
    import numpy as np

    tree_ax, space_ax, value_ax = figure.subplots(1, 3, width_ratios=(1.2, 1, 1))
    colours = {leaf.id: colour(i) for i, leaf in enumerate(found.tree.leaves)}
    _draw_tree(tree_ax, found, colours)
    labels = found.labels()
    step, layer = archive_blocks.busiest_slice(labels)
    image = np.ones((*labels.shape[2:], 3))
    for leaf, rgb in colours.items():
        image[labels[step, layer] == leaf] = rgb
    cells = found.block // 8
    view = means[step, min(layer * cells, means.shape[1] - 1)]
    extent = (0, image.shape[1] * cells, 0, image.shape[0] * cells)
    space_ax.imshow(view, cmap="gray", origin="lower", extent=(0, view.shape[1], 0, view.shape[0]))
    space_ax.imshow(image, origin="lower", alpha=0.6, extent=extent)
    space_ax.set(title=f"step {step}, layer {layer} of blocks", xlabel="x", ylabel="y")
    bare(space_ax)
    for leaf, rgb in colours.items():
        histogram = found.qualities[leaf].values
        if histogram is not None:
            share = np.array(histogram.counts) / max(sum(histogram.counts), 1)
            value_ax.stairs(share, histogram.edges, color=rgb, label=f"cluster {leaf}", linewidth=1.5)
    value_ax.set(title="values in each cluster", xlabel="mean of a cell", ylabel="share of cells")
    if len(colours) <= 12:
        value_ax.legend(frameon=False)


def _draw_tree(ax: Axes, found: ClusterFile, colours: dict[int, tuple[float, float, float]]) -> None:
    """Draw nodes as circles, their areas in proportion to their blocks, children below their parents."""
    import numpy as np

    places: dict[int, tuple[float, float]] = {}
    lanes = iter(range(len(found.tree.leaves)))

    def place(node: int, depth: int) -> float:
        children = found.tree.node(node).children
        across = float(np.mean([place(child, depth + 1) for child in children])) if children else next(lanes)
        places[node] = (across, -depth)
        return across

    place(0, 0)
    most = len(found.blocks)
    for node in found.tree.nodes:
        x, y = places[node.id]
        if node.parent is not None:
            px, py = places[node.parent]
            ax.plot([px, x], [py, y], color="0.7", linewidth=1, zorder=1)
        ax.scatter(
            x, y, s=120 + 1200 * len(node.rows) / most, color=[colours.get(node.id, (0.75,) * 3)], zorder=2
        )
        ax.annotate(f"{node.id}\n{len(node.rows)}", (x, y), ha="center", va="center", fontsize=7, zorder=3)
    ax.set(title="clusters: id, blocks")
    ax.margins(0.15)
    ax.set_axis_off()
