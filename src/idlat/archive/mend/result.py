"""What a repair found and did."""

from __future__ import annotations

from dataclasses import dataclass

from idlat.tiling import Box

__all__ = ["LostObject", "Repair"]


@dataclass(frozen=True)
class LostObject:
    """An object that is lost, by name and place.

    Attributes
    ----------
    key
        Its name in the archive.
    kind
        ``latents``, ``second``, ``residual``, ``step``, ``mask``, ``importance``, or ``metadata``: a
        coordinate, what describes a variable, or what its streams were coded with.
    variable, step, component
        Whose it is, None where it belongs to several or all.
    region
        Its voxels, (start, stop) along z, y and x; None of metadata. Those around that depend on it are lost
        too.
    reason
        What is wrong with it.
    """

    key: str
    kind: str
    variable: str | None
    step: int | None
    component: int | None
    region: Box | None
    reason: str


@dataclass(frozen=True)
class Repair:
    """What :func:`idlat.repair` found and did.

    Attributes
    ----------
    objects
        How many were checked, metadata not counted.
    restored
        Keys of those taken from the copy.
    rebuilt
        Keys of metadata that were made anew from the record.
    lost
        What stays lost.
    voxels_lost
        How many voxels decode as missing for that, of each variable.
    """

    objects: int
    restored: tuple[str, ...]
    rebuilt: tuple[str, ...]
    lost: tuple[LostObject, ...]
    voxels_lost: dict[str, int]
