"""How long a training runs and at what rates, and what it reports on the way."""

from __future__ import annotations

from dataclasses import dataclass

from idlat.errors import IdlatError
from idlat.training.maps import FAMILIES

__all__ = ["Schedule", "TrainingProgress"]


@dataclass(frozen=True)
class Schedule:
    """What a run does; all of it is in the checkpoint, and a resumed run must agree.

    Attributes
    ----------
    steps, minutes : int, float
        Length; exactly one is set. With `steps` a resumed run equals an uninterrupted one bit by bit.
    batch : int
        Blocks an update, of all devices together.
    rate, slow : float
        Adam's learning rate, and its factor for the transform matrices.
    integer_share : float
        Last share of the run in which the entropy networks compute in exact integers.
    halo_share : float
        Last share in which the analysis sees real data around each block, as when compressing.
    families : tuple of str
        Families of random maps.
    """

    steps: int | None = None
    minutes: float | None = None
    batch: int = 4
    rate: float = 1e-3
    slow: float = 0.1
    warm_up: int = 50
    seed: int = 0
    integer_share: float = 0.25
    halo_share: float = 0.1
    families: tuple[str, ...] = tuple(FAMILIES)

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.minutes is None):
            raise IdlatError("give exactly one of steps and minutes")
        if not (self.steps or self.minutes or 0) > 0:
            raise IdlatError("steps or minutes must be positive")
        if self.batch < 1:
            raise IdlatError(f"batch must be 1 or more blocks, got {self.batch}")


@dataclass(frozen=True)
class TrainingProgress:
    """One report: means since the last."""

    step: int
    fraction: float
    seconds: float
    loss: float
    rate: float
    distortion: float
    voxels_per_second: float
