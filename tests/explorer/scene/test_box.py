"""The box around a volume: whole in coarse pictures too."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from idlat.explorer.scene.geometry.block_outlines import bounding_box
from idlat.explorer.scene.geometry.camera_view import CameraView
from idlat.explorer.scene.geometry.colour_maps import THEMES, ThemeName
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from support.explorer.parted_scene import PartedScene

LINES = bounding_box(VolumeFrame((2, 2, 2), (1.0, 1.0, 1.0)))


@pytest.mark.parametrize(("position", "count"), [((0.5, -4, 0.5), 4), ((-3, -4, 0.5), 7), ((-3, -4, 5), 9)])
def test_the_edges_of_the_sides_that_face_the_eye_are_near(position, count) -> None:
    from idlat.explorer.scene.actors.bounding_box import near_lines

    view = CameraView.of({"position": position, "focal": (0.5, 0.5, 0.5), "up": (0, 0, 1)}, (9, 9))
    near = near_lines(LINES, VolumeFrame((2, 2, 2), (1.0, 1.0, 1.0)), view)
    assert near.sum() == count  # of one, two and three sides of a cube
    far = {tuple(end) for line in LINES[~near] for end in line.tolist()}
    assert (1.0, 1.0, 0.0) in far  # the corner opposite to the eye


def test_no_edge_is_near_from_within_the_box() -> None:
    from idlat.explorer.scene.actors.bounding_box import near_lines

    view = CameraView.of({"position": (0.5, 0.4, 0.5), "focal": (0.5, 0.5, 0.5), "up": (0, 0, 1)}, (9, 9))
    assert not near_lines(LINES, VolumeFrame((2, 2, 2), (1.0, 1.0, 1.0)), view).any()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_coarse_picture_shows_no_gaps_along_the_near_edges(theme: ThemeName) -> None:
    field = np.indices((48, 48, 48), dtype=np.float32).sum(axis=0)
    scene = PartedScene(400, 400, theme)
    scene.set_volume("original", field)
    scene.set_transfer([(0.0, 1.0), (141.0, 1.0)])
    background = np.array(THEMES[theme].background, int)
    full = scene.render().astype(int)
    inside = binary_erosion((np.abs(full - background).max(axis=-1) > 60), iterations=12)
    scene._drawing._budget.rays = 20_000.0  # a slow machine's: rays are cast three pixels apart
    scene.orbit(1, 0)
    coarse = scene.render(moving=True).astype(int)
    scene.close()
    assert inside.sum() > 20_000
    assert not (inside & (np.abs(coarse - background).max(axis=-1) < 12)).any()
    line = inside & (np.abs(coarse - THEMES[theme].muted).max(axis=-1) < 12)
    assert line.sum() > 200  # three edges that meet in the nearest corner
