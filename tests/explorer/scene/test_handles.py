"""Dragging shapes: what is under the pointer and where it goes, by geometry alone."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.explorer.scene.geometry.camera_view import CameraView
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.handles.map_shapes import MIDDLE, BoxShape, Shape, SphereShape
from idlat.explorer.scene.handles.shape_handles import Drag, Voxels, cursor, handles_of, nearest_handle

SIZE = (40, 60, 50)
OBLIQUE = {"position": [3.0, -4.0, 2.5], "focal": [0.4, 0.5, 0.3], "up": [0.1, 0.2, 1.0]}
ABOVE = {"position": [0.4, 0.5, 6.0], "focal": [0.4, 0.5, 0.3], "up": [0.0, 1.0, 0.0]}
BOX = BoxShape((10, 20, 15), (30, 40, 35))
BALL = SphereShape((20, 30, 25), 9.0)


@pytest.fixture(params=[1.0, 3.0], ids=["cubic", "flat"])
def voxels(request: pytest.FixtureRequest) -> Voxels:
    return Voxels(VolumeFrame(SIZE, (1.0, request.param, request.param)))


def view(camera: dict[str, list[float]] = OBLIQUE) -> CameraView:
    return CameraView.of(camera, (500, 400))


def pixel(shape: Shape, name: str, voxels: Voxels, seen: CameraView) -> tuple[float, float]:
    """Where a handle is seen."""
    place = next(handle.place for handle in handles_of(shape, voxels, seen) if handle.name == name)
    x, y = seen.project(voxels.world(place[None]))[0].tolist()
    return x, y


def dragged(shape: Shape, name: str, voxels: Voxels, to: tuple[float, float], seen: CameraView) -> Shape:
    """The shape with a handle taken in its middle and let go at a pixel."""
    begun = pixel(shape, name, voxels, seen)
    handle = nearest_handle(shape, voxels, seen, *begun)
    assert handle is not None
    assert handle.name == name
    return Drag(shape, handle, voxels, seen, begun).at(*to, SIZE)


def test_line_of_sight_goes_through_what_is_seen_at_its_pixel() -> None:
    places = np.random.default_rng(0).random((20, 3))
    for place, (x, y) in zip(places, view().project(places).tolist(), strict=True):
        ray = view().ray(x, y)
        away = place - ray.origin
        assert np.linalg.norm(away - (away @ ray.direction) * ray.direction) < 1e-9
    assert np.isnan(view().project(np.array([[6.0, -8.5, 5.0]]))).all()  # behind the eye


@pytest.mark.parametrize("name", ["z0", "z1", "y0", "y1", "x0", "x1"])
def test_face_of_a_box_goes_to_the_pointer(voxels: Voxels, name: str) -> None:
    axis, end = "zyx".index(name[0]), int(name[1])
    low, high = list(BOX.low), list(BOX.high)
    (high if end else low)[axis] += 5
    wanted = BoxShape(tuple(low), tuple(high))
    to = pixel(wanted, name, voxels, view())
    assert dragged(BOX, name, voxels, to, view()) == wanted


@pytest.mark.parametrize("shape", [BOX, BALL])
def test_middle_takes_all_of_a_shape_along(voxels: Voxels, shape: Shape) -> None:
    begun = pixel(shape, MIDDLE, voxels, view())
    to = (begun[0] + 30, begun[1] - 20)
    moved = dragged(shape, MIDDLE, voxels, to, view())
    assert pixel(moved, MIDDLE, voxels, view()) == pytest.approx(to, abs=4.5)  # by whole voxels
    before, after = shape.values(), moved.values()
    if isinstance(shape, BoxShape):
        assert all(after[f"{a}1"] - after[f"{a}0"] == before[f"{a}1"] - before[f"{a}0"] for a in "zyx")
    else:
        assert after["radius"] == before["radius"]


def test_sphere_grows_to_the_pointer_and_has_its_handle_at_the_right(voxels: Voxels) -> None:
    middle, rim = (pixel(BALL, name, voxels, view()) for name in (MIDDLE, "radius"))
    assert rim[0] > middle[0] + 20
    wanted = SphereShape(BALL.centre, 14.0)
    grown = dragged(BALL, "radius", voxels, pixel(wanted, "radius", voxels, view()), view())
    assert isinstance(grown, SphereShape)
    assert grown.radius == pytest.approx(14.0, abs=0.01)


@pytest.mark.parametrize("to", [(-3000.0, 900.0), (4000.0, -2000.0), (250.0, 5000.0)])
@pytest.mark.parametrize("name", ["z0", "z1", "y0", "x1", MIDDLE])
def test_box_stays_in_the_field_and_keeps_a_voxel(voxels: Voxels, name: str, to: tuple[float, float]) -> None:
    moved = dragged(BOX, name, voxels, to, view())
    assert isinstance(moved, BoxShape)
    for low, high, size in zip(moved.low, moved.high, SIZE, strict=True):
        assert 0 <= low < high <= size


def test_box_that_sliders_turned_inside_out_stays_in_the_field() -> None:
    middle = next(handle for handle in BOX.handles(np.zeros(3)) if handle.name == MIDDLE)
    for way in (-100.0, 100.0):
        moved = BoxShape((30, 20, 15), (10, 40, 35)).moved(middle, np.array([way, 0.0, 0.0]), SIZE)
        assert moved.low[0] - moved.high[0] == 20
        assert 0 <= moved.high[0] < moved.low[0] <= SIZE[0]


@pytest.mark.parametrize("name", [MIDDLE, "radius"])
def test_sphere_stays_in_the_field(voxels: Voxels, name: str) -> None:
    for to in ((-3000.0, 900.0), (4000.0, -2000.0)):
        moved = dragged(BALL, name, voxels, to, view())
        assert isinstance(moved, SphereShape)
        assert all(0 <= at < size for at, size in zip(moved.centre, SIZE, strict=True))
        assert 1 <= moved.radius <= max(SIZE)


def test_face_seen_along_its_axis_does_not_leap() -> None:
    voxels, seen = Voxels(VolumeFrame(SIZE, (1.0, 1.0, 1.0))), view(ABOVE)
    handles = {handle.name: handle for handle in handles_of(BOX, voxels, seen)}
    begun = pixel(BOX, "z1", voxels, seen)
    moved = Drag(BOX, handles["z1"], voxels, seen, begun).at(begun[0] + 3, begun[1] + 3, SIZE)
    assert isinstance(moved, BoxShape)
    assert abs(moved.high[0] - BOX.high[0]) <= 4


def test_pointer_beside_every_handle_takes_none(voxels: Voxels) -> None:
    x, y = pixel(BOX, "z1", voxels, view())
    assert nearest_handle(BOX, voxels, view(), x + 2, y - 2) is not None
    assert nearest_handle(BOX, voxels, view(), 2.0, 2.0) is None


def test_pointer_shows_how_a_handle_goes() -> None:
    voxels, seen = Voxels(VolumeFrame(SIZE, (1.0, 1.0, 1.0))), view(ABOVE)  # x to the right, y up
    shown = {handle.name: cursor(handle, voxels, seen) for handle in handles_of(BOX, voxels, seen)}
    assert {name: shown[name] for name in ("x0", "x1", "y0", "y1", MIDDLE)} == {
        "x0": "ew-resize",
        "x1": "ew-resize",
        "y0": "ns-resize",
        "y1": "ns-resize",
        MIDDLE: "move",
    }


def test_voxels_of_a_region_and_of_means_are_where_they_are_shown() -> None:
    frame = VolumeFrame((5, 5, 5), (8.0, 8.0, 8.0))
    means = Voxels(frame, (64, 0, 0), 8, 8)
    place = np.array([[64 + 8 * 2 + 3.5, 3.5, 8 * 4 + 3.5]])
    np.testing.assert_allclose(means.world(place), [[1.0, 0.0, 0.5]])
    np.testing.assert_allclose(means.voxels(means.world(place)[0]), place[0])


def test_lines_of_a_box_are_its_edges() -> None:
    lines = BOX.sides().lines
    lengths = np.abs(lines[:, 1] - lines[:, 0])
    assert np.count_nonzero(lengths, axis=1).tolist() == [1] * 12
    assert lines.reshape(-1, 3).min(axis=0).tolist() == [9.5, 19.5, 14.5]
    assert lines.reshape(-1, 3).max(axis=0).tolist() == [29.5, 39.5, 34.5]


def test_lines_of_a_sphere_are_on_it() -> None:
    sides = BALL.sides()
    away = np.linalg.norm(sides.lines - np.array(BALL.centre), axis=-1)
    np.testing.assert_allclose(away, BALL.radius)
    assert len(sides.lines) == 3 * 64
