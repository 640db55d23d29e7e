"""Shapes over the picture, and the panels of a map, judged by their pixels."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.errors import RenderError
from idlat.explorer.scene.geometry.camera_view import CameraView
from idlat.explorer.scene.geometry.colour_maps import THEMES, table
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.handles.map_shapes import BoxShape
from idlat.explorer.scene.handles.shape_handles import Voxels, handles_of
from idlat.explorer.scene.handles.shape_overlay import Gizmo
from support.explorer.parted_scene import PartedScene
from support.explorer.scene_ball import FRONT, SIDE, ball, inked

BOX = BoxShape((10, 10, 10), (23, 23, 23))
VOXELS = Voxels(VolumeFrame((SIDE,) * 3, (1.0, 1.0, 1.0)))


def test_volume_is_drawn_where_the_view_says(scene: PartedScene) -> None:
    values = np.zeros((SIDE,) * 3, np.float32)
    values[20:23, 15:18, 20:23] = 1.0
    scene.set_volume("original", values, value_range=(0.0, 1.0))
    scene.set_transfer([(0.2, 0.0), (1.0, 0.9)])
    rows, columns = np.nonzero(inked(scene.render()))
    seen = CameraView.of(scene.camera(), (160, 160)).project(VOXELS.world(np.array([[21.0, 16.0, 21.0]])))
    assert (columns.mean(), rows.mean()) == pytest.approx(tuple(seen[0]), abs=0.7)


def test_handles_are_seen_over_the_volume_in_every_panel(scene: PartedScene) -> None:
    scene.resize(320, 160)
    scene.set_volume("reconstruction", ball(), value_range=(-10.0, 10.0))
    scene.set_transfer([(-1.0, 0.0), (1.0, 1.0)])
    before = scene.render()
    scene.set_gizmo(Gizmo(BOX, VOXELS))
    after = scene.render()
    view = CameraView.of(scene.camera(), (160, 160))
    white = np.array(THEMES["dark"].foreground)
    for handle in handles_of(BOX, VOXELS, view):
        x, y = np.rint(view.project(VOXELS.world(handle.place[None]))[0]).astype(int).tolist()
        for left in (0, 160):
            around = after[y - 6 : y + 7, x - 6 + left : x + 7 + left].reshape(-1, 3)
            assert np.abs(around.astype(int) - white).max(axis=-1).min() < 12, handle.name
    scene.set_gizmo(None)
    assert (scene.render() == before).all()


def test_mark_has_no_handles_and_goes_without_a_trace(
    scene: PartedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scene.render()
    monkeypatch.setattr(scene._stage, "draw", lambda *_: pytest.fail("drawn again"))
    scene.set_mark(Gizmo(BOX, VOXELS, grips=False))
    marked = scene.render()
    changed = (marked != before).any(axis=-1)
    assert 100 < changed.sum() < 2500  # lines
    seen = CameraView.of(scene.camera(), (160, 160)).project(VOXELS.world(np.array([[16.0, 9.5, 16.0]])))[0]
    x, y = np.rint(seen).astype(int).tolist()
    assert not changed[y - 5 : y + 6, x - 5 : x + 6].any()  # nor a handle in a face's middle
    other = Voxels(VolumeFrame((SIDE + 1,) * 3, (1.0, 1.0, 1.0)))
    for mark in (Gizmo(BOX, other, grips=False), None):
        scene.set_mark(mark)
        assert (scene.render() == before).all()


def test_shape_moves_without_drawing_the_volumes_again(
    scene: PartedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scene.render()
    monkeypatch.setattr(scene._stage, "draw", lambda *_: pytest.fail("drawn again"))
    scene.set_gizmo(Gizmo(BOX, VOXELS, "z1"))
    assert (scene.render(moving=True) != first).any()
    scene.set_gizmo(Gizmo(BoxShape((10, 10, 10), (23, 23, 12)), VOXELS))
    scene.render()
    scene.orbit(5, 0)
    with pytest.raises(BaseException, match="drawn again"):
        scene.render()


def test_shape_on_another_grid_or_out_of_sight_is_not_drawn(scene: PartedScene) -> None:
    before = scene.render()
    scene.set_gizmo(Gizmo(BOX, Voxels(VolumeFrame((9, 9, 9), (1.0, 1.0, 1.0)))))
    assert (scene.render() == before).all()
    scene.set_gizmo(Gizmo(BOX, VOXELS))
    scene.pan(900, 0)
    out = scene.render()
    scene.set_gizmo(None)
    assert (scene.render() == out).all()


def test_map_is_clear_where_nothing_matters_or_was_tried() -> None:
    scene = PartedScene(160, 160)
    values = np.full((SIDE,) * 3, np.nan, np.float32)
    values[:, :, 8:25] = 0.0
    values[10:23, :, 17:25] = 1.0
    scene.set_volume("map", values, value_range=(5.0, 9.0))  # its range is its own
    scene.set_camera(FRONT)
    drawn = inked(scene.render())
    assert drawn[:, 82:].sum() > 300
    assert drawn[:105, :78].sum() == 0  # above the legend


def test_surface_has_the_importance_of_its_places_and_grey_where_none_was_tried() -> None:
    scene = PartedScene(160, 160)
    scene.set_volume("original", ball(), value_range=(-10.0, 10.0))
    values = np.ones((SIDE,) * 3, np.float32)
    values[:, :, : SIDE // 2] = np.nan
    scene.set_volume("map", values)
    scene.set_volume("original", None)
    scene.set_volume("tried", ball(), value_range=(-10.0, 10.0))
    scene.set_mode("isosurface")
    scene.set_isovalue(0.0)
    scene.set_camera(FRONT)
    scene.resize(320, 160)
    picture = scene.render()[:, :160].astype(int)  # the map's panel is before that of what was tried
    left, right = picture[74:86, 68:76].mean(axis=(0, 1)), picture[74:86, 84:92].mean(axis=(0, 1))
    assert np.ptp(left) < 40  # grey
    most = table("cividis")[-1].astype(int)
    assert right[0] - right[2] > 0.6 * (most[0] - most[2])  # yellow


def test_note_is_written_beside_the_title(scene: PartedScene) -> None:
    before = scene.render()
    scene.set(notes={"original": "A"})
    changed = np.argwhere((scene.render() != before).any(axis=-1))
    assert len(changed) > 10
    assert changed[:, 0].max() < 30


def test_panels_of_a_map_take_the_colours_of_the_field(scene: PartedScene) -> None:
    scene.set_volume("tried", ball())
    scene.resize(320, 160)
    picture = scene.render().astype(int)
    assert np.abs(picture[50:110, 50:110] - picture[50:110, 210:270]).mean() < 1
    with pytest.raises(RenderError, match="map, tried"):
        scene.set_volume("guess", ball())
