"""A tree of clusters that is given, for the archive that it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idlat.errors import IdlatError

if TYPE_CHECKING:
    from idlat.analysis import BlockFeatures, ClusterFile, ClusterTree

__all__ = ["Asked", "ClusteringSettings", "settings_of", "tree_of"]


@dataclass(frozen=True)
class ClusteringSettings:
    """What of an archive is clustered, and how.

    Attributes
    ----------
    variable : list of str or None
        Whose latents; None for those of all variables.
    time : int or None
        The step; None for all of them.
    block : int
        Voxels an axis of a block.
    scaling : str
        Of latents.
    seed : int
        Of all that is random.
    """

    variable: list[str] | None
    time: int | None
    block: int
    scaling: str
    seed: int


@dataclass(frozen=True)
class Asked:
    """What of :class:`ClusteringSettings` was asked for; None for what was not."""

    variable: list[str] | None
    time: int | None
    block: int | None
    scaling: str | None
    seed: int | None

    def settings(self) -> ClusteringSettings:
        """Return the settings, the usual ones where nothing was asked for."""
        from idlat.analysis.features import USUAL_SCALING

        usual = self.block or 16, self.scaling or USUAL_SCALING, self.seed or 0
        return ClusteringSettings(self.variable, self.time, *usual)


def settings_of(found: ClusterFile, path: Path, asked: Asked) -> ClusteringSettings:
    """Return the settings that a file's clusters were made with.

    Raises
    ------
    IdlatError
        Others were asked for.
    """
    import numpy as np

    from idlat.analysis.features import UNSTATED_SCALING

    steps = np.unique(found.blocks[:, 0])
    own = Asked(
        list(found.variables) or asked.variable,
        int(steps[0]) if len(steps) == 1 and found.shape[0] > 1 else asked.time,
        found.block,
        found.scaling or asked.scaling or UNSTATED_SCALING,
        found.seed,
    )
    pairs: list[tuple[str, Any, Any]] = [
        ("variable", asked.variable, own.variable),
        ("time", asked.time, own.time),
        ("block", asked.block, own.block),
        ("scaling", asked.scaling, own.scaling),
        ("seed", asked.seed, own.seed),
    ]
    for name, wanted, made in pairs:
        if wanted is not None and wanted != made:
            shown = " ".join(map(str, made)) if isinstance(made, list) else made
            raise IdlatError(f"the clusters of {path} were made with --{name} {shown}: leave --{name} out")
    return own.settings()


def tree_of(found: ClusterFile, path: Path, features: BlockFeatures) -> ClusterTree:
    """Return a file's tree, of the blocks that the archive has.

    Raises
    ------
    IdlatError
        They are others.
    """
    if found.shape == features.shape:
        try:
            return found.tree_of(features.blocks)
        except IdlatError:
            pass
    raise IdlatError(f"{path} is of other blocks than the archive's: give the clusters of this archive")
