"""The thread that draws goes on whatever a change or a picture raises."""

import io
import queue
import threading
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from idlat.errors import IdlatError
from idlat.explorer.scene.scene_state import SceneState
from idlat.explorer.views.space import render_thread as module
from idlat.explorer.views.space.render_thread import EncodedPicture, RenderThread


class Scene:
    """Draws one colour, and refuses what it is told to."""

    def __init__(self) -> None:
        self.level, self.refuses, self.fitted = 0, "", False

    def show(self, state: SceneState) -> None:
        self.level = int(state.notes.get("map") or state.units)

    def _do(self, what: str) -> None:
        if self.refuses == what:
            self.refuses = ""
            raise OverflowError(what)

    def orbit(self, *_: float) -> None:
        self._do("orbit")

    def render(self, _: bool) -> np.ndarray:
        self._do("render")
        return np.full((8, 8, 3), self.level, np.uint8)

    def picture(self, moving: bool, interrupted: Callable[[], bool]) -> np.ndarray | None:
        if not moving:
            self.during()
        return None if interrupted() else self.render(moving)

    def during(self) -> None:
        """What happens while a picture at rest is drawn."""

    def camera(self) -> dict[str, list[float]]:
        return {"position": [0.0, 0.0, 1.0]}

    def close(self) -> None:
        pass


@pytest.fixture
def drawn():
    """A renderer, its pictures and its failures."""
    pictures: queue.Queue[EncodedPicture] = queue.Queue()
    failures: queue.Queue[Exception] = queue.Queue()
    renderer = RenderThread(Scene, pictures.put, failures.put)
    yield renderer, pictures, failures
    renderer.close()
    assert renderer.join(60)


def refuse(what):
    return lambda scene: setattr(scene, "refuses", what)


@pytest.mark.parametrize("error", [IdlatError, OverflowError])
def test_a_change_that_fails_is_told_and_drawing_goes_on(drawn, error):
    renderer, pictures, failures = drawn

    def fails(scene):
        raise error("no")

    renderer.change("a", fails)
    assert isinstance(failures.get(timeout=60), error)
    assert pictures.get(timeout=60).width == 8


@pytest.mark.parametrize("what", ["orbit", "render"])
def test_a_picture_that_fails_is_told_and_drawing_goes_on(drawn, what):
    renderer, pictures, failures = drawn
    renderer.ask(refuse(what), lambda _: renderer.turn(1, 1))
    assert str(failures.get(timeout=60)) == what
    renderer.change("level", lambda scene: setattr(scene, "level", 9))
    while Image.open(io.BytesIO(pictures.get(timeout=60).content)).getpixel((0, 0)) != (9, 9, 9):
        pass
    assert renderer.alive


def test_an_answer_that_fails_is_told(drawn):
    renderer, _, failures = drawn
    renderer.ask(lambda scene: scene.nothing, print)
    assert isinstance(failures.get(timeout=60), AttributeError)
    assert renderer.alive


def test_a_scene_that_cannot_be_made_is_told():
    failures: queue.Queue[Exception] = queue.Queue()

    def make():
        raise RuntimeError("no graphics")

    renderer = RenderThread(make, print, failures.put)
    assert str(failures.get(timeout=60)) == "no graphics"
    assert renderer.join(60)
    assert not renderer.alive


def level_of(picture: EncodedPicture) -> int:
    return Image.open(io.BytesIO(picture.content)).getpixel((0, 0))[0]


def held_up(renderer: RenderThread) -> threading.Event:
    """Begin a picture at rest, of level 1, that is done once the event is set."""
    begun, released = threading.Event(), threading.Event()

    def slowly(scene):
        scene.level = 1
        scene.during = lambda: (begun.set(), released.wait(60))

    renderer.change("first", slowly)
    assert begun.wait(60)
    return released


def test_what_is_written_over_a_picture_does_not_hold_it_up(drawn):
    renderer, pictures, _ = drawn
    released = held_up(renderer)
    renderer.show(SceneState(notes={"map": "9"}))
    released.set()
    assert [level_of(pictures.get(timeout=60)) for _ in range(2)] == [1, 9]


def test_a_mark_leaves_the_picture_of_a_motion_as_coarse_as_it_is(drawn, monkeypatch):
    monkeypatch.setattr(module, "REST", 1e6)  # a busy machine must not rest between the two
    renderer, pictures, _ = drawn
    renderer.turn(1, 1)
    assert pictures.get(timeout=60).moving
    renderer.show(SceneState(notes={"map": "9"}))
    assert pictures.get(timeout=60).moving
    monkeypatch.setattr(module, "REST", 0.01)
    renderer.turn(1, 1)
    while pictures.get(timeout=60).moving:  # until the hand rests
        pass


def test_a_picture_at_rest_gives_way_to_the_change_that_overtakes_it(drawn):
    renderer, pictures, _ = drawn
    released = held_up(renderer)
    renderer.show(SceneState(units="9"))
    released.set()
    found = [pictures.get(timeout=60) for _ in range(2)]
    assert [level_of(picture) for picture in found] == [9, 9]
    assert [picture.moving for picture in found] == [True, False]  # at once, and in full at rest


def test_of_states_that_wait_the_latest_is_shown_and_the_same_one_draws_nothing(drawn):
    renderer, pictures, _ = drawn
    released = held_up(renderer)
    for units in "789":
        renderer.show(SceneState(units=units))
    released.set()
    assert level_of(pictures.get(timeout=60)) == 9
    renderer.show(SceneState(units="9"))
    renderer.turn(1, 1)
    assert pictures.get(timeout=60).moving
