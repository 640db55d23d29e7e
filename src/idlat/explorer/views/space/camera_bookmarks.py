"""Views of physical space that are kept under a name: gone back to, and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idlat.errors import IdlatError
from idlat.explorer.data.saving.explorer_state import ExplorerState
from idlat.explorer.data.saving.state_parts import LONGEST_NAME, MOST_CAMERAS, NamedCamera
from idlat.explorer.message_checks import text
from idlat.explorer.session.page_view import Action, action
from idlat.explorer.views.space.canvas import Canvas

__all__ = ["CameraBookmarks"]

_DIGITS = 6  # of a camera's numbers: a millionth of the longest axis, and a short address


class CameraBookmarks:
    """The cameras that were kept, in the order in which they were.

    Parameters
    ----------
    canvas
        Whose camera it is.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._kept: dict[str, NamedCamera] = {}

    def initial(self) -> dict[str, Any]:
        """Return what the page begins with."""
        return {"cameras": []}

    def actions(self) -> Mapping[str, Action]:
        """Return what the page asks for."""
        name = text(LONGEST_NAME)
        return {
            "keep_camera": action(self.keep_camera, name=name),
            "use_camera": action(self.use_camera, name=name),
            "forget_camera": action(self.forget_camera, name=name),
        }

    def keep_camera(self, name: str) -> None:
        """Keep the camera of what is seen now; a name that is taken is given to it, none makes one.

        Raises
        ------
        IdlatError
            Nothing is drawn yet, or too many are kept.
        """
        camera, name = self._canvas.seen_from, name.strip() or self._free_name()
        if camera is None:
            raise IdlatError("nothing is drawn yet: keep the view once there is a picture")
        if name not in self._kept and len(self._kept) >= MOST_CAMERAS:
            raise IdlatError(f"{MOST_CAMERAS} views are kept at most: delete one of them")
        places = {part: tuple(round(x, _DIGITS) for x in place) for part, place in camera.items()}
        self._kept[name] = NamedCamera(name, places)
        self._tell()

    def use_camera(self, name: str) -> None:
        """Look from where a kept view was seen.

        Raises
        ------
        IdlatError
            No view is kept under that name.
        """
        camera = {part: list(place) for part, place in self._found(name).camera.items()}
        self._canvas.renderer.change("camera", lambda scene: scene.set_camera(camera))

    def forget_camera(self, name: str) -> None:
        """Delete a view.

        Raises
        ------
        IdlatError
            No view is kept under that name.
        """
        del self._kept[self._found(name).name]
        self._tell()

    def keep(self) -> tuple[NamedCamera, ...]:
        """Return what a state keeps."""
        return tuple(self._kept.values())

    def restore(self, state: ExplorerState) -> None:
        """Take what a state kept."""
        self._kept = {each.name: each for each in state.cameras}
        self._tell()

    def _found(self, name: str) -> NamedCamera:
        if name not in self._kept:
            raise IdlatError(f"no view is kept as {name!r}: kept are {', '.join(self._kept) or 'none'}")
        return self._kept[name]

    def _free_name(self) -> str:
        """Return the first of View 1, View 2, … that is free."""
        return next(name for i in range(1, MOST_CAMERAS + 2) if (name := f"View {i}") not in self._kept)

    def _tell(self) -> None:
        self._canvas.state.cameras = list(self._kept)
