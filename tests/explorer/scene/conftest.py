"""A scene of a ball seen from the front."""

from __future__ import annotations

import pytest

from idlat.explorer.scene.scene import Scene
from scene_ball import FRONT, ball


@pytest.fixture
def scene() -> Scene:
    result = Scene(160, 160)
    result.set_volume("original", ball(), value_range=(-10.0, 10.0))
    result.set_camera(FRONT)
    return result
