"""The camera, the sizes of pictures, and what a scene refuses."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from idlat.errors import RenderError
from idlat.explorer.scene.geometry.colour_maps import THEMES
from support.explorer.parted_scene import PartedScene
from support.explorer.scene_ball import FRONT, ball, inked


def test_all_panels_have_one_camera() -> None:
    scene = PartedScene(360, 120)
    scene.set_volume("original", ball(), value_range=(-10, 10))
    scene.set_volume("reconstruction", ball(), value_range=(-10, 10))
    scene.set_mode("isosurface")
    scene.set_isovalue(0.0)
    scene.orbit(40, 15)
    scene.pan(6, 3)
    picture = scene.render().astype(int)
    left, right = picture[40:90, 60:130], picture[40:90, 240:310]
    assert np.abs(left - right).mean() < 1.0
    assert left.std() > 20


def test_resize_changes_the_picture_and_not_the_view(scene: PartedScene) -> None:
    scene.set_mode("isosurface")
    scene.set_isovalue(0.0)
    small, camera = inked(scene.render()), scene.camera()
    scene.resize(320, 200)
    picture = scene.render()
    assert picture.shape == (200, 320, 3)
    assert scene.camera() == camera
    assert inked(picture).sum() == pytest.approx(small.sum() * (200 / 160) ** 2, rel=0.04)


def test_moving_picture_is_like_the_one_at_rest(scene: PartedScene) -> None:
    scene.set_transfer([(-2.0, 0.0), (5.0, 0.4)])
    moving, rest = scene.render(moving=True).astype(int), scene.render().astype(int)
    assert (rest != moving).any()
    assert moving.shape == rest.shape
    assert np.abs(rest - moving).mean() < 3
    assert (scene.render() == rest).all()


@pytest.mark.parametrize("chosen", [False, True])
def test_large_moving_volume_is_drawn_from_every_second_voxel(chosen: bool) -> None:
    field = ball(176)
    field[::2, ::2, ::2] = -10.0  # what a moving picture sees is all clear
    scene = PartedScene(160, 160)
    scene.set_volume("original", field, value_range=(-10.0, 10.0))
    scene.set_camera(FRONT)
    scene.set_transfer([(-10.0, 0.0), (0.0, 0.5)])
    if chosen:
        scene.set_selection(np.indices((11, 11, 11)).sum(axis=0) % 2 == 0, 16)
    assert inked(scene.render()).mean() > 0.1
    scene.orbit(1, 0)
    moving = inked(scene.render(moving=True)).mean()
    assert moving < 0.03  # the box around
    assert inked(scene.render()).mean() > 0.1


def test_a_selection_in_motion_is_drawn_from_fewer_voxels_until_all_are_ready() -> None:
    field = ball(112)
    field[::2, ::2, ::2] = -10.0  # what fewer voxels see is all clear
    scene = PartedScene(160, 160)
    scene.set_volume("original", field, value_range=(-10.0, 10.0))
    scene.set_camera(FRONT)
    scene.set_transfer([(-10.0, 0.0), (0.0, 0.5)])
    scene.set_selection(np.indices((7, 7, 7)).sum(axis=0) % 2 == 0, 16)
    assert inked(scene.render(moving=True)).mean() < 0.03  # the box around
    assert inked(scene.render()).mean() > 0.1
    scene.orbit(1, 0)
    assert inked(scene.render(moving=True)).mean() > 0.1  # they stand: motion need not wait for them


def test_interrupted_picture_is_none_and_the_next_one_whole(scene: PartedScene) -> None:
    before = scene.render()

    def interrupted() -> bool:
        scene.orbit(1, 0)
        return scene.picture(False, lambda: True) is None

    assert any(interrupted() for _ in range(2000))  # VTK asks now and then
    scene.set_camera(FRONT)
    after = scene.picture(False, lambda: False)
    assert after is not None
    assert (after == before).all()
    assert len(scene.png()) > 100


@pytest.mark.parametrize("moving", [False, True])
def test_isosurface_has_the_colours_of_its_clusters(scene: PartedScene, moving: bool) -> None:
    scene.set_mode("isosurface")
    scene.set_isovalue(0.0)
    labels = np.zeros((3, 3, 3), np.intp)
    labels[..., 1:] = 1  # from the middle on to the right
    scene.set_outlines(labels, ("#d02020", "#2040d0"))
    picture = scene.render(moving).astype(int)
    left, right = picture[70:90, 62:72].reshape(-1, 3), picture[70:90, 88:98].reshape(-1, 3)
    assert (left[:, 0] > left[:, 2] + 20).all()
    assert (right[:, 2] > right[:, 0] + 20).all()
    scene.set(outlines=None)
    plain = scene.render(moving).astype(int)[70:90, 62:98].reshape(-1, 3)
    assert (plain[:, 2] > plain[:, 0] + 20).all()  # that of its value, on both sides


def test_camera_comes_back(scene: PartedScene) -> None:
    before, state = scene.render(), scene.camera()
    scene.orbit(30, -20)
    scene.zoom(1.5)
    scene.pan(5, 5)
    assert np.abs(scene.render().astype(int) - before).max() > 40
    scene.set_camera(state)
    assert (scene.render() == before).all()
    scene.reset_camera()
    assert scene.camera() != state


def test_volume_follows_the_pointer(scene: PartedScene) -> None:
    scene.set_mode("isosurface")
    scene.set_isovalue(0.0)
    before = np.argwhere(inked(scene.render())).mean(axis=0)
    scene.pan(4, 3)
    after = np.argwhere(inked(scene.render())).mean(axis=0)
    assert (after - before).tolist() == pytest.approx([3, 4], abs=0.2)


def test_png_is_larger_by_its_scale_and_leaves_the_size(scene: PartedScene) -> None:
    scene.set_volume("reconstruction", ball(), value_range=(-10, 10))
    before = scene.render()
    whole = Image.open(io.BytesIO(scene.png(2)))
    one = Image.open(io.BytesIO(scene.png(kind="reconstruction")))
    assert whole.size == (320, 320)
    assert one.size == (80, 160)
    assert (scene.render() == before).all()
    with pytest.raises(RenderError, match="no panel 'difference'; there are original, reconstruction"):
        scene.png(kind="difference")
    with pytest.raises(RenderError, match="8192"):
        scene.png(100)


def test_bad_input_is_refused_with_one_line(scene: PartedScene) -> None:
    for message, call in {
        "got 2 axes": lambda: scene.set_volume("original", np.zeros((3, 3), np.float32)),
        "2 voxels or more": lambda: scene.set_volume("original", np.zeros((1, 3, 3), np.float32)),
        "spacing": lambda: scene.set_volume("original", ball(), (1.0, 0.0, 1.0)),
        "value_range": lambda: scene.set_volume("original", ball(), value_range=(1.0, np.nan)),
        "kind must be": lambda: scene.set_volume("both", ball()),
        "mode must be": lambda: scene.set_mode("fog"),
        "isovalue": lambda: scene.set_isovalue(float("nan")),
        "colours must be": lambda: scene.set_transfer(None, "jet"),
        "opacity must be": lambda: scene.set_transfer([(0.0, 1.5)]),
        "list of finite": lambda: scene.set_transfer([]),
        "pixels a side": lambda: scene.resize(0, 10),
        "zoom": lambda: scene.zoom(-1),
        "camera must have": lambda: scene.set_camera({"position": [0, 0, 0]}),
        "numbers must be from": lambda: scene.set_camera({**FRONT, "position": [1e300, 0.0, 0.0]}),
        "up from the view": lambda: scene.set_camera({**FRONT, "up": [0.0, 1.0, 0.0]}),
        "theme must be": lambda: PartedScene(10, 10, "sepia"),
    }.items():
        with pytest.raises(RenderError, match=message):
            call()


@pytest.mark.parametrize("size", [(400, 240), (240, 400)])
def test_whole_volume_fits_a_panel_at_first(size: tuple[int, int]) -> None:
    for shape in ((4, 40, 40), (30, 30, 30)):
        scene = PartedScene(*size, "light")
        scene.set_volume("original", np.zeros(shape, np.float32))
        scene.set_mode("isosurface")
        picture = scene.render()
        edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert (edge == THEMES["light"].background).all()
    scene.zoom(1.3)  # nearer, and the lines around a cube are cut by the edge
    picture = scene.render()
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert (edge != THEMES["light"].background).any()
