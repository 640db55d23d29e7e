"""A ball as a field, and where a picture of it has ink: what the tests of the explorer's scene share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.scene.geometry.colour_maps import THEMES

SIDE, RADIUS = 33, 10.0
FRONT = {"position": [0.5, -4.0, 0.5], "focal": [0.5, 0.5, 0.5], "up": [0.0, 0.0, 1.0]}


def ball(side: int = SIDE) -> NDArray[np.float32]:
    """Distance below the surface of a ball in the middle: 0 on it, positive inside."""
    grid = np.indices((side,) * 3) - (side - 1) / 2
    return (RADIUS * (side - 1) / (SIDE - 1) - np.linalg.norm(grid, axis=0)).astype(np.float32)


def inked(picture: NDArray[np.uint8], theme: str = "dark") -> NDArray[np.bool_]:
    """Where something is drawn in the middle of one panel, inside the lines of the volume's box."""
    away = np.abs(picture.astype(int) - THEMES[theme].background).max(axis=-1) > 12
    height, width = away.shape
    side = 68 * height // 160
    middle = np.zeros_like(away)
    top, left = (height - side) // 2, (width - side) // 2
    middle[top : top + side, left : left + side] = True
    return away & middle
