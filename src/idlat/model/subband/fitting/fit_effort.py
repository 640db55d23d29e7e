"""How much an encoder tries before it settles (``--effort``)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_EFFORT", "EFFORTS", "FitEffort"]


@dataclass(frozen=True)
class FitEffort:
    """What is tried at an effort.

    Attributes
    ----------
    voxels : int
        The most of a variable that it is fitted to; 0: not at all.
    compared : int
        The most of them on which transforms are compared; 0: not at all.
    rounds : int
        Of quantising and fitting, before transforms are compared.
    tried : bool
        Whether there are as many rounds after transforms are compared, of which the best is taken; otherwise
        what is chosen and fitted last is taken untried.
    few : int
        Voxels of a variable up to which a round more is made, and what comes after is tried.
    all_transforms : bool
        Whether all eight are compared, or those that differ from the best so far along one axis.
    shapes_noise : bool
        Whether errors are shaped within cells.
    glance : int
        Voxels on which a larger variable is seen to be rough, if it has little for a second transform; then
        transforms are compared on these, and four times as many are fitted to. 0: no glance is taken.
    """

    voxels: int
    compared: int
    rounds: int
    tried: bool = False
    few: int = 0
    all_transforms: bool = False
    shapes_noise: bool = True
    glance: int = 0


#: By effort, 0 to 9.
EFFORTS = (
    FitEffort(0, 0, 0, shapes_noise=False),
    FitEffort(2**18, 0, 1, shapes_noise=False),
    FitEffort(2**19, 2**18, 1),
    FitEffort(2**21, 2**20, 1, few=2**20, glance=2**18),
    FitEffort(2**21, 2**20, 3, tried=True),
    FitEffort(2**22, 2**20, 3, tried=True),
    FitEffort(2**22, 2**20, 3, tried=True, all_transforms=True),
    FitEffort(2**23, 2**21, 3, tried=True, all_transforms=True),
    FitEffort(2**23, 2**22, 4, tried=True, all_transforms=True),
    FitEffort(2**24, 2**23, 5, tried=True, all_transforms=True),
)
DEFAULT_EFFORT = 3
