"""Case study 1 (Sect. 6.4.1): blocks of a vortex in the latent space of an isosurface map and a uniform one.

::

    volume ─ compressed under either map ─ latents ─▶ LatentSpace: features, points in the plane (kept)
    LatentSpace ─ spectral clustering ─▶ Groups: A and its halves A1 and A2, B, C
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import idlat
from idlat.analysis import Clustering, ClusterTree, block_features, block_gradients, block_means, project
from idlat.analysis.features import USUAL_SCALING
from idlat.archive import compress
from idlat.progress import Progress, tell
from idlat.reproduce.cases import CASES
from idlat.reproduce.folders import make_folders
from idlat.reproduce.kept import Arrays, kept_arrays
from idlat.reproduce.scenes import DECAY
from idlat.reproduce.vortex_volume import BLOCK, block_vortex, published_vortex, read_volume
from idlat.tiling import block_reduce

__all__ = ["MAPS", "Groups", "LatentSpace", "LatentStudy", "StudyParameters", "study_latents"]

Float = NDArray[np.float64]

ISOVALUE = 8.0
"""Of the paper's vortex (Sect. 6.4.1)."""

SURFACE_SHARE = 0.15
"""Of the blocks that hold the isosurface; of those of the paper's vortex that of 8 passes through 15 %."""

QUALITY = 65.0
MAPS = ("isosurface", "uniform")


@dataclass(frozen=True)
class StudyParameters:
    """All that the latent spaces depend on.

    Attributes
    ----------
    file, variable : str
        Of the volume.
    shape : tuple of int
        z, y, x.
    isovalue : float
        The paper's 8 on its own vortex; elsewhere that whose surface passes through `SURFACE_SHARE` of the
        blocks.
    importance : str
        The map of the isosurface.
    quality : float
        Of both archives; the shipped default model encodes.
    block : int
        Voxels an axis.
    scaling, halves_scaling : str
        Of the latents, for clusters and for the halves of A: energies tell how much lies where, latents as
        they are tell directions too.
    seed : int
    version : str
        Of idlat.
    """

    file: str
    variable: str
    shape: tuple[int, ...]
    isovalue: float
    importance: str
    quality: float = QUALITY
    block: int = BLOCK
    scaling: str = USUAL_SCALING
    halves_scaling: str = "steps"
    seed: int = 0
    version: str = idlat.__version__


@dataclass(frozen=True)
class Groups:
    """Clusters under the names of the paper's Fig. 9.

    Attributes
    ----------
    tree : ClusterTree
        Two clusters, each split in two.
    names : dict of int to str
        By the tree's nodes: A holds the larger share of blocks with the isosurface, A1 and A2 are its halves,
        B is that half of the rest which lies more on the boundary, C the other.
    """

    tree: ClusterTree
    names: dict[int, str]

    def rows(self, name: str) -> NDArray[np.intp]:
        """Return the rows of a cluster."""
        (node,) = (node for node, given in self.names.items() if given == name)
        return self.tree.node(node).rows


@dataclass(frozen=True)
class LatentSpace:
    """The blocks of a volume under a map.

    Attributes
    ----------
    importance : str
        The map.
    blocks : int array (n, 3)
        Place of each block that is not empty.
    features, directed : float32 arrays (n, d)
        Of the latents under either scaling.
    points : float array (n, 2)
        By t-SNE.
    weights : float array (n,)
        Mean importance.
    bytes : int
        Of the archive's streams.
    """

    importance: str
    blocks: NDArray[np.intp]
    features: NDArray[np.float32]
    directed: NDArray[np.float32]
    points: Float
    weights: Float
    bytes: int

    def of_blocks(self, grid: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return the values of the blocks (…, n) out of a grid of blocks (…, Z, Y, X)."""
        return grid[(..., *self.blocks.T)]


@dataclass(frozen=True)
class LatentStudy:
    """A volume, its blocks, and their latent spaces.

    Attributes
    ----------
    parameters : StudyParameters
    values : float32 array (z, y, x)
    spaces : dict of str to LatentSpace
        By `MAPS`.
    """

    parameters: StudyParameters
    values: NDArray[np.float32]
    spaces: dict[str, LatentSpace]

    @cached_property
    def holds(self) -> NDArray[np.bool_]:
        """Which blocks (Z, Y, X) hold the isosurface."""
        return blocks_with_surface(self.values, self.parameters.isovalue)

    @cached_property
    def means(self) -> Float:
        """Mean value of each block."""
        return block_means(self.values, BLOCK)

    @cached_property
    def gradients(self) -> Float:
        """Mean gradient of each block (3, Z, Y, X), a voxel, along z, y and x."""
        return block_gradients(self.values, BLOCK)

    @cached_property
    def boundary(self) -> NDArray[np.bool_]:
        """Which blocks lie on the faces of the volume."""
        inside = np.zeros(self.holds.shape, bool)
        inside[1:-1, 1:-1, 1:-1] = True
        return ~inside

    @cached_property
    def groups(self) -> Groups:
        """The clusters under the isosurface map."""
        return _groups(self, self.spaces["isosurface"])

    @cached_property
    def uniform_groups(self) -> Groups:
        """The two clusters under the uniform map: ``low`` and ``high`` by their mean value."""
        space = self.spaces["uniform"]
        tree = Clustering(space.features).split(ClusterTree.root(len(space.blocks)), 0, 2)
        means = space.of_blocks(self.means)
        low, high = sorted(tree.leaves, key=lambda leaf: float(means[leaf.rows].mean()))
        return Groups(tree, {low.id: "low", high.id: "high"})


def blocks_with_surface(values: NDArray[np.float32], isovalue: float) -> NDArray[np.bool_]:
    """Tell which blocks (Z, Y, X) of a volume hold voxels on either side of an isovalue."""
    above, below = (block_reduce(values, BLOCK, reduce) for reduce in (np.maximum, np.minimum))
    return np.asarray((above > isovalue) & (below <= isovalue))


def study_latents(
    output: Path, data: Path | None = None, *, quick: bool = False, report: Progress | None = None
) -> LatentStudy:
    """Compress a vortex under both maps and read what its blocks are; what stands in `output` is kept.

    Parameters
    ----------
    output
        Folder for ``latents_<map>.npz``; it is created where its parent exists.
    data
        Folder with ``vortex``: imported stores ``vorticity_NN.zarr``, of which the first is taken, or the
        simulated series, which is made where there is none. `output/data` unless given.
    quick
        Take what stands there, or a single step of 96³ voxels.
    report
        Told how far each stage is.
    """
    folder = make_folders(output, data)
    path = block_vortex(folder, quick=quick, report=report or (lambda *_: None))
    values = read_volume(path)
    isovalue = ISOVALUE if path == published_vortex(folder) else _isovalue(values)
    importance = f"isosurface({isovalue:g}, decay={DECAY:g})"
    parameters = StudyParameters(path.name, CASES[0].variable, values.shape, isovalue, importance)
    spaces = {}
    for name, text in zip(MAPS, (importance, "1"), strict=True):
        make = _maker(values, text, parameters, report)
        kept = kept_arrays(output / f"latents_{name}.npz", parameters, make)
        arrays = {key: kept[key] for key in ("blocks", "features", "directed", "points", "weights")}
        spaces[name] = LatentSpace(text, **arrays, bytes=int(kept["bytes"]))
    return LatentStudy(parameters, values, spaces)


def _isovalue(values: NDArray[np.float32]) -> float:
    """Return the isovalue that so many blocks exceed, to three digits."""
    highest = block_reduce(values, BLOCK, np.maximum)
    return float(f"{np.quantile(highest, 1 - SURFACE_SHARE):.3g}")


def _maker(
    values: NDArray[np.float32], importance: str, parameters: StudyParameters, report: Progress | None
) -> Callable[[], Arrays]:
    def make() -> Arrays:
        tell(report, "compress vortex", 0, 1)
        field = xr.DataArray(values, dims=("z", "y", "x"), name=parameters.variable)
        with TemporaryDirectory() as folder:
            quality = parameters.quality
            with compress(
                field, Path(folder) / "a.idlat", importance, quality=quality, keep_importance=True
            ) as archive:
                latents, weights = archive.latents(BLOCK), archive.importance()
                stored = archive.info().bytes_streams
        tell(report, "compress vortex", 1, 1)
        assert weights is not None
        cells, empty = latents.attrs["cells"], latents["empty"].values
        features, directed = (
            block_features(latents.values, empty, scaling=scaling, cells=cells, seed=parameters.seed)
            for scaling in (USUAL_SCALING, "steps")
        )
        points = project(features.values, seed=parameters.seed, progress=report).points
        blocks = features.blocks[:, 1:]
        return {
            "blocks": blocks,
            "features": features.values,
            "directed": directed.values,
            "points": points,
            "weights": weights.values[tuple(blocks.T)].astype(np.float64),
            "bytes": np.array(stored),
        }

    return make


def _groups(study: LatentStudy, space: LatentSpace) -> Groups:
    """Split the blocks in A and the rest, and either in two."""
    seed = study.parameters.seed
    clustering = Clustering(space.features, seed=seed)
    tree = clustering.split(ClusterTree.root(len(space.blocks)), 0, 2)
    holds, boundary = space.of_blocks(study.holds), space.of_blocks(study.boundary)
    rest, core = sorted(tree.leaves, key=lambda leaf: float(holds[leaf.rows].mean()))
    halves = Clustering(space.directed[core.rows], seed=seed).split(ClusterTree.root(len(core.rows)), 0, 2)
    tree = tree.divided(core.id, [core.rows[leaf.rows] for leaf in halves.leaves])
    tree = clustering.split(tree, rest.id, 2)
    inner, outer = sorted(
        tree.node(rest.id).children, key=lambda node: float(boundary[tree.node(node).rows].mean())
    )
    first, second = tree.node(core.id).children
    names = {core.id: "A", first: "A1", second: "A2", outer: "B", inner: "C"}
    return Groups(tree, names)
