"""Where three sections of a volume lie in a panel: across z, above it across y, and beside it across x.

::

    ┌─────────┐            up z
    │ across y│            right x
    ├─────────┼───────┐
    │ across z│across │    up y
    │         │   x   │    right x          right z
    └─────────┴───────┘
"""

from __future__ import annotations

from dataclasses import dataclass

from idlat.explorer.scene.geometry.panel_layout import PanelPlace
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame

__all__ = ["Section", "section_voxel", "sections"]

Triple = tuple[int, int, int]

_TOP, _BOTTOM, _SIDE, _GAP = 32, 48, 12, 10  # pixels that a panel keeps for titles and legends, and between


@dataclass(frozen=True)
class Section:
    """One section and its pixels.

    Attributes
    ----------
    axis : int
        That it lies across: 0 for z, 1 for y, 2 for x.
    right, up : int
        The axes along its sides.
    across, down : int
        Voxels along these.
    x, y, width, height : int
        Its pixels, from the upper left.
    flipped : bool
        Whether the axis "up" counts downwards.
    """

    axis: int
    right: int
    up: int
    across: int
    down: int
    x: int
    y: int
    width: int
    height: int
    flipped: bool = False

    def voxel(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the voxel along the axes to the right and up that a pixel shows; None outside."""
        i = int((x - self.x) / self.width * self.across // 1)
        j = int((self.y + self.height - y) / self.height * self.down // 1)
        if not (0 <= i < self.across and 0 <= j < self.down):
            return None
        return i, (self.down - 1 - j if self.flipped else j)

    def pixel(self, i: int, j: int) -> tuple[int, int]:
        """Return the pixel in the middle of a voxel, counted from the section's upper left."""
        j = self.down - 1 - j if self.flipped else j
        x = int((i + 0.5) / self.across * self.width)
        y = int((1 - (j + 0.5) / self.down) * self.height)
        return min(x, self.width - 1), min(y, self.height - 1)


def sections(frame: VolumeFrame, place: PanelPlace, scale: int = 1) -> list[Section]:
    """Lay the three sections of a grid out in a panel, all in one scale.

    Examples
    --------
    >>> frame = VolumeFrame((11, 11, 11), (1.0, 1.0, 1.0))
    >>> [(s.axis, s.x, s.y, s.width) for s in sections(frame, PanelPlace(0, 0, 234, 290))]
    [(0, 12, 142, 100), (1, 12, 32, 100), (2, 122, 142, 100)]
    """
    top, bottom, side, gap = (n * scale for n in (_TOP, _BOTTOM, _SIDE, _GAP))
    room = max(place.width - 2 * side - gap, 3), max(place.height - top - bottom - gap, 3)
    x, y, z = frame.extent
    size = min(room[0] / (x + z), room[1] / (y + z))
    width, height, deep = (max(round(n * size), 1) for n in (x, y, z))
    left = place.x + side + (room[0] - width - deep) // 2
    upper = place.y + top + (room[1] - height - deep) // 2
    nz, ny, nx = frame.shape
    return [
        Section(0, 2, 1, nx, ny, left, upper + deep + gap, width, height),
        Section(1, 2, 0, nx, nz, left, upper, width, deep, frame.downwards),
        Section(2, 0, 1, nz, ny, left + width + gap, upper + deep + gap, deep, height),
    ]


def section_voxel(
    frame: VolumeFrame, place: PanelPlace, slices: Triple, x: float, y: float, axis: int | None = None
) -> tuple[int, Triple] | None:
    """Return which section a pixel shows, and its voxel z, y, x; None between the sections.

    With an axis it is the nearest voxel of the section across that axis, wherever the pixel is.
    """
    for section in sections(frame, place):
        if axis is not None and section.axis == axis:
            x = min(max(x, section.x), section.x + section.width - 1)
            y = min(max(y, section.y + 1), section.y + section.height)
        found = section.voxel(x, y) if axis in (None, section.axis) else None
        if found is not None:
            voxel = list(slices)
            voxel[section.right], voxel[section.up] = found
            return section.axis, (voxel[0], voxel[1], voxel[2])
    return None
