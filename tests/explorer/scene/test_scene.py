"""Pictures, judged by their pixels."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.errors import RenderError
from idlat.explorer.scene.geometry.colour_maps import THEMES
from support.explorer.parted_scene import PartedScene
from support.explorer.scene_ball import FRONT, RADIUS, SIDE, ball, inked


def test_surface_of_a_ball_covers_the_area_of_its_disc(scene: PartedScene) -> None:
    scene.set_mode("isosurface")
    scene.set_isovalue(0.0)
    drawn = inked(scene.render())
    # Seen from 4.5 lengths, half of 22° fills 80 pixels: the silhouette of radius r is at r / sqrt(d² − r²).
    r = RADIUS / (SIDE - 1)
    pixels = 80 * r / np.sqrt(4.5**2 - r**2) / np.tan(np.radians(11))
    assert drawn.sum() == pytest.approx(np.pi * pixels**2, rel=0.03)


def test_deselected_block_vanishes_from_surface_and_volume(scene: PartedScene) -> None:
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


def test_nothing_selected_draws_nothing(scene: PartedScene) -> None:
    scene.set_mode("both")
    scene.set_isovalue(0.0)
    scene.set_selection(np.zeros((3, 3, 3), bool))
    assert not inked(scene.render()).any()
    scene.set_selection(None)
    assert inked(scene.render()).any()


def test_selection_that_does_not_fit_the_volume_is_refused(scene: PartedScene) -> None:
    with pytest.raises(RenderError, match=r"boolean array \(3, 3, 3\), got bool \(2, 2, 2\)"):
        scene.set_selection(np.ones((2, 2, 2), bool))
    with pytest.raises(RenderError, match="got int64"):
        scene.set_selection(np.ones((3, 3, 3), int))
    with pytest.raises(RenderError, match="1 voxel"):
        scene.set_selection(None, block=0)
    with pytest.raises(RenderError, match="need a grid"):
        PartedScene(10, 10).set_selection(None)


def test_missing_values_are_transparent(scene: PartedScene) -> None:
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
    scene = PartedScene(160, 160)
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
    scene = PartedScene(320, 160)
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
    scene = PartedScene(100, 80, theme)
    assert (scene.render() == THEMES[theme].background).all()
    scene.set_volume("original", np.zeros((4, 4, 4), np.float32))
    scene.set_mode("isosurface")
    scene.set_isovalue(0.5)
    picture = scene.render()
    assert (picture == THEMES[theme].background).all(axis=-1).mean() > 0.5


def test_transfer_function_changes_the_picture(scene: PartedScene) -> None:
    scene.set_transfer([(-10.0, 0.0), (10.0, 0.0)])
    assert not inked(scene.render()).any()
    scene.set_transfer([(0.0, 0.0), (3.0, 0.5)], "viridis")
    green = scene.render()
    scene.set_transfer([(0.0, 0.0), (3.0, 0.5)], "magma")
    assert inked(green).sum() > 1000
    assert np.abs(green.astype(int) - scene.render()).max() > 60
    assert scene.transfer_points() == ((0.0, 0.0), (3.0, 0.5))


def test_outlines_have_the_colours_of_clusters(scene: PartedScene) -> None:
    scene.set_mode("isosurface")
    labels = np.zeros((3, 3, 3), int)
    labels[:, :, 1:] = 1
    plain = scene.render()
    scene.set_outlines(labels, ["#ff0000", "#00ff00"])
    picture = scene.render().astype(int)
    red = (picture[..., 0] > 180) & (picture[..., 1] < 90)
    green = (picture[..., 1] > 180) & (picture[..., 0] < 90)
    assert red.sum() > 60
    assert green.sum() > 60
    assert np.argwhere(red)[:, 1].mean() < np.argwhere(green)[:, 1].mean()
    scene.set(outlines=None)
    assert (scene.render() == plain).all()


def test_outlines_and_the_colours_of_isosurfaces_are_switched_apart(scene: PartedScene) -> None:
    def count(colour: int, *others: int) -> int:
        picture = scene.render().astype(int)
        return int(
            np.all([picture[..., colour] > picture[..., other] + 90 for other in others], axis=0).sum()
        )

    scene.set_mode("isosurface")
    scene.set_isovalue(0.0)
    scene.set_outlines(np.zeros((3, 3, 3), int), ["#ff0000"])
    counts = {}
    for outlined in (False, True):
        for tinted in (False, True):
            scene.set_settings(outlined=outlined, tinted=tinted)
            counts[outlined, tinted] = count(0, 1, 2)
    assert counts[False, False] == 0
    assert 60 < counts[True, False] < counts[False, True]
    assert counts[False, True] < counts[True, True]


def test_slice_moves_through_the_volume(scene: PartedScene) -> None:
    scene.set_mode("slices")
    scene.set_slices(16, 4, 16)
    far = scene.render()
    scene.set_slices(16, 28, 16)
    assert np.abs(far.astype(int) - scene.render()).max() > 20
    with pytest.raises(RenderError, match="inside the volume"):
        scene.set_slices(16, 33, 16)


def test_volume_on_another_grid_replaces_all(scene: PartedScene) -> None:
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
        scene = PartedScene(120, 90)
        scene.set_volume("original", values.astype(np.float32), (1e-3, 1.0, 1.0))
        for mode in ("volume", "isosurface", "both", "slices"):
            scene.set_mode(mode)
            scene.set_isovalue(0.0)
            assert scene.render().shape == (90, 120, 3)
            assert scene.pick(-1, -1) is None


def test_reconstruction_has_the_colours_of_the_original() -> None:
    pictures = []
    for span in (None, (-10.0, 5.0)):
        scene = PartedScene(160, 80)
        scene.set_volume("original", ball(), value_range=(-10.0, 5.0))
        scene.set_volume("reconstruction", ball() / 2, value_range=span)
        pictures.append(scene.render())
    assert (pictures[0] == pictures[1]).all()
