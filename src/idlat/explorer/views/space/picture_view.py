"""The picture of physical space on the page: its size and gestures come in, pictures and places go out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from idlat.explorer.message_checks import flag, one_of, optional, real
from idlat.explorer.scene.scene import Scene
from idlat.explorer.session.page_view import Action, View, action
from idlat.explorer.session.view_host import Host
from idlat.explorer.views.space.remote_area import Draggable, RemoteArea
from idlat.explorer.views.space.render_thread import EncodedPicture, RenderThread

__all__ = ["PictureView"]


LARGEST = 8192
"""Pixels a side of a picture that is saved."""


class PictureView(View):
    """What is drawn by VTK, from where it is seen, and how it comes to the page."""

    def __init__(self, host: Host, grips: Draggable) -> None:
        super().__init__(host)
        self._area = RemoteArea("space", self, self._resize, self._pick, grips)
        self._renderer: RenderThread | None = None
        self._ending: list[RenderThread] = []
        self.size = (640, 480)
        self.seen_from: dict[str, list[float]] | None = None  # the last picture, be it in motion
        self.fitted = False  # whether that is where a reset leads
        self._camera: dict[str, tuple[float, ...]] | None = None

    @property
    def renderer(self) -> RenderThread:
        """The thread that draws, which begins when it is first needed."""
        if self._renderer is None:
            self._renderer = RenderThread(
                self._make, lambda frame: self.host.later(lambda: self._push(frame)), self._fail
            )
        return self._renderer

    @property
    def camera(self) -> dict[str, tuple[float, ...]] | None:
        """From where the last picture at rest is seen; None before the first."""
        return self._camera

    def actions(self) -> Mapping[str, Action]:
        """Return what the keyboard and the tools ask for."""
        pixels = real(-2000, 2000)
        return {
            "turn": action(self.turn, dx=pixels, dy=pixels),
            "shift": action(self.shift, dx=pixels, dy=pixels),
            "zoom": action(self.zoom, factor=real(0.1, 10)),
            "home": action(self.home),
            "along": action(self.look_along, axis=one_of("z", "y", "x"), behind=optional(flag)),
            "picture": action(self.save_picture),
        }

    def picked(self, place: tuple[int, int, int]) -> None:
        """Act on a block (z, y, x) that was clicked with Ctrl."""

    def start_anew(self) -> None:
        """Draw in a new scene, such as of another theme."""
        if self._renderer is not None:
            self._renderer.close()
            self._ending = [each for each in (*self._ending, self._renderer) if each.alive]
            self._renderer = None

    def look_from(self, camera: dict[str, list[float]] | None) -> None:
        """Look from where :attr:`camera` told; None leaves it as it is."""
        if camera is None:
            return
        self.renderer.change("camera", lambda scene: scene.set_camera(camera))

    def turn(self, dx: float, dy: float) -> None:
        """Turn the view."""
        self.renderer.turn(dx, dy)

    def shift(self, dx: float, dy: float) -> None:
        """Move the view."""
        self.renderer.shift(dx, dy)

    def zoom(self, factor: float) -> None:
        """Come nearer."""
        self.renderer.zoom(factor)

    def home(self) -> None:
        """Look from where all is seen."""
        self.renderer.change("camera", lambda scene: scene.reset_camera())

    def look_along(self, axis: str, behind: bool | None = None) -> None:
        """Look along an axis, or from behind."""
        self.renderer.change("camera", lambda scene: scene.look_along(axis, bool(behind)))

    def _pick(self, x: float, y: float) -> None:
        """Select the block under a place of the picture."""

        def found(place: tuple[int, int, int] | None) -> None:
            if place is not None:
                self.host.later(lambda: self.picked(place))

        self.renderer.ask(lambda scene: scene.pick(x, y), found)

    def on_connected(self) -> None:
        """Tell trame-rca of the area, once its protocol stands."""
        self.host.server.controller.rc_area_register(self._area)

    def _make(self) -> Scene:
        return Scene(*self.size, self.state.theme)

    def _resize(self, width: int, height: int) -> None:
        self.size = (width, height)
        if self._renderer is not None and not self._renderer.alive:  # its scene could not be made: try again
            self._renderer = None
            self.on_theme_changed()
        self.renderer.change("size", lambda scene: scene.resize(width, height))

    def _push(self, frame: EncodedPicture) -> None:
        self._area.push(frame)
        self.seen_from, self.fitted = frame.camera, frame.fitted
        if not frame.moving and frame.camera is not None:
            self._camera = {name: tuple(place) for name, place in frame.camera.items()}
            self.host.touch()

    def _fail(self, error: Exception) -> None:
        self.host.later(lambda: self.host.say(f"physical space cannot be drawn: {error}", "error"))

    def photograph(self, take: Callable[[bytes], None]) -> None:
        """Let `take` have the picture as PNG, at twice its size where that is not too large, on the loop."""
        scale = max(1, min(2, LARGEST // max(self.size)))
        self.renderer.ask(lambda scene: scene.png(scale), lambda png: self.host.later(lambda: take(png)))

    def save_picture(self) -> None:
        """Offer the picture as PNG, at twice its size."""
        self.photograph(lambda png: self.host.offer("physical-space.png", lambda path: path.write_bytes(png)))

    def close(self) -> list[Callable[[], object]]:
        """End the threads that draw."""
        self.start_anew()
        return [each.join for each in self._ending]
