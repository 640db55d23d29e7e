"""The map that is edited, in physical space of a real browser: dragged by the mouse, shown in its panels."""

import pytest

from idlat.explorer.data import ExplorerState
from idlat.explorer.scene.geometry.camera_view import CameraView
from idlat.explorer.scene.geometry.panel_layout import arrange
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.handles.map_shapes import BoxShape
from idlat.explorer.scene.handles.shape_handles import Voxels, handles_of

pytestmark = pytest.mark.browser

CURSOR = "getComputedStyle(document.querySelector('.space-body img')).cursor"


def handle(window, name):
    """Where a handle of the box is on the page, in the second of two panels."""
    body = window.page.locator(".space-body").bounding_box()
    place = arrange(2, round(body["width"]), round(body["height"]))[1]
    window.rest()
    camera = ExplorerState.from_fragment(window.state("fragment")).camera
    view = CameraView.of(camera, place.size)
    values = {each["name"]: each["value"] for each in window.state("parameters")}
    voxels = Voxels(VolumeFrame((48, 48, 48), (1.0, 1.0, 1.0)))
    found = next(h for h in handles_of(BoxShape.of(values), voxels, view) if h.name == name)
    x, y = view.project(voxels.world(found.place[None]))[0].tolist()
    return body["x"] + place.x + x, body["y"] + place.y + y


def test_a_face_of_a_box_is_dragged_and_the_map_tried(window):
    window.tab("Importance")
    window.page.get_by_label("Importance family").select_option("box")
    window.until_state("estimates", "value[0].figures.length > 0")
    window.rest()
    before, picture = window.state("estimates")[0]["figures"], window.picture()
    assert window.state("expression") == "box(z=12:36, y=12:36, x=12:36)"
    x, y = handle(window, "z1")
    window.page.mouse.move(x, y)
    window.until(f"{CURSOR} === 'ns-resize'")
    window.page.mouse.down()
    window.page.mouse.move(x, y - 30, steps=6)
    window.until_state("expression", "/^box\\(z=12:(3[7-9]|4\\d), y=12:36, x=12:36\\)$/.test(value)")
    window.page.mouse.up()
    window.until_state("estimates", f"value[0].figures.length > 0 && value[0].figures[1] !== {before[1]!r}")
    window.until_new_picture(picture)
    shown = window.page.get_by_role("slider", name="z to", exact=True).get_attribute("aria-valuenow")
    assert f"z=12:{shown}," in window.state("expression")
    assert handle(window, "z1")[1] == pytest.approx(y - 30, abs=4)
    window.page.mouse.move(x - 150, y - 100)
    window.until(f"{CURSOR} === 'auto'")
    expression = window.state("expression")
    window.page.mouse.down()
    window.page.mouse.move(x - 100, y - 100, steps=4)
    window.page.mouse.up()
    window.settle()
    assert window.state("expression") == expression  # it turned the view


def test_the_map_and_what_comes_back_are_shown_beside_the_field(window):
    before = window.picture()
    for kind in ("map", "tried"):
        window.page.locator(f"button[value={kind}]").click()
    window.until_state("panels", "value.length === 4")
    window.until_state("estimates", "value[0].figures.length > 0")  # tried for the panel
    window.until_new_picture(before)
    window.settle()
    assert window.state("panels") == ["original", "reconstruction", "map", "tried"]
    window.until("document.querySelector('button[value=difference]').disabled")  # no room for a fifth
    assert window.state("panels") == ["original", "reconstruction", "map", "tried"]
    first = window.picture()
    window.tab("Importance")
    window.page.get_by_label("Importance family").select_option("above")
    window.until_new_picture(first)
