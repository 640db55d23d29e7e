"""The map that is edited, in physical space: dragged over the wire, shown in its panels."""

from dataclasses import replace

import numpy as np
import pytest

from idlat.explorer.data import Dataset, TrialState
from idlat.explorer.scene.geometry.camera_view import CameraView
from idlat.explorer.scene.handles.shape_handles import handles_of
from idlat.explorer.views.space.trial_panels import panel_choices
from support.explorer.windowed_session import Page, in_session, kept_of


@pytest.fixture(scope="module")
def dataset(archive):
    with Dataset.open(*archive) as opened:
        yield opened


async def set_state(page: Page, **values) -> None:
    changes = [{"key": key, "value": value} for key, value in values.items()]
    await page.wire.call("trame.state.update", changes)


async def choose(page: Page, family: str) -> None:
    """Open the workbench with a map of a family, and wait until it was tried and drawn."""
    await page.until(lambda: len(page.state.families) > 1)
    await set_state(page, tab="importance")
    await page.act("family", name=family)
    await page.until(lambda: page.state.estimates[0]["figures"] and not page.state.space_note)
    cameras: list[dict[str, list[float]]] = []
    page.space.renderer.ask(lambda scene: scene.camera(), cameras.append)
    await page.until(lambda: cameras and page.space.seen_from == cameras[0])


async def pointer(page: Page, kind: str, x: float, y: float) -> None:
    height = page.space.size[1]
    event = {"type": kind, "x": x, "y": height - y}
    await page.wire.call("trame.rca.event", "space", "page", event)


def pixel(page: Page, name: str) -> tuple[float, float]:
    """Where a handle is in the first of two panels side by side."""
    space = page.space
    view = CameraView.of(space.seen_from, (space.size[0] // 2, space.size[1]))
    gizmo = space.dragged.gizmo
    place = next(h.place for h in handles_of(gizmo.shape, gizmo.voxels, view) if h.name == name)
    x, y = view.project(gizmo.voxels.world(place[None]))[0].tolist()
    return x, y


async def size(page: Page) -> None:
    await page.wire.call("trame.rca.size", "space", "page", {"w": 800, "h": 400, "p": 1})
    await page.until(lambda: page.space.size == (800, 400))


def test_a_face_is_dragged_and_the_map_is_tried(dataset):
    async def test(page: Page) -> None:
        await size(page)
        await choose(page, "box")
        before = page.state.estimates[0]["figures"]
        assert page.state.expression == "box(z=12:36, y=12:36, x=12:36)"
        x, y = pixel(page, "z1")
        await pointer(page, "MouseMove", x, y)
        assert page.state.space_cursor == "ns-resize"
        await pointer(page, "LeftButtonPress", x, y)
        for _ in range(8):
            y -= 5
            await pointer(page, "MouseMove", x, y)
        assert page.state.estimates[0]["figures"] == []  # those of another map
        await pointer(page, "LeftButtonRelease", x, y)
        values = {parameter["name"]: parameter["value"] for parameter in page.state.parameters}
        assert 36 < values["z1"] <= 48
        assert page.state.expression == f"box(z=12:{values['z1']:.0f}, y=12:36, x=12:36)"
        np.testing.assert_allclose(pixel(page, "z1"), (x, y), atol=4)
        await page.until(lambda: page.state.estimates[0]["figures"])
        assert page.state.estimates[0]["figures"] != before
        await pointer(page, "MouseMove", 3, 3)
        assert page.state.space_cursor == ""

    in_session(dataset, test)


def test_a_handle_is_where_it_is_drawn_though_a_panel_is_not_decoded_yet(dataset):
    async def test(page: Page) -> None:
        await size(page)
        await choose(page, "box")
        page.session.work = lambda *_: None  # as where decoding takes long, or was cancelled
        await set_state(page, panels=["original", "reconstruction", "difference"])
        await pointer(page, "MouseMove", *pixel(page, "z1"))
        assert page.state.space_cursor == "ns-resize"

    in_session(dataset, test)


def test_a_sphere_is_moved_and_a_press_beside_it_turns(dataset):
    async def test(page: Page) -> None:
        await size(page)
        await choose(page, "sphere")
        expression, camera = page.state.expression, page.space.seen_from
        await pointer(page, "LeftButtonPress", 3, 3)
        await pointer(page, "MouseMove", 40, 3)
        await pointer(page, "LeftButtonRelease", 40, 3)
        await page.until(lambda: page.space.seen_from != camera)
        assert page.state.expression == expression
        x, y = pixel(page, "middle")
        await pointer(page, "LeftButtonPress", x, y)
        await pointer(page, "MouseMove", x, y + 30)
        await pointer(page, "LeftButtonRelease", x, y + 30)
        values = {parameter["name"]: parameter["value"] for parameter in page.state.parameters}
        assert values["z"] < 23
        assert values["radius"] == 12

    in_session(dataset, test)


def test_a_shape_is_drawn_on_the_page_of_the_workbench_alone(dataset):
    async def test(page: Page) -> None:
        grips = page.space.dragged
        await choose(page, "box")
        assert grips.gizmo is not None
        await set_state(page, tab="cluster")
        assert grips.gizmo is None
        await set_state(page, tab="importance")
        assert grips.gizmo is not None
        await page.act("family", name="above")
        assert grips.gizmo is None

    in_session(dataset, test)


def test_the_panel_of_a_map_has_it_tried_and_follows_the_slot(dataset):
    async def test(page: Page) -> None:
        def notes() -> dict[str, str]:
            return dict(page.space.scene.notes)

        assert [one["figures"] for one in page.state.estimates] == [[], []]
        await set_state(page, panels=["map", "original", "tried"])
        assert page.state.panels == ["original", "map", "tried"]
        assert set(notes()) == {"map", "tried"}
        await page.until(lambda: page.state.estimates[0]["figures"])
        assert notes() == {"map": "A", "tried": "A"}
        await set_state(page, slot="b")
        assert notes()["map"] in ("B: trying…", "B")  # the same map is soon tried at the same settings
        await page.until(lambda: page.state.estimates[1]["figures"])
        assert notes()["map"] == "B"
        await page.act("expression", text="value > nonsense")
        await page.until(lambda: "nonsense" in page.state.notice["text"])
        await page.until(lambda: notes()["map"] == "B: not tried yet")  # nor again and again
        await set_state(page, slot="a")
        assert notes()["map"] == "A"
        await page.act("select", indices=[0], mode="replace")
        await page.until(lambda: page.state.estimates[0]["figures"])  # of other chunks
        await set_state(page, panels=["tried"])
        assert page.state.panels == ["reconstruction", "tried"]
        assert set(notes()) == {"tried"}

    in_session(dataset, test)


def test_panels_of_a_map_come_back_with_a_state(dataset):
    async def test(page: Page) -> None:
        trial = TrialState("box(z=2:20, y=0:48, x=0:48)", 40.0, "", {})
        kept = replace(kept_of(page), panels=("reconstruction", "map"), trials=(trial, trial))
        await page.act("restore", text=kept.to_json())
        await page.until(lambda: page.state.estimates[0]["figures"])
        assert page.state.panels == ["reconstruction", "map"]
        assert kept_of(page).panels == ("reconstruction", "map")

    in_session(dataset, test)


def test_a_map_needs_the_field(archive):
    assert [choice["value"] for choice in panel_choices(False) if not choice["disabled"]] == [
        "reconstruction"
    ]
    assert not any(choice["disabled"] for choice in panel_choices(True))

    async def test(page: Page) -> None:
        await set_state(page, panels=["reconstruction", "map"])
        assert page.state.panels == ["reconstruction"]
        assert page.space.scene.notes == {}

    with Dataset.open(archive[0]) as alone:
        in_session(alone, test)
