"""A scene of a ball seen from the front."""

from __future__ import annotations

import pytest

from support.explorer.parted_scene import PartedScene
from support.explorer.scene_ball import FRONT, ball


@pytest.fixture
def scene() -> PartedScene:
    result = PartedScene(160, 160)
    result.set_volume("original", ball(), value_range=(-10.0, 10.0))
    result.set_camera(FRONT)
    return result
