"""Views of physical space kept under a name, in a real browser."""

import numpy as np
import pytest

from idlat.explorer.data import ExplorerState

pytestmark = pytest.mark.browser


def shown(window):
    """Return the state that the address holds once it rests."""
    window.rest()
    return ExplorerState.from_fragment(window.page.url.partition("#")[2])


def test_a_view_is_kept_gone_back_to_and_deleted_and_outlives_a_reload(window):
    page = window.page
    begun = shown(window).camera
    menu = page.get_by_label("View: axes")
    menu.click()
    page.get_by_role("button", name="Keep", exact=True).last.click()
    window.until_state("cameras", "value.length === 1 && value[0] === 'View 1'")
    before = window.picture()
    page.get_by_label("Look along z", exact=True).click()
    window.until_new_picture(before)
    field = page.locator("#camera-name")
    field.fill("from above")
    field.press("Enter")
    window.until_state("cameras", "value.length === 2 && value[1] === 'from above'")
    state = shown(window)
    assert [each.name for each in state.cameras] == ["View 1", "from above"]
    above = state.cameras[1].camera["position"]
    assert np.abs(np.subtract(above, begun["position"])).max() > 0.5
    assert state.camera["position"] == pytest.approx(above, abs=1e-5)

    page.reload()
    window.settle()
    window.until_state("cameras", "value.length === 2")
    before = window.picture()
    menu.click()
    page.get_by_role("button", name="View 1", exact=True).click()
    window.until_new_picture(before)
    assert shown(window).camera["position"] == pytest.approx(begun["position"], abs=1e-5)
    page.get_by_role("button", name="Delete view View 1").click()
    window.until_state("cameras", "value.length === 1")
    assert [each.name for each in shown(window).cameras] == ["from above"]


def test_what_looked_at_all_does_so_in_other_panels_after_a_reload_too(window):
    page, other = window.page, window.page.locator("button[value=original]")
    begun = shown(window)
    assert begun.fitted
    other.click()
    window.until_state("panels", "value.length === 1")
    wide = shown(window)
    assert wide.camera["position"] != pytest.approx(begun.camera["position"], abs=1e-3)
    page.reload()
    window.settle()
    other.click()
    window.until_state("panels", "value.length === 2")
    assert shown(window).camera["position"] == pytest.approx(begun.camera["position"], abs=1e-5)

    page.locator(".idlat-keys").press("ArrowLeft")
    window.until_state("fragment", f"value !== '{window.state('fragment')}'")
    turned = shown(window)
    assert not turned.fitted
    page.reload()
    window.settle()
    other.click()
    window.until_state("panels", "value.length === 1")
    assert shown(window).camera["position"] == pytest.approx(turned.camera["position"], abs=1e-5)
