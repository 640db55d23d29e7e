"""Small pictures of isosurfaces (paper, Fig. 12), drawn on the thread that asks for them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

from PIL import Image

from idlat.explorer.data import Volume
from idlat.explorer.scene.geometry.colour_maps import ThemeName
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.scene import Scene
from idlat.explorer.scene.scene_settings import Kind, SceneSettings
from idlat.explorer.scene.scene_state import PanelValues, SceneState
from idlat.progress import Progress

__all__ = ["isosurface_pictures"]

SIZE = (168, 132)
"""Pixels of a picture: twice as many as it takes on the page."""


def isosurface_pictures(
    volume: Volume,
    isovalues: Sequence[float],
    reach: tuple[float, float],
    theme: ThemeName,
    colours: str,
    downwards: bool,
    progress: Progress,
) -> list[str]:
    """Return a JPEG of each isosurface of a volume, as a data URL.

    Parameters
    ----------
    volume, isovalues
        What is drawn.
    reach
        Values of the colour map's ends.
    theme, colours
        The ground, and the colour map that an isosurface has its colour of.
    downwards
        Whether z counts downwards.
    progress
        Told of the stage ``draw``; what it raises ends the work.
    """
    scene, found = Scene(*SIZE, theme), []
    try:
        panel: dict[Kind, PanelValues] = {"original": PanelValues(lambda: volume.values, reach)}
        frame = VolumeFrame.of(volume.values, volume.spacing, downwards=downwards)
        for done, isovalue in enumerate(isovalues):
            progress("draw", done, len(isovalues))
            look = SceneSettings("isosurface", isovalue=isovalue, colours=colours)
            scene.show(SceneState(frame, panel, look))
            found.append(_url(Image.fromarray(scene.plain())))
    finally:
        scene.close()
    return found


def _url(picture: Image.Image) -> str:
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(kept.getvalue()).decode()
