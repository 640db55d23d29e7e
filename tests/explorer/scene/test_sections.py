"""Three linked sections with a cross-hair, what is missing, and views along the axes."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.explorer.scene.geometry.colour_maps import THEMES, table
from idlat.explorer.scene.geometry.section_layout import section_voxel, sections
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.scene_state import SceneState
from support.explorer.parted_scene import PartedScene
from support.explorer.scene_ball import ball, inked

SHAPE = (12, 20, 30)


def ramp() -> np.ndarray:
    """Values that tell their voxel: x + 30 (y + 20 z)."""
    return np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)


@pytest.fixture
def scene() -> PartedScene:
    scene = PartedScene(400, 300, "light")
    scene.set_volume("original", ramp())
    scene.set_mode("sections")
    scene.set_slices(4, 9, 20)
    return scene


def shown(scene: PartedScene, axis: int) -> tuple[np.ndarray, int, int]:
    """The picture of a section, and how many pixels a voxel of it has across and down."""
    frame = scene.state.frame
    assert frame is not None
    section = sections(frame, scene.state.places(400, 300)[0])[axis]
    part = scene.render()[section.y : section.y + section.height, section.x : section.x + section.width]
    return part, section.width // section.across, section.height // section.down


def test_each_section_shows_its_slice_with_its_axes_up_and_right(scene: PartedScene) -> None:
    frame = scene.state.frame
    assert frame is not None
    colours = table("viridis").astype(int)
    for axis, voxel in ((0, (4, 3, 7)), (1, (9, 9, 7)), (2, (9, 3, 20))):
        section = sections(frame, scene.state.places(400, 300)[0])[axis]
        x, y = section.pixel(voxel[section.right], voxel[section.up])
        pixel = scene.render()[section.y + y, section.x + x].astype(int)
        code = 1 + round(254 * float(ramp()[voxel]) / (ramp().size - 1))
        assert np.abs(colours[code - 1 : code + 2] - pixel).sum(axis=1).min() <= 3
        assert scene.probe(section.x + x, section.y + y) == voxel
        assert scene.pick(section.x + x, section.y + y) == tuple(i // 16 for i in voxel)


def test_the_cross_hair_lies_where_the_other_sections_are(scene: PartedScene) -> None:
    frame = scene.state.frame
    assert frame is not None
    before = scene.render().astype(int)
    scene.set_slices(4, 9, 5)
    changed = np.abs(scene.render().astype(int) - before).max(axis=-1) > 20
    section = sections(frame, scene.state.places(400, 300)[0])[0]
    column = slice(section.y, section.y + section.height)
    for i in (5, 20):  # where the line across x came to, and where it was
        assert changed[column, section.x + section.pixel(i, 0)[0]].mean() > 0.8
    assert not changed[column, section.x + section.pixel(12, 0)[0]].any()


def test_a_drag_stays_in_the_section_that_was_pressed() -> None:
    frame = VolumeFrame(SHAPE, (1.0, 1.0, 1.0))
    scene = PartedScene(400, 300)
    scene.set_volume("original", ramp())
    place = scene.state.places(400, 300)[0]
    section = sections(frame, place)[0]
    outside = (section.x + 3 * section.width, section.y - 200)
    assert section_voxel(frame, place, (4, 9, 20), *outside) is None
    assert section_voxel(frame, place, (4, 9, 20), *outside, axis=0) == (0, (4, 19, 29))
    assert scene.probe(1, 1) is None


def test_what_is_missing_is_hatched_and_what_is_not_chosen_is_pale(scene: PartedScene) -> None:
    values = ramp()
    values[:, :, :10] = np.nan
    scene.set_volume("original", values)
    part, across, _ = shown(scene, 0)
    lower = part[len(part) // 2 :]  # below the names of the axes
    missing, known = (lower[:, a * across : b * across].reshape(-1, 3) for a, b in ((0, 8), (12, 18)))
    assert 2 <= len(np.unique(missing, axis=0)) <= 10  # stripes, and the cross-hair
    assert np.ptp(missing.astype(int), axis=1).mean() < 30  # grey
    assert np.ptp(known.astype(int), axis=1).mean() > 60
    scene.set_selection(np.zeros((1, 2, 2), bool))
    pale, across, _ = shown(scene, 0)
    brighter = pale[:, 12 * across : 18 * across].mean() - part[:, 12 * across : 18 * across].mean()
    assert brighter > 40


def test_a_window_of_values_is_drawn_alone() -> None:
    scene = PartedScene(160, 160)
    scene.set_volume("original", ball(), value_range=(-10.0, 10.0))
    scene.set_transfer([(-10.0, 0.3), (10.0, 0.3)])
    everything = inked(scene.render()).sum()
    scene.set_settings(window=(4.0, 10.0))
    some = inked(scene.render()).sum()
    assert 50 < some < everything / 2
    scene.set_settings(window=(20.0, 30.0))
    assert inked(scene.render()).sum() <= some


def test_missing_voxels_are_enclosed_on_demand() -> None:
    values = ball()
    values[:, :, 20:] = np.nan
    scene = PartedScene(160, 160, "light")
    scene.set_volume("original", values)
    scene.set_mode("isosurface")
    scene.set_isovalue(1e6)
    before = scene.render().astype(int)
    scene.set_settings(missing=True)
    drawn = np.abs(scene.render().astype(int) - before).max(axis=-1) > 12
    columns = np.flatnonzero(drawn.any(axis=0))
    assert drawn.sum() > 800
    assert columns.mean() > 80  # on the right, where x is large


@pytest.mark.parametrize(("axis", "right", "up"), [("z", 0, 1), ("y", 0, 2), ("x", 1, 2)])
def test_a_view_along_an_axis_has_the_others_right_and_up(axis: str, right: int, up: int) -> None:
    scene = PartedScene(200, 160)
    scene.set_volume("original", ball())
    scene.look_along(axis)
    for behind in (False, True):
        scene.look_along(axis, behind)
        camera = scene.camera()
        assert camera is not None
        sight = np.subtract(camera["focal"], camera["position"])
        along = {"x": 0, "y": 1, "z": 2}[axis]
        assert np.abs(np.delete(sight, along)).max() < 1e-9
        sideways = np.cross(sight, camera["up"])
        assert np.argmax(np.abs(sideways)) == right
        assert (sideways[right] > 0) == ((axis == "x") == behind if axis == "x" else not behind)
        assert np.argmax(camera["up"]) == up
        assert inked(scene.render()).any()


def test_all_of_a_flat_volume_fills_wide_panels_and_an_eye_that_was_moved_stays() -> None:
    flat = np.zeros((8, 60, 120), np.float32)
    scene = PartedScene(500, 500, "light")
    scene.set_volume("original", flat)
    scene.set_volume("reconstruction", flat)
    first, second = scene.state.places(500, 500)
    assert (first.width, second.y) == (500, 250)
    assert [place.y for place in SceneState().places(500, 500, 2)] == [0, 0]  # of a cube
    drawn = (scene.render()[:250] != THEMES["light"].background).any(axis=-1)
    assert drawn[30:200].any(axis=0).mean() > 0.75
    whole = scene.camera()
    scene.resize(300, 500)
    assert scene.camera() != whole  # all of it is in narrower panels too
    scene.zoom(0.5)
    moved = scene.camera()
    scene.resize(500, 500)
    assert scene.camera() == moved


def test_the_exaggeration_that_is_set_is_drawn() -> None:
    frame = VolumeFrame((3, 11, 11), (1.0, 10.0, 10.0), 4.0)
    assert frame.extent == pytest.approx((1.0, 1.0, 0.08))
    with pytest.raises(Exception, match="above 0"):
        VolumeFrame((3, 11, 11), (1.0, 10.0, 10.0), 0.0)
