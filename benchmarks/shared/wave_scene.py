"""A field of waves, and a scene of the explorer filled with a field: what its pictures are timed on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.scene import Scene
from idlat.explorer.scene.scene_settings import Kind, Mode, SceneSettings
from idlat.explorer.scene.scene_state import PanelValues, SceneState


def waves(side: int) -> NDArray[np.float32]:
    """Return a field with structure at many scales (side, side, side)."""
    random = np.random.default_rng(0)
    places = np.indices((side,) * 3, dtype=np.float32) / side
    field = np.zeros((side,) * 3, np.float32)
    for scale in (1, 2, 3, 4, 6, 8) * 3:
        direction, phase = random.normal(size=3) * scale, random.uniform(0, 2 * np.pi)
        field += np.sin(2 * np.pi * np.tensordot(direction, places, 1) + phase).astype(np.float32) / scale
    return field


def filled(field: NDArray[np.float32], mode: Mode, width: int, height: int) -> Scene:
    """Return a scene of three panels with a surface that a tenth of the voxels lie inside."""
    scene = Scene(width, height)
    copy = ndimage.gaussian_filter(field, 0.8)
    span = float(field.min()), float(field.max())
    panels: dict[Kind, PanelValues] = {
        "original": PanelValues(lambda: field, span),
        "reconstruction": PanelValues(lambda: copy, span),
        "difference": PanelValues(lambda: copy - field),
    }
    settings = SceneSettings(mode, isovalue=float(np.quantile(field, 0.9)))
    scene.show(SceneState(VolumeFrame.of(field, (1.0, 1.0, 1.0)), panels, settings))
    return scene
