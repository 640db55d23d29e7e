"""Which voxel lies under the pointer: what the eye takes for the thing it looks at along a line of sight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.camera_view import Ray
from idlat.explorer.scene.geometry.value_codes import MISSING
from idlat.explorer.scene.geometry.volume_frame import OPACITY_LENGTH, VolumeFrame
from idlat.explorer.scene.scene_settings import SceneSettings
from idlat.explorer.scene.volume_panel import VolumePanel

__all__ = ["pick_voxel"]

Voxel = tuple[int, int, int]
_FAINT = 0.01  # a smaller share of a pixel's colour is nothing that one sees


@dataclass(frozen=True, eq=False)
class _Samples:
    """Places along a ray inside the volume.

    Attributes
    ----------
    places : float array (n, 3)
        Voxel coordinates z, y, x.
    distance : float
        World length between them.
    """

    places: NDArray[np.float64]
    distance: float

    @property
    def voxels(self) -> NDArray[np.intp]:
        """The nearest voxel of each (n, 3)."""
        return np.rint(self.places).astype(np.intp)


def pick_voxel(ray: Ray, panel: VolumePanel, look: SceneSettings, selection: Selection) -> Voxel | None:
    """Return the voxel (z, y, x) that a ray meets in what a panel shows, or None."""
    samples = _along(ray, panel.frame)
    if not len(samples.places):
        return None
    if look.mode == "slices":
        place = _slice_hit(ray, panel, look)
    else:
        place = _solid_hit(samples, panel, look, selection)
    if place is None:
        return None
    z, y, x = np.clip(np.floor(place), 0, np.array(panel.frame.shape) - 1).astype(int).tolist()
    return z, y, x


def _along(ray: Ray, frame: VolumeFrame) -> _Samples:
    """Sample a ray twice a voxel where it is inside the volume."""
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (-ray.origin / ray.direction, (np.array(frame.extent) - ray.origin) / ray.direction)
    enter = max(float(np.nanmax(np.minimum(first, second))), 0.0)
    leave = float(np.nanmin(np.maximum(first, second)))
    distance = min(frame.step) / 2
    at = np.arange(enter, leave, distance)
    places = (ray.origin + at[:, None] * ray.direction) / frame.step
    return _Samples(np.clip(places[:, ::-1], 0, np.array(frame.shape) - 1.0), distance)


def _solid_hit(
    samples: _Samples, panel: VolumePanel, look: SceneSettings, selection: Selection
) -> NDArray[np.float64] | None:
    """Return the place whose colour makes most of the pixel: the surface's, or the volume's before it."""
    shown = selection.of_voxels(samples.voxels)
    weight, left = np.zeros(len(shown)), np.ones(len(shown))
    if look.volume:
        alpha = panel.opacity(look)[panel.encoded[tuple(samples.voxels.T)]] * shown
        passed = (1 - alpha) ** (samples.distance / OPACITY_LENGTH)
        left = np.concatenate([[1.0], np.cumprod(passed)[:-1]])
        weight = left * (1 - passed)
    if look.surface:
        hit = _surface_hit(samples, panel.base, look, selection)
        if hit is not None:
            weight[hit:] = 0.0
            weight[hit] = left[hit]
    return samples.places[int(weight.argmax())] if weight.max() > _FAINT or weight.sum() > 0.05 else None


def _surface_hit(
    samples: _Samples, base: VolumePanel, look: SceneSettings, selection: Selection
) -> int | None:
    """Return the first sample after which the field passes the isovalue in a block that is shown."""
    assert look.isovalue is not None
    values = ndimage.map_coordinates(base.values, samples.places.T, order=1, mode="nearest")
    with np.errstate(invalid="ignore"):
        above = values >= look.isovalue
    known = np.isfinite(values)
    cells = np.clip(np.floor(samples.places), 0, np.array(base.frame.shape) - 2).astype(np.intp)
    crossed = (above[1:] != above[:-1]) & known[1:] & known[:-1] & selection.of_voxels(cells[:-1])
    found = np.flatnonzero(crossed)
    return int(found[0]) if found.size else None


def _slice_hit(ray: Ray, panel: VolumePanel, look: SceneSettings) -> NDArray[np.float64] | None:
    """Return where a ray first meets a slice that is not missing there, in voxels z, y, x."""
    frame = panel.frame
    hits: list[tuple[float, NDArray[np.float64]]] = []
    for axis, index in enumerate(look.slices or tuple(n // 2 for n in frame.shape)):
        speed = ray.direction[2 - axis]
        if speed == 0:
            continue
        at = float((index * frame.step[2 - axis] - ray.origin[2 - axis]) / speed)
        place = ((ray.origin + at * ray.direction) / frame.step)[::-1]
        place[axis] = index
        if at > 0 and (place >= 0).all() and (place <= np.array(frame.shape) - 1).all():
            z, y, x = np.rint(place).astype(int)
            if panel.encoded[z, y, x] != MISSING:
                hits.append((at, place))
    return min(hits, key=lambda hit: hit[0])[1] if hits else None
