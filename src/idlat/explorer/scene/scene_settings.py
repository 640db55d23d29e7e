"""How the panels are drawn: what the user has set, as one value."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from idlat.errors import RenderError
from idlat.explorer.scene.geometry.colour_maps import table
from idlat.explorer.scene.geometry.value_codes import Codes, opacity_table
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame

__all__ = [
    "BESIDE",
    "DIFFERENCE_POINTS",
    "HASTY_SIDE",
    "KINDS",
    "MAP_COLOURS",
    "MAP_POINTS",
    "MODES",
    "MOST_PANELS",
    "MOVING_SIDE",
    "OF_THE_FIELD",
    "OF_THE_STEP",
    "Kind",
    "Mode",
    "PanelLook",
    "Points",
    "SceneSettings",
    "detail",
    "suggest_points",
    "volume_stride",
]

Kind = Literal["original", "reconstruction", "difference", "map", "tried", "beside_1", "beside_2", "beside_3"]
Mode = Literal["volume", "isosurface", "both", "slices", "sections"]
Points = tuple[tuple[float, float], ...]

KINDS: tuple[Kind, ...] = get_args(Kind)
MODES: tuple[Mode, ...] = get_args(Mode)

MOST_PANELS = 4
"""Panels side by side in which one still sees something."""

BESIDE: tuple[Kind, ...] = KINDS[5:]
"""Kinds of other variables or steps, each with a look of its own."""

OF_THE_STEP: tuple[Kind, ...] = KINDS[:5]
"""Kinds of the variable and step in view."""

OF_THE_FIELD: tuple[Kind, ...] = ("original", "reconstruction", "tried", *BESIDE)
"""Kinds whose values are a field's own, with its transfer function."""

MOVING_SIDE = 160
"""Samples along the longest axis that a volume in motion has at most."""

HASTY_SIDE = 96
"""Those of one that is made for a picture in motion, as after a click: a mapper looks at each of them."""

# Opacity of a difference by its share of the largest: no difference is clear, of either sign.
DIFFERENCE_POINTS: Points = ((-1.0, 0.9), (-0.1, 0.06), (-0.03, 0.0), (0.03, 0.0), (0.1, 0.06), (1.0, 0.9))

MAP_COLOURS = "cividis"

# Opacity of importance: none is clear, and even a solid box of the most lets one see through.
MAP_POINTS: Points = ((0.0, 0.0), (0.05, 0.0), (0.5, 0.02), (1.0, 0.12))

_SAMPLE = 1 << 18
_COMMON, _RARE = 0.65, 0.97  # shares of values that are below what begins to be opaque, and what is more so
_TAIL = 0.25  # of the range that an end is from the median where it is shown
_LEAST = 0.01  # of the range, from the median to what begins to be opaque: noise about it stays clear


@dataclass(frozen=True)
class SceneSettings:
    """Settings of all panels.

    Attributes
    ----------
    mode : str
        What is drawn; sections are three slices, each seen from before, with a cross-hair.
    isovalue : float or None
        In the field's unit; None draws no surface.
    slices : tuple of int or None
        Voxel of the slices across z, y, x; None takes the middle.
    points : tuple of (value, opacity) or None
        Transfer function of original and reconstruction, straight between points, level beyond them; None
        takes :func:`suggest_points`.
    window : tuple of float or None
        The lowest and the highest of the field's values that are drawn in volumes, and not pale in slices;
        None for all.
    missing : bool
        Whether a surface encloses missing voxels.
    outlined, tinted : bool
        Whether clusters are told apart by outlines of their blocks, and by the colours of isosurfaces.
    colours, difference_colours : str
        One of :data:`~idlat.explorer.scene.geometry.colour_maps.SEQUENTIAL` or
        :data:`~idlat.explorer.scene.geometry.colour_maps.DIVERGING`.

    Raises
    ------
    RenderError
        No such mode or colour map, an isovalue or points that are not finite, or opacities outside [0, 1].
    """

    mode: Mode = "volume"
    isovalue: float | None = None
    slices: tuple[int, int, int] | None = None
    points: Points | None = None
    window: tuple[float, float] | None = None
    missing: bool = False
    outlined: bool = True
    tinted: bool = True
    colours: str = "viridis"
    difference_colours: str = "coolwarm"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise RenderError(f"mode must be one of {', '.join(MODES)}, got {self.mode!r}")
        if self.isovalue is not None and not np.isfinite(self.isovalue):
            raise RenderError(f"an isovalue must be a finite number, got {self.isovalue}")
        for name in (self.colours, self.difference_colours):
            table(name)
        if self.points is not None:
            opacity_table(self.points, Codes(0.0, 1.0))

    @property
    def volume(self) -> bool:
        """Whether volumes are drawn."""
        return self.mode in ("volume", "both")

    @property
    def surface(self) -> bool:
        """Whether isosurfaces are drawn."""
        return self.mode in ("isosurface", "both") and self.isovalue is not None


@dataclass(frozen=True)
class PanelLook:
    """How a panel of another variable or step is drawn, whatever the settings of all panels say.

    Attributes
    ----------
    title, units : str
        What it shows, and the unit of its values.
    colours, points, isovalue
        As in :class:`SceneSettings`.
    """

    title: str
    units: str
    colours: str
    points: Points | None = None
    isovalue: float | None = None

    def of(self, settings: SceneSettings) -> SceneSettings:
        """Return the settings of all panels with this one's own in them."""
        return replace(
            settings, colours=self.colours, points=self.points, isovalue=self.isovalue, window=None
        )


def suggest_points(values: NDArray[Any], codes: Codes) -> Points:
    """Suggest a transfer function that leaves the most common values clear, so that one sees inside.

    Both ends are opaque where both are far from the median, else the one that is.

    Examples
    --------
    >>> suggest_points(np.linspace(0, 1, 100) ** 4, Codes(0.0, 1.0))
    ((0.0, 0.0), (0.1..., 0.0), (0.8..., 0.12), (1.0, 0.75))
    >>> [opacity for _, opacity in suggest_points(np.linspace(-1, 1, 100), Codes(-1.0, 1.0))]
    [0.75, 0.12, 0.0, 0.0, 0.12, 0.75]
    """
    flat = values.reshape(-1)[:: max(values.size // _SAMPLE, 1)]
    known = flat[np.isfinite(flat)]
    if not known.size or codes.low == codes.high:
        return ((codes.low, 0.1), (codes.high, 0.1))
    shares = (1 - _RARE, 1 - _COMMON, 0.5, _COMMON, _RARE)
    far, near, middle, common, rare = np.quantile(known, shares).clip(codes.low, codes.high).tolist()
    width = codes.high - codes.low
    lows, highs = middle - codes.low >= _TAIL * width, codes.high - middle >= _TAIL * width
    below: Points = ((codes.low, 0.0),)
    if lows:
        near = min(near, middle - _LEAST * width)
        below = ((codes.low, 0.75), (max(codes.low, min(far, near - 5 * _LEAST * width)), 0.12), (near, 0.0))
    above: Points = ((codes.high, 0.0),)
    if highs:
        common = max(common, middle + _LEAST * width)
        above = (
            (common, 0.0),
            (min(codes.high, max(rare, common + 5 * _LEAST * width)), 0.12),
            (codes.high, 0.75),
        )
    return below + above


def volume_stride(frame: VolumeFrame, block: int, side: int) -> int:
    """Return how far apart the voxels are that a volume is made of, for its sides to have so many at most.

    A divisor of the block's side, so that samples and blocks share edges.

    Examples
    --------
    >>> frame = VolumeFrame((256, 256, 256), (1.0, 1.0, 1.0))
    >>> volume_stride(frame, 16, MOVING_SIDE), volume_stride(frame, 16, HASTY_SIDE)
    (2, 4)
    """
    stride = 1
    while max(frame.shape) > side * stride and block % (2 * stride) == 0:
        stride *= 2
    return stride


def detail(look: SceneSettings, frame: VolumeFrame, pixels: int, rays: float | None) -> tuple[float, float]:
    """Return how many voxels apart a ray is sampled, and how many pixels apart rays are cast.

    `rays` is how many a moving picture may cast, None for one at rest.

    Examples
    --------
    >>> frame = VolumeFrame((128, 128, 128), (1.0, 1.0, 1.0))
    >>> detail(SceneSettings(), frame, 600_000, None), detail(SceneSettings(), frame, 600_000, 150_000)
    ((1.25, 1.0), (2.0, 2.0))
    """
    longest = max(frame.shape)
    if rays is None:
        return max(1.25, longest / 160), 1.0
    return max(2.0, longest / 96), max(math.sqrt(pixels / (rays / 2 if look.surface else rays)), 1.0)
