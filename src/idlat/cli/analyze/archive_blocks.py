"""From an archive to the features and values of its blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from idlat.cli.files import FieldFiles, stated_importance
from idlat.cli.progress_bar import progress_bar
from idlat.errors import IdlatError
from idlat.plainfiles import read_plain

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

    from idlat.analysis import BlockFeatures, ClusterFile
    from idlat.archive import Archive

Variables = Annotated[
    list[str] | None,
    typer.Option("--variable", help="Variable; several are joined. All by default."),
]
Time = Annotated[int | None, typer.Option(metavar="T", help="Index of one time step; all by default.")]
Block = Annotated[int, typer.Option(help="Voxels an axis of a block, 16 or 8.")]
SCALINGS = "energy|steps|log|standard"
Scaling = Annotated[
    str | None,
    typer.Option(
        metavar=SCALINGS, help="How latents are scaled; energy, which ignores directions, by default."
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of all that is random.")]
ClustersFile = Annotated[Path, typer.Option(metavar="F", help="File that `idlat analyze clusters` wrote.")]

_MOST_BYTES = 2**30  # of a file of clusters


def block_size(block: int) -> Literal[16, 8]:
    """Check a block's size.

    Raises
    ------
    IdlatError
        It is not 16 or 8.
    """
    if block == 16:
        return 16
    if block == 8:
        return 8
    raise IdlatError(f"--block {block}: blocks have 16 or 8 voxels an axis")


def open_with_latents(path: str, scheduler: str | None = None) -> Archive:
    """Open an archive; of the blocks of a parallel run latents are made anew (:func:`with_latents`)."""
    from idlat.archive import open_archive, with_latents

    with progress_bar() as report:
        return with_latents(open_archive(path), scheduler, report)


def read_features(
    archive: Archive,
    variables: list[str] | None,
    time: int | None,
    block: int,
    scaling: str | None,
    seed: int,
    scheduler: str | None = None,
) -> BlockFeatures:
    """Read features of the blocks of all steps, or of one; steps keep their places in the series.

    `scheduler` is that of a Dask cluster that reads the latents, and standard error shows how far it is.

    Raises
    ------
    IdlatError
        The variables are of different grids, or there is no such step.
    """
    import numpy as np

    from idlat.analysis import block_features
    from idlat.analysis.features import SCALINGS, USUAL_SCALING, one_scaling
    from idlat.archive import channel_cells

    scaling = scaling or USUAL_SCALING
    if scaling not in SCALINGS:
        raise IdlatError(f"--scaling {scaling!r} is unknown: choose one of {', '.join(SCALINGS)}")
    size, chosen = block_size(block), one_scaling(scaling)
    with progress_bar() as report:
        latents = [
            archive.latents(size, name, time, scheduler=scheduler, progress=report)
            for name in variables or archive.variables
        ]
    parts = [_joined(each) for each in latents]
    if len({values.shape[:-1] for values, _ in parts}) > 1:
        raise IdlatError("the variables have different grids: choose one with --variable")
    values = parts[0][0] if len(parts) == 1 else np.concatenate([values for values, _ in parts], axis=-1)
    empty = np.logical_and.reduce([empty for _, empty in parts])
    features = block_features(
        values, empty, scaling=chosen, cells=channel_cells(archive.model, size), seed=seed
    )
    if time is None:
        return features
    steps = _steps(archive, variables)
    places = features.blocks + np.array([time % steps, 0, 0, 0])
    return replace(features, blocks=places, shape=(steps, *features.shape[1:]))


def _joined(latents: xr.DataArray) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return latents (…, Z, Y, X, feature), the components of a value in one vector, and what is empty."""
    empty = latents.coords["empty"]
    if "component" not in latents.dims:
        return latents.values, empty.values
    last = latents.transpose(..., "component", "feature")
    return last.values.reshape(*last.shape[:-2], -1), empty.all("component").values


def _steps(archive: Archive, variables: list[str] | None) -> int:
    return archive.record.variable((variables or list(archive.variables))[0]).steps


def coarse_view(archive: Archive, variables: list[str] | None, time: int | None) -> NDArray[np.float32]:
    """Return the cell means (T, Z/8, Y/8, X/8) of the first variable, NaN in steps not asked for.

    Of a field of components the lengths of the mean vectors.
    """
    import numpy as np

    name = (variables or list(archive.variables))[0]
    view = archive.decode(name, time, coarse=archive.model.cell)
    if "component" in view.dims:
        view = (view.astype(np.float64) ** 2).sum("component") ** 0.5
    return in_place(view.values, (_steps(archive, variables), *view.shape[-3:]), time)


def in_place(values: NDArray[Any], shape: tuple[int, ...], time: int | None) -> NDArray[np.float32]:
    """Return a series (T, z, y, x), or one step (z, y, x) in its place in one, NaN in the others.

    Examples
    --------
    >>> import numpy as np
    >>> in_place(np.ones((1, 1, 1)), (2, 1, 1, 1), time=1).ravel()
    array([nan,  1.], dtype=float32)
    """
    import numpy as np

    if time is None:
        return values.astype(np.float32).reshape(shape)
    whole = np.full(shape, np.nan, np.float32)
    whole[time] = values
    return whole


@dataclass(frozen=True)
class Original:
    """The files of an archive's field, and the map that it was compressed under, where it must be given.

    Attributes
    ----------
    files : FieldFiles
        Several are the steps of a series.
    map : str or None
        An expression or a file; the archive's own expression unless given.
    """

    files: FieldFiles
    map: str | None

    def importance(
        self, archive: Archive, variables: list[str] | None, time: int | None, block: int
    ) -> xr.DataArray:
        """Compute the importance of the blocks of the first variable again.

        Raises
        ------
        IdlatError
            No file is given, it is another field's, or the archive's map is not known.
        """
        from idlat.archive import recompute_importance

        if not self.files.given:
            raise IdlatError("--importance says how --field was compressed: give both")
        name = (variables or list(archive.variables))[0]
        missing = self.files.missing if self.files.missing is not None else archive.record.settings.missing
        files = replace(self.files, missing=missing)
        in_file = name if variables or len(archive.variables) > 1 else None
        field = files.open(in_file)
        request = files.importance(self.map, stated_importance(archive), True)
        return recompute_importance(
            archive, field, request, variable=name, time=time, block=block_size(block)
        )


def values_of_blocks(means: NDArray[np.float32], cells: int) -> NDArray[np.float32]:
    """Group cell means (T, z, y, x) by blocks of `cells` an axis: (T, Z, Y, X, cells³), NaN beyond the field.

    Examples
    --------
    >>> import numpy as np
    >>> values_of_blocks(np.ones((1, 1, 1, 3), np.float32), 2).shape
    (1, 1, 1, 2, 8)
    """
    import numpy as np

    padding = [(0, 0)] + [(0, -n % cells) for n in means.shape[1:]]
    padded = np.pad(means, padding, constant_values=np.nan)
    t, z, y, x = padded.shape
    parts = padded.reshape(t, z // cells, cells, y // cells, cells, x // cells, cells)
    return parts.transpose(0, 1, 3, 5, 2, 4, 6).reshape(t, z // cells, y // cells, x // cells, cells**3)


def read_clusters(path: Path, shape: tuple[int, ...], block: int | None = None) -> ClusterFile:
    """Read a file of clusters and check that it is of the same blocks.

    Raises
    ------
    IdlatError
        It is none, or of other blocks.
    """
    from idlat.analysis import ClusterFile

    content = read_plain(path, IdlatError, "a file of clusters", _MOST_BYTES)
    clusters = ClusterFile.from_json(content.decode("utf-8", "replace"), str(path))
    if block is not None and (clusters.block != block or clusters.shape != shape):
        raise IdlatError(
            f"{path} is of {clusters.shape} blocks of {clusters.block} voxels, the archive has {shape} of "
            f"{block}: give the clusters of this archive"
        )
    return clusters


def busiest_slice(labels: NDArray[Any]) -> tuple[int, int]:
    """Return the step and layer of blocks (T, Z, Y, X) in which most clusters meet; empty blocks are -1."""
    import numpy as np

    counts = [[len(np.unique(layer[layer >= 0])) for layer in step] for step in labels]
    t, z = np.unravel_index(int(np.argmax(counts)), labels.shape[:2])
    return int(t), int(z)
