"""What lies under the pointer."""

from __future__ import annotations

import numpy as np
import pytest

from support.explorer.parted_scene import PartedScene

SIDE, BLOCK = 32, 8
FRONT = {"position": [0.5, -4.0, 0.5], "focal": [0.5, 0.5, 0.5], "up": [0.0, 0.0, 1.0]}
# From 4.5 lengths, 22° are 1.75 lengths: the middle of the volume has 91 of 160 pixels.
PIXELS = 160 / (2 * 4.5 * np.tan(np.radians(11)))


def at(x: float, z: float) -> tuple[float, float]:
    """The pixel of a place in the middle of the volume, x and z from 0 to 1."""
    return 80 + (x - 0.5) * PIXELS, 80 - (z - 0.5) * PIXELS


@pytest.fixture
def scene() -> PartedScene:
    """Two solid cubes in the second layer from the front, upper left and lower right."""
    values = np.zeros((SIDE,) * 3, np.float32)
    values[18:22, 10:14, 10:14] = 1.0
    values[10:14, 10:14, 18:22] = 1.0
    result = PartedScene(160, 160)
    result.set_volume("original", values, value_range=(0.0, 1.0))
    result.set_transfer([(0.2, 0.0), (1.0, 0.9)])
    result.set_isovalue(0.5)
    result.set_camera(FRONT)
    return result


@pytest.mark.parametrize("mode", ["volume", "isosurface", "both"])
def test_block_under_the_pointer(scene: PartedScene, mode: str) -> None:
    scene.set_mode(mode)
    scene.set_selection(None, BLOCK)
    assert scene.pick(*at(12 / 31, 20 / 31)) == (2, 1, 1)
    assert scene.pick(*at(20 / 31, 12 / 31)) == (1, 1, 2)
    assert scene.pick(*at(0.5, 0.9)) is None
    assert scene.pick(1, 1) is None
    assert scene.pick(-5, 900) is None


@pytest.mark.parametrize("mode", ["volume", "isosurface", "both"])
def test_what_is_not_selected_is_not_picked(scene: PartedScene, mode: str) -> None:
    scene.set_mode(mode)
    blocks = np.ones((4, 4, 4), bool)
    blocks[2, 1, 1] = False
    scene.set_selection(blocks, BLOCK)
    assert scene.pick(*at(12 / 31, 20 / 31)) is None
    assert scene.pick(*at(20 / 31, 12 / 31)) == (1, 1, 2)


def test_nearer_surface_is_picked(scene: PartedScene) -> None:
    values = np.zeros((SIDE,) * 3, np.float32)
    values[10:22, 2:6, 10:22] = 1.0
    values[10:22, 20:30, 10:22] = 1.0
    scene.set_volume("original", values, value_range=(0.0, 1.0))
    scene.set_mode("isosurface")
    scene.set_selection(None, BLOCK)
    assert scene.pick(80, 80)[1] == 0
    scene.orbit(160 * 180 / 200, 0)  # half a turn
    assert scene.pick(80, 80)[1] == 3


def test_slice_is_picked_in_the_second_panel(scene: PartedScene) -> None:
    scene.resize(320, 160)
    values = np.full((SIDE,) * 3, np.nan, np.float32)
    values[:, :, :16] = 1.0
    scene.set_volume("reconstruction", values, value_range=(0.0, 1.0))
    scene.set_mode("slices")
    scene.set_slices(16, 20, 16)
    scene.set_selection(None, BLOCK)
    left, upper = at(0.25, 0.8)
    right, _ = at(0.75, 0.8)
    assert scene.pick(left + 160, upper) == (3, 2, 0)
    assert scene.pick(right, upper) == (3, 2, 2)
    assert scene.pick(right + 160, upper) is None  # missing there
