"""A grid whose z counts downwards, such as a depth, is drawn as if its layers had been given from below."""

from __future__ import annotations

import numpy as np
import pytest

from idlat.explorer.scene.geometry.colour_maps import table
from idlat.explorer.scene.geometry.section_layout import sections
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.scene import Scene
from idlat.explorer.scene.scene_settings import SceneSettings
from idlat.explorer.scene.scene_state import PanelValues, SceneState

SHAPE = (24, 32, 40)


def blobs() -> np.ndarray:
    """Three balls that no mirror maps onto each other."""
    z, y, x = np.indices(SHAPE)
    values = np.zeros(SHAPE, np.float32)
    for at, size in (((5, 8, 10), 4.5), ((17, 20, 12), 3.5), ((9, 22, 31), 5.5)):
        distance = np.sqrt((z - at[0]) ** 2 + (y - at[1]) ** 2 + (x - at[2]) ** 2)
        values += np.clip(size - distance, 0, None).astype(np.float32)
    return values


def seen(mode: str, downwards: bool) -> Scene:
    scene, values = Scene(300, 240, "light"), blobs()
    if not downwards:
        values = values[::-1].copy()
    frame = VolumeFrame.of(values, (1.0, 1.0, 1.0), downwards=downwards)
    slices = (5, 20, 31) if downwards else (SHAPE[0] - 6, 20, 31)
    look = SceneSettings(mode, 0.8, slices, ((0.2, 0.0), (5.0, 0.8)))
    panels = {kind: PanelValues(lambda: values, (0.0, 5.0)) for kind in ("original", "reconstruction")}
    scene.show(SceneState(frame, panels, look))
    return scene


def moved(scene: Scene, how: str) -> Scene:
    """Move a scene's eye."""
    if how == "turned":
        scene.orbit(37, -21)
        scene.pan(12, 9)
    elif how != "begun":
        scene.look_along(how, behind=how == "x")
    return scene


@pytest.mark.parametrize("how", ["begun", "turned", "x", "z"])
@pytest.mark.parametrize("mode", ["volume", "isosurface", "slices"])
def test_it_is_drawn_as_the_turned_layers_are(mode: str, how: str) -> None:
    down, up = moved(seen(mode, True), how), moved(seen(mode, False), how)
    one, other = down.plain().astype(int), up.plain().astype(int)
    assert (other.max(axis=-1) - other.min(axis=-1)).max() > 40  # something is seen
    assert np.abs(one - other).mean() < 1.0
    hits = 0
    for x in range(6, 150, 9):
        for y in range(30, 220, 9):
            a, b = down.probe(x, y), up.probe(x, y)
            if a is not None and b is not None:
                hits += 1
                assert np.abs(np.subtract((SHAPE[0] - 1 - a[0], *a[1:]), b)).max() <= 1, (x, y)
    assert hits > 3


def test_in_sections_the_first_layer_is_on_top() -> None:
    scene = seen("sections", True)
    place = scene.state.places(300, 240)[0]
    frame = scene.state.frame
    assert frame is not None
    _, across_y, _ = sections(frame, place)
    x, top, bottom = (
        across_y.x + across_y.width // 2,
        across_y.y + 1,
        across_y.y + across_y.height - 1,
    )
    assert [scene.probe(x, y)[0] for y in (top, bottom)] == [0, SHAPE[0] - 1]  # type: ignore[index]
    part = scene.plain()[across_y.y : across_y.y + across_y.height, across_y.x : across_y.x + across_y.width]
    column, row = across_y.pixel(12, 17)  # the middle of a ball in this slice
    assert scene.probe(across_y.x + column, across_y.y + row) == (17, 20, 12)
    _, mirrored = across_y.pixel(12, SHAPE[0] - 1 - 17)
    nothing = table("viridis").astype(int)[1]
    away = [np.abs(part[at, column - 2].astype(int) - nothing).sum() for at in (row, mirrored)]
    assert away[0] > 60 > 10 > away[1]


def test_the_eye_begins_above_the_first_layer() -> None:
    camera = seen("volume", True).camera()
    assert camera is not None
    assert camera["position"][2] < 0
    assert camera["up"][2] < 0
