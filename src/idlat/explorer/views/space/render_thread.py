"""The picture of physical space, drawn on a thread of its own, as VTK's contexts demand.

::

    states, the latest wins          ┐
    turns, shifts, zooms; summed up  ├─▶ thread: Scene.picture ─ JPEG ─▶ push
    questions, in order              ┘      coarse while moving, full once at rest
"""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from PIL import Image

from idlat.errors import IdlatError
from idlat.explorer.scene.scene import Scene
from idlat.explorer.scene.scene_state import SceneState

__all__ = ["EncodedPicture", "RenderThread"]

_log = logging.getLogger(__name__)

REST = 0.18
"""Seconds without motion after which the picture is drawn in full."""

DRAGGED = frozenset({"colours", "isovalue", "looks", "points", "selection", "slices", "window"})
"""Parts of a scene's state after whose change a picture is wanted at once, as in motion."""

OVERLAID = frozenset({"gizmo", "mark", "notes", "subject"})
"""Parts of it that are written over a picture, which stands: no volume is drawn again."""

QUALITY = 90
"""Of the JPEG, in motion as at rest: a change of quality would flicker."""


@dataclass(frozen=True)
class EncodedPicture:
    """One picture: JPEG bytes, size in pixels, whether the view was moving, from where a volume is seen.

    `fitted` tells whether that is from where all of it is seen, as after a reset.
    """

    content: bytes
    width: int
    height: int
    moving: bool
    camera: dict[str, list[float]] | None
    fitted: bool = False


class RenderThread:
    """Draws a scene whenever it changed, and hands pictures on.

    Parameters
    ----------
    make
        Makes the scene; called on the thread that draws.
    push
        Takes a picture; called on that thread.
    fail
        Takes an exception that drawing raised; called on that thread.
    """

    def __init__(
        self,
        make: Callable[[], Scene],
        push: Callable[[EncodedPicture], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._make, self._push, self._fail = make, push, fail
        self._ready = threading.Condition()
        self._shown = self._wanted = SceneState()
        self._changes: dict[str, Callable[[Scene], object]] = {}
        self._questions: list[tuple[Callable[[Scene], Any], Callable[[Any], None]]] = []
        self._turn, self._shift, self._zoom = [0.0, 0.0], [0.0, 0.0], 1.0
        self._moved = self._stirred = self._ended = False
        self._overdue = False  # a picture at rest was overtaken, and none came since
        self._rest_at = 0.0  # when a hand that moves nothing more is at rest, whatever is asked meanwhile
        self._thread = threading.Thread(target=self._run, name="explorer-renderer", daemon=True)
        self._thread.start()

    def show(self, state: SceneState) -> None:
        """Show something else; what still waits to be shown is forgotten."""
        with self._ready:
            self._wanted = state
            self._ready.notify()

    def change(self, name: str, change: Callable[[Scene], object]) -> None:
        """Change size or camera, once what waits is shown; one of that name that still waits is forgotten."""
        with self._ready:
            self._changes.pop(name, None)
            self._changes[name] = change
            self._ready.notify()

    def turn(self, dx: float, dy: float) -> None:
        """Turn the view by pixels."""
        self._move(lambda: self._turn.__setitem__(slice(None), [self._turn[0] + dx, self._turn[1] + dy]))

    def shift(self, dx: float, dy: float) -> None:
        """Move the view by pixels."""
        self._move(lambda: self._shift.__setitem__(slice(None), [self._shift[0] + dx, self._shift[1] + dy]))

    def zoom(self, factor: float) -> None:
        """Bring the view nearer by a factor."""

        def zoom() -> None:
            self._zoom *= factor

        self._move(zoom)

    def _move(self, note: Callable[[], None]) -> None:
        with self._ready:
            note()
            self._moved = True
            self._ready.notify()

    def ask(self, question: Callable[[Scene], Any], answer: Callable[[Any], None]) -> None:
        """Ask the scene something; `answer` is called on the thread that draws."""
        with self._ready:
            self._questions.append((question, answer))
            self._ready.notify()

    def close(self) -> None:
        """Let the thread end once what it draws is drawn."""
        with self._ready:
            self._ended = True
            self._ready.notify()

    @property
    def alive(self) -> bool:
        """Whether it draws; one whose scene could not be made does not."""
        return self._thread.is_alive()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the thread's end, and tell whether it came."""
        self._thread.join(timeout)
        return not self.alive

    def _run(self) -> None:
        try:
            scene = self._make()
            try:
                while self._step(scene):
                    pass
            finally:
                scene.close()
        except Exception as error:  # of VTK or its drivers: the page says so, the other views go on
            _log.exception("drawing failed")
            self._fail(error)

    def _step(self, scene: Scene) -> bool:
        """Wait for work and do it; False at the end."""
        with self._ready:
            left = max(0.0, self._rest_at - time.monotonic()) if self._stirred else None
            self._ready.wait_for(self._has_work, left)
            rested = self._stirred and time.monotonic() >= self._rest_at
            ended = self._ended
            state, before = self._wanted, self._shown
            changed, self._shown = state.changed_from(before) | self._changes.keys(), state
            changes, self._changes = self._changes, {}
            questions, self._questions = self._questions, []
            moved, self._moved = self._moved, False
            turn, self._turn = self._turn, [0.0, 0.0]
            shift, self._shift = self._shift, [0.0, 0.0]
            zoom, self._zoom = self._zoom, 1.0
        if state is not before and not ended:
            self._try(lambda scene: scene.show(state), scene)
        for change in changes.values() if not ended else ():
            self._try(change, scene)
        if moved:
            self._try(lambda scene: _apply(scene, turn, shift, zoom), scene)
        if not ended and (changed or moved or rested):
            # what a hand drags is drawn coarse at once, and in full when the hand rests
            if moved or rested or not changed <= OVERLAID:
                self._stirred = moved or self._overdue or bool(DRAGGED & changed)
                self._rest_at = time.monotonic() + REST
            self._try(self._show, scene)
        for question, answer in questions:
            self._try(partial(_told, question, answer), scene)
        return not ended

    def _show(self, scene: Scene) -> None:
        """Push the picture; one at rest that a change overtakes is left unfinished, for the change's own.

        That is a coarse one first, so that quick changes are seen however long a full one takes.
        """
        pixels = scene.picture(self._stirred, bool if self._stirred else self._overtaken)
        self._overdue = pixels is None
        if pixels is not None:
            kept = io.BytesIO()
            Image.fromarray(pixels).save(kept, "JPEG", quality=QUALITY, subsampling=0)
            height, width = pixels.shape[:2]
            seen = scene.camera(), scene.fitted
            self._push(EncodedPicture(kept.getvalue(), width, height, self._stirred, *seen))

    def _overtaken(self) -> bool:
        with self._ready:
            waits = self._wanted.changed_from(self._shown) - OVERLAID
            return bool(waits or self._changes or self._moved or self._ended)

    def _try(self, change: Callable[[Scene], object], scene: Scene) -> None:
        """Make a change; what the scene or its drivers refuse is told, and drawing goes on."""
        try:
            change(scene)
        except Exception as error:  # of VTK too: one bad change must not end every picture after it
            if not isinstance(error, IdlatError):
                _log.exception("drawing failed")
            self._fail(error)

    def _has_work(self) -> bool:
        changed = self._wanted is not self._shown
        return bool(changed or self._changes or self._questions or self._moved or self._ended)


def _told(question: Callable[[Scene], Any], answer: Callable[[Any], None], scene: Scene) -> None:
    answer(question(scene))


def _apply(scene: Scene, turn: list[float], shift: list[float], zoom: float) -> None:
    if any(turn):
        scene.orbit(*turn)
    if any(shift):
        scene.pan(*shift)
    if zoom != 1.0:
        scene.zoom(zoom)
