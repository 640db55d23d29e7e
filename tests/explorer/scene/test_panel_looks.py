"""Panels of other variables have colours, opacities and isovalues of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from idlat.explorer.scene.geometry.colour_maps import table
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.scene import Scene
from idlat.explorer.scene.scene_settings import PanelLook, SceneSettings
from idlat.explorer.scene.scene_state import PanelValues, SceneState
from support.explorer.scene_ball import FRONT, ball, inked


@pytest.fixture
def scene() -> Scene:
    scene, values = Scene(400, 200, "light"), ball()
    frame = VolumeFrame.of(values, (1.0, 1.0, 1.0))
    panels = {
        "original": PanelValues(lambda: values, (-10.0, 10.0)),
        "beside_1": PanelValues(lambda: values + 300, (290.0, 310.0)),
    }
    look = PanelLook("heat, step 2", "K", "magma", ((300.0, 0.0), (310.0, 0.9)), 300.0)
    settings = SceneSettings("isosurface", 0.0, points=((0.0, 0.0), (10.0, 0.9)))
    scene.show(SceneState(frame, panels, settings, looks={"beside_1": look}, units="m"))
    scene.set_camera(FRONT)
    return scene


def halves(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    picture = scene.plain()
    return picture[:, :200], picture[:, 200:]


def test_an_isosurface_is_that_of_the_panels_own_isovalue(scene: Scene) -> None:
    left, right = halves(scene)
    assert (inked(left, "light") == inked(right, "light")).mean() > 0.99  # the same ball, at 0 and at 300
    looks = {"beside_1": replace(scene.state.looks["beside_1"], isovalue=305.0)}
    scene.show(replace(scene.state, looks=looks))
    same, smaller = halves(scene)
    assert (same == left).all()
    assert 0 < inked(smaller, "light").sum() < 0.9 * inked(right, "light").sum()


def test_colours_and_opacities_are_its_own_and_follow_a_change(scene: Scene) -> None:
    scene.show(replace(scene.state, settings=replace(scene.state.settings, mode="sections", slices=None)))
    left, right = halves(scene)
    for part, name in ((left, "viridis"), (right, "magma")):
        colours = {tuple(colour) for colour in table(name).tolist()}
        found = [tuple(pixel) for pixel in part.reshape(-1, 3).tolist()]
        assert sum(pixel in colours for pixel in found) > 0.05 * len(found), name
    scene.show(replace(scene.state, settings=replace(scene.state.settings, mode="volume")))
    before = halves(scene)
    looks = {"beside_1": replace(scene.state.looks["beside_1"], points=((290.0, 0.0), (310.0, 0.0)))}
    scene.show(replace(scene.state, looks=looks))
    after = halves(scene)
    assert (after[0] == before[0]).all()
    assert inked(after[1], "light").sum() < 0.5 * inked(before[1], "light").sum()
    assert scene.transfer_points("beside_1") == ((290.0, 0.0), (310.0, 0.0))
    assert scene.transfer_points("beside_2") == ()
    scene.show(scene.state.without("beside_1"))
    assert scene.state.looks == {}
