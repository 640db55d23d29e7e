"""`idlat analyze track`."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Annotated

import typer

from idlat.cli import options
from idlat.cli.analyze import archive_blocks
from idlat.cli.analyze.result_folder import (
    Folder,
    colour,
    counted,
    results_of_one_job,
    write_csv,
    write_figure,
)
from idlat.errors import IdlatError

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from idlat.analysis import BlockFeatures, ClusterFile, TrackPoint

HEADER = (
    "track",
    "step",
    "blocks",
    "z",
    "y",
    "x",
    "z0",
    "z1",
    "y0",
    "y1",
    "x0",
    "x1",
    "events",
    "previous",
    "distance",
)
_MARKS = {"birth": "^", "death": "v", "split": "<", "merge": ">"}
_LANES = 40  # tracks in the picture


@results_of_one_job
def track(
    archive: options.ArchivePath,
    output: Folder,
    clusters_file: archive_blocks.ClustersFile,
    cluster: Annotated[int, typer.Option(metavar="ID", help="Node of the tree, leaf or not.")],
    reach: Annotated[int, typer.Option(min=0, help="Blocks that a feature may move in a step.")] = 1,
    smallest: Annotated[int, typer.Option(min=1, help="Blocks of the smallest feature.")] = 2,
    seed: archive_blocks.Seed = 0,
    variable: archive_blocks.Variables = None,
    scaling: Annotated[
        str | None,
        typer.Option(
            metavar=archive_blocks.SCALINGS,
            help="How latents are scaled; as for the clusters by default.",
        ),
    ] = None,
    scheduler: options.Scheduler = None,
) -> None:
    r"""Follow a cluster's features through a series; a cluster of one step is carried to the others.

    \b
    Examples:
      idlat analyze clusters series.idlat -o out
      idlat analyze track series.idlat -o out --clusters-file out/clusters.json --cluster 2
    """
    from idlat.analysis import TrackOptions
    from idlat.analysis import track as run
    from idlat.analysis.features import UNSTATED_SCALING

    found = archive_blocks.read_clusters(clusters_file, ())
    with archive_blocks.open_with_latents(archive, scheduler) as opened:
        scaling = scaling or found.scaling or UNSTATED_SCALING
        features = archive_blocks.read_features(opened, variable, None, found.block, scaling, seed, scheduler)
        names = opened.record.settings.periodic
        volume = opened.record.variable((variable or list(opened.variables))[0]).volume
    if features.shape != found.shape:
        raise IdlatError(
            f"{clusters_file} is of {found.shape} blocks, the archive has {features.shape}: give its clusters"
        )
    wraps = [axis in names and n % found.block == 0 for axis, n in zip("zyx", volume, strict=True)]
    member = _members(features, found, cluster)
    settings = TrackOptions(reach=reach, smallest=smallest, periodic=(wraps[0], wraps[1], wraps[2]))
    points = run(features.values, features.blocks, member, features.shape, settings)
    write_csv(output, "tracks.csv", HEADER, (_row(point, found.block) for point in points))
    write_figure(output, "tracks", lambda figure: _draw(figure, points, found.block, cluster), (11, 4.5))
    print(f"{output / 'tracks.csv'}: cluster {cluster}, {describe(points, features.shape[0])}")


def _members(features: BlockFeatures, found: ClusterFile, cluster: int) -> NDArray[np.bool_]:
    """Tell which blocks belong to a cluster; steps that the file does not know are judged by neighbours."""
    import numpy as np

    from idlat.analysis import assign

    places = tuple(features.blocks.T)
    member: NDArray[np.bool_] = found.mask(cluster)[places]
    known = (found.labels() >= 0)[places]
    steps = np.unique(features.blocks[known, 0])
    new = ~np.isin(features.blocks[:, 0], steps)
    if new.any() and known.any():
        values = features.values
        member[new] = assign(values[known], member[known].astype(np.intp), values[new]).astype(bool)
    return member


def _row(point: TrackPoint, block: int) -> tuple[object, ...]:
    centre = (round(c * block, 3) for c in point.centroid)
    box = (edge * block for span in zip(point.low, point.high, strict=True) for edge in span)
    events, previous = " ".join(point.events), " ".join(map(str, point.previous))
    distance = "" if point.distance is None else f"{point.distance:.6g}"
    return (point.track, point.step, point.size, *centre, *box, events, previous, distance)


def describe(points: list[TrackPoint], steps: int) -> str:
    """Say what was found in a line."""
    lengths = Counter(point.track for point in points)
    events = Counter(event for point in points for event in point.events)
    counts = ", ".join(counted(events[event], event) for event in _MARKS)
    longest = max(lengths.values(), default=0)
    tracks, series = counted(len(lengths), "track"), counted(steps, "step")
    return f"{tracks} in {series}, the longest over {longest}; {counts}"


def _draw(figure: Figure, points: list[TrackPoint], block: int, cluster: int) -> None:
    lives, paths = figure.subplots(1, 2, width_ratios=(1.5, 1))
    by_track: dict[int, list[TrackPoint]] = defaultdict(list)
    for point in points:
        by_track[point.track].append(point)
    longest = sorted(by_track, key=lambda name: (-sum(p.size for p in by_track[name]), name))[:_LANES]
    lanes = {name: lane for lane, name in enumerate(longest)}
    for name, lane in lanes.items():
        own, rgb = by_track[name], colour(lane)
        lives.plot([p.step for p in own], [lane] * len(own), color=rgb, linewidth=1, zorder=1)
        lives.scatter([p.step for p in own], [lane] * len(own), s=[10 + 2 * p.size for p in own], color=[rgb])
        for p in own:
            for event in p.events:
                lives.plot(p.step, lane, _MARKS[event], color="black", markersize=5, zorder=3)
        paths.plot(
            [block * p.centroid[2] for p in own], [block * p.centroid[1] for p in own], ".-", color=rgb
        )
    for event, mark in _MARKS.items():
        lives.plot([], [], mark, color="black", label=event)
    lives.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    lives.set(title=f"features of cluster {cluster}, largest tracks", xlabel="step", ylabel="track")
    lives.set_yticks(range(len(lanes)), [str(name) for name in lanes], fontsize=6)
    paths.set(title="centroids", xlabel="x (voxels)", ylabel="y (voxels)", aspect="equal")
