"""How a volume is drawn, and how its reconstruction differs: by a surface, or by its volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from idlat.metrics import extract_surface
from idlat.metrics.mesh_distance import distance_to
from idlat.render import Image, Look, Viewpoint, draw_surface, draw_volume

__all__ = ["Picture", "Scale", "SurfacePicture", "VolumePicture"]

_STEPS = 32  # colours of a look
_FARTHEST = 2.0  # voxels, in the last colour


@dataclass(frozen=True)
class Scale:
    """The colours of a difference: matplotlib's name of the map, from 0 to `high`, and what they mean."""

    colours: str
    high: float
    label: str


class Picture(Protocol):
    """A way to draw volumes (z, y, x)."""

    @property
    def scale(self) -> Scale:
        """The colours of the difference."""

    def draw(self, values: NDArray[Any]) -> Image:
        """Draw a volume."""

    def difference(self, original: NDArray[Any], values: NDArray[Any]) -> Image:
        """Draw where a reconstruction differs."""


@dataclass(frozen=True)
class SurfacePicture:
    """An isosurface; for the difference, that of the reconstruction by its distance to the original's.

    Parameters
    ----------
    isovalue
        In units of the field.
    view
        From where.
    """

    isovalue: float
    view: Viewpoint
    scale: Scale = Scale("turbo", _FARTHEST, "distance to the original's surface, voxels")

    def draw(self, values: NDArray[Any]) -> Image:
        """Draw the isosurface."""
        return draw_surface(extract_surface([values], self.isovalue), _extent(values), view=self.view)

    def difference(self, original: NDArray[Any], values: NDArray[Any]) -> Image:
        """Draw the reconstruction's surface in the colours of its distance to the original's."""
        before, after = (extract_surface([v], self.isovalue) for v in (original, values))
        if before is None or after is None:
            return draw_surface(None, _extent(values), view=self.view)
        part = np.minimum(distance_to(before, after.points) / self.scale.high, 1.0)
        colours = np.rint(255 * _colours(self.scale.colours, part)).astype(np.uint8)
        return draw_surface(after, _extent(values), colours, self.view)


@dataclass(frozen=True)
class VolumePicture:
    """A volume rendering; the difference is that of the absolute error.

    Parameters
    ----------
    look
        Colours and opacities of the values.
    scale
        Of the error, in units of the field.
    view
        From where.
    """

    look: Look
    scale: Scale
    view: Viewpoint

    def draw(self, values: NDArray[Any]) -> Image:
        """Draw the volume."""
        return draw_volume(values, self.look, self.view)

    def difference(self, original: NDArray[Any], values: NDArray[Any]) -> Image:
        """Draw the absolute error; small ones are transparent."""
        error = np.abs(values.astype(np.float64) - original)
        opacities = 0.25 * np.linspace(0.0, 1.0, _STEPS)
        return draw_volume(error, look_of(self.scale.colours, 0.0, self.scale.high, opacities), self.view)


def look_of(colours: str, low: float, high: float, opacities: NDArray[np.float64]) -> Look:
    """Return the look of a colour map of matplotlib's between two values."""
    rgb = _colours(colours, np.linspace(0.0, 1.0, len(opacities)))
    return Look(low, high, [(float(r), float(g), float(b)) for r, g, b in rgb], opacities.tolist())


def _colours(name: str, part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours (n, RGB) in [0, 1] of parts of a colour map."""
    from matplotlib import colormaps

    rgb: NDArray[np.float64] = np.asarray(colormaps[name](part))[:, :3]
    return rgb


def _extent(values: NDArray[Any]) -> tuple[float, float, float]:
    z, y, x = values.shape
    return z - 1.0, y - 1.0, x - 1.0
