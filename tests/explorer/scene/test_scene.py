"""Pictures, judged by their pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from idlat.errors import RenderError
from idlat.explorer.scene.colours import THEMES
from idlat.explorer.scene.scene import Scene

SIDE, RADIUS = 33, 10.0
FRONT = {"position": [0.5, -4.0, 0.5], "focal": [0.5, 0.5, 0.5], "up": [0.0, 0.0, 1.0]}


def ball(side: int = SIDE) -> NDArray[np.float32]:
    """Distance below the surface of a ball in the middle: 0 on it, positive inside."""
    grid = np.indices((side,) * 3) - (side - 1) / 2
    return (RADIUS * (side - 1) / (SIDE - 1) - np.linalg.norm(grid, axis=0)).astype(np.float32)


@pytest.fixture
def scene() -> Scene:
    result = Scene(160, 160)
    result.set_volume("original", ball(), value_range=(-10.0, 10.0))
    result.set_camera(FRONT)
    return result


def inked(picture: NDArray[np.uint8], theme: str = "dark") -> NDArray[np.bool_]:
    """Where something is drawn in the middle of one panel, inside the lines of the volume's box."""
    away = np.abs(picture.astype(int) - THEMES[theme].background).max(axis=-1) > 12
    height, width = away.shape
    side = 68 * height // 160
    middle = np.zeros_like(away)
    top, left = (height - side) // 2, (width - side) // 2
    middle[top : top + side, left : left + side] = True
    return away & middle


def test_surface_of_a_ball_covers_the_area_of_its_disc(scene: Scene) -> None:
    scene.set_mode("isosurface")
    scene.set_isovalue(0.0)
    drawn = inked(scene.render())
    # Seen from 4.5 lengths, half of 22° fills 80 pixels: the silhouette of radius r is at r / sqrt(d² − r²).
    r = RADIUS / (SIDE - 1)
    pixels = 80 * r / np.sqrt(4.5**2 - r**2) / np.tan(np.radians(11))
    assert drawn.sum() == pytest.approx(np.pi * pixels**2, rel=0.03)


def test_deselected_block_vanishes_from_surface_and_volume(scene: Scene) -> None:
    scene.set_isovalue(0.0)
    blocks = np.ones((3, 3, 3), bool)
    blocks[:, :, 1:] = False  # keep x < 16: what is left of the middle
    for mode in ("isosurface", "volume"):
        scene.set_mode(mode)
        scene.set_transfer([(-1.0, 0.0), (1.0, 0.6)])
        scene.set_selection(None)
        whole = inked(scene.render())
        scene.set_selection(blocks)
        half = inked(scene.render())
        assert whole[:, 84:].sum() > 500
        assert half[:, 84:].sum() == 0
        assert half[:, :78].sum() == pytest.approx(whole[:, :78].sum(), rel=0.06)


def test_nothing_selected_draws_nothing(scene: Scene) -> None:
    scene.set_mode("both")
    scene.set_isovalue(0.0)
    scene.set_selection(np.zeros((3, 3, 3), bool))
    assert not inked(scene.render()).any()
    scene.set_selection(None)
    assert inked(scene.render()).any()


def test_selection_that_does_not_fit_the_volume_is_refused(scene: Scene) -> None:
    with pytest.raises(RenderError, match=r"boolean array \(3, 3, 3\), got bool \(2, 2, 2\)"):
        scene.set_selection(np.ones((2, 2, 2), bool))
    with pytest.raises(RenderError, match="got int64"):
        scene.set_selection(np.ones((3, 3, 3), int))
    with pytest.raises(RenderError, match="1 voxel"):
        scene.set_selection(None, block=0)
    with pytest.raises(RenderError, match="set one first"):
        Scene(10, 10).set_selection(None)


def test_all_panels_have_one_camera() -> None:
    scene = Scene(360, 120)
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


def test_missing_values_are_transparent(scene: Scene) -> None:
    values = ball()
    values[:, :, 16:] = np.nan
    scene.set_volume("original", values, value_range=(-10, 10))
    scene.set_isovalue(0.0)
    scene.set_transfer([(-10.0, 0.5), (10.0, 0.5)])
    for mode in ("isosurface", "volume", "slices"):
        scene.set_mode(mode)
        drawn = inked(scene.render())
        assert drawn[:, 86:].sum() == 0, mode
        assert drawn[:, :76].sum() > 300, mode


def test_difference_is_blue_below_red_above_and_clear_at_zero() -> None:
    values = np.zeros((SIDE,) * 3, np.float32)
    values[:, 4:-4, 4:12], values[:, 4:-4, 21:29] = -1.0, 1.0
    scene = Scene(160, 160)
    scene.set_volume("difference", values, value_range=(-1.0, 0.5))
    scene.set_camera(FRONT)
    picture = scene.render().astype(int)
    below, zero, above = (picture[60:100, x].mean(axis=0) for x in (54, 80, 106))
    assert below[2] > below[0] + 50
    assert above[0] > above[2] + 50
    assert np.abs(zero - THEMES["dark"].background).max() < 2
    # The same distance from 0 is as strong: the background is what both lie over.
    assert above[0] - zero[0] == pytest.approx(below[2] - zero[2], abs=25)


def test_surface_of_a_difference_lies_on_the_original_in_its_colours() -> None:
    scene = Scene(320, 160)
    scene.set_volume("original", ball(), value_range=(-10, 10))
    values = np.where(np.indices((SIDE,) * 3)[2] < 16, -1, 1).astype(np.float32)
    scene.set_volume("difference", values, value_range=(-1, 1))
    scene.set_mode("isosurface")
    scene.set_isovalue(0.0)
    scene.set_camera(FRONT)
    panel = scene.render().astype(int)[:, 160:]
    left, right = panel[80, 62], panel[80, 98]
    assert left[2] > left[0] + 30
    assert right[0] > right[2] + 30


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_background_is_the_themes(theme: str) -> None:
    scene = Scene(100, 80, theme)
    assert (scene.render() == THEMES[theme].background).all()
    scene.set_volume("original", np.zeros((4, 4, 4), np.float32))
    scene.set_mode("isosurface")
    scene.set_isovalue(0.5)
    picture = scene.render()
    assert (picture == THEMES[theme].background).all(axis=-1).mean() > 0.5


def test_resize_changes_the_picture_and_not_the_view(scene: Scene) -> None:
    scene.set_mode("isosurface")
    scene.set_isovalue(0.0)
    small, camera = inked(scene.render()), scene.camera()
    scene.resize(320, 200)
    picture = scene.render()
    assert picture.shape == (200, 320, 3)
    assert scene.camera() == camera
    assert inked(picture).sum() == pytest.approx(small.sum() * (200 / 160) ** 2, rel=0.04)


def test_moving_picture_is_like_the_one_at_rest(scene: Scene) -> None:
    scene.set_transfer([(-2.0, 0.0), (5.0, 0.4)])
    rest, moving = scene.render().astype(int), scene.render(moving=True).astype(int)
    assert moving.shape == rest.shape
    assert np.abs(rest - moving).mean() < 3
    assert (scene.render() == rest).all()


def test_transfer_function_changes_the_picture(scene: Scene) -> None:
    scene.set_transfer([(-10.0, 0.0), (10.0, 0.0)])
    assert not inked(scene.render()).any()
    scene.set_transfer([(0.0, 0.0), (3.0, 0.5)], "viridis")
    green = scene.render()
    scene.set_transfer([(0.0, 0.0), (3.0, 0.5)], "magma")
    assert inked(green).sum() > 1000
    assert np.abs(green.astype(int) - scene.render()).max() > 60
    assert scene.transfer_points() == ((0.0, 0.0), (3.0, 0.5))


def test_camera_comes_back(scene: Scene) -> None:
    before, state = scene.render(), scene.camera()
    scene.orbit(30, -20)
    scene.zoom(1.5)
    scene.pan(5, 5)
    assert np.abs(scene.render().astype(int) - before).max() > 40
    scene.set_camera(state)
    assert (scene.render() == before).all()
    scene.reset_camera()
    assert scene.camera() != state


def test_volume_follows_the_pointer(scene: Scene) -> None:
    scene.set_mode("isosurface")
    scene.set_isovalue(0.0)
    before = np.argwhere(inked(scene.render())).mean(axis=0)
    scene.pan(4, 3)
    after = np.argwhere(inked(scene.render())).mean(axis=0)
    assert (after - before).tolist() == pytest.approx([3, 4], abs=0.2)


def test_outlines_have_the_colours_of_clusters(scene: Scene) -> None:
    scene.set_mode("isosurface")
    labels = np.zeros((3, 3, 3), int)
    labels[:, :, 1:] = 1
    plain = scene.render()
    scene.set_outlines(True, labels, ["#ff0000", "#00ff00"])
    picture = scene.render().astype(int)
    red = (picture[..., 0] > 180) & (picture[..., 1] < 90)
    green = (picture[..., 1] > 180) & (picture[..., 0] < 90)
    assert red.sum() > 60
    assert green.sum() > 60
    assert np.argwhere(red)[:, 1].mean() < np.argwhere(green)[:, 1].mean()
    scene.set_outlines(False)
    assert (scene.render() == plain).all()


def test_slice_moves_through_the_volume(scene: Scene) -> None:
    scene.set_mode("slices")
    scene.set_slices(16, 4, 16)
    far = scene.render()
    scene.set_slices(16, 28, 16)
    assert np.abs(far.astype(int) - scene.render()).max() > 20
    with pytest.raises(RenderError, match="inside the volume"):
        scene.set_slices(16, 33, 16)


def test_png_is_larger_by_its_scale_and_leaves_the_size(scene: Scene) -> None:
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


def test_volume_on_another_grid_replaces_all(scene: Scene) -> None:
    scene.set_selection(np.zeros((3, 3, 3), bool))
    scene.set_volume("reconstruction", ball(20), value_range=(-10, 10))
    with pytest.raises(RenderError, match="there are reconstruction"):
        scene.png(kind="original")
    scene.set_transfer([(-10.0, 0.0), (0.0, 0.5)])
    assert inked(scene.render()).any()
    scene.set_volume("reconstruction", None)
    assert not inked(scene.render()).any()


def test_constant_missing_and_flat_volumes_are_drawn() -> None:
    for values in (np.full((4, 5, 6), np.nan), np.zeros((2, 30, 40)), np.full((5, 4, 3), 1e30)):
        scene = Scene(120, 90)
        scene.set_volume("original", values.astype(np.float32), (1e-3, 1.0, 1.0))
        for mode in ("volume", "isosurface", "both", "slices"):
            scene.set_mode(mode)
            scene.set_isovalue(0.0)
            assert scene.render().shape == (90, 120, 3)
            assert scene.pick(-1, -1) is None


def test_bad_input_is_refused_with_one_line(scene: Scene) -> None:
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
        "up from the view": lambda: scene.set_camera({**FRONT, "up": [0.0, 1.0, 0.0]}),
        "theme must be": lambda: Scene(10, 10, "sepia"),
    }.items():
        with pytest.raises(RenderError, match=message):
            call()


@pytest.mark.parametrize("size", [(400, 240), (240, 400)])
def test_whole_volume_fits_a_panel_at_first(size: tuple[int, int]) -> None:
    for shape in ((4, 40, 40), (30, 30, 30)):
        scene = Scene(*size, "light")
        scene.set_volume("original", np.zeros(shape, np.float32))
        scene.set_mode("isosurface")
        picture = scene.render()
        edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert (edge == THEMES["light"].background).all()
    scene.zoom(1.3)  # nearer, and the lines around a cube are cut by the edge
    picture = scene.render()
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert (edge != THEMES["light"].background).any()


def test_reconstruction_has_the_colours_of_the_original() -> None:
    pictures = []
    for span in (None, (-10.0, 5.0)):
        scene = Scene(160, 80)
        scene.set_volume("original", ball(), value_range=(-10.0, 5.0))
        scene.set_volume("reconstruction", ball() / 2, value_range=span)
        pictures.append(scene.render())
    assert (pictures[0] == pictures[1]).all()
