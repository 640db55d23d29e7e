"""Other variables and steps beside the one in view, each with a look of its own, in a real browser."""

import numpy as np
import pytest

from idlat.explorer.data import ExplorerState

pytestmark = pytest.mark.browser


@pytest.fixture
def explorer(two_variables):
    return two_variables


def test_a_variable_and_a_step_are_added_tuned_read_kept_and_taken_away(opened, explorer):
    window = opened(explorer.address)
    page, before = window.page, window.picture()
    menu = page.get_by_label("Other variables and steps beside")
    menu.click()
    add = page.get_by_role("button", name="Add a variable or step")
    add.click()
    window.until_state("beside", "value.length === 1 && value[0].title === 'heat, 0 h'")
    add.click()
    window.until_state("beside", "value.length === 2 && value[1].title === 'flow, 1 h'")
    page.get_by_label("Values of panel 2").select_option("original")
    window.until_state("beside", "value[1].title === 'flow, 1 h, original'")
    window.until_new_picture(before)
    assert window.state("panels") == ["original", "reconstruction"]
    page.evaluate(
        "window.idlatBridge.act('tune', {index: 2})"
    )  # another step has the look of the one in view
    window.until_state("tuned_look", "value?.colours === 'viridis'")
    for name in ("transfer", "colour_range", "isovalue"):
        assert window.state("tuned_look")[name] == window.state(name)
    page.keyboard.press("Escape")
    window.until("!document.querySelector('.v-overlay--active')")
    window.settle()

    page.get_by_label("Whose colours and opacities").select_option("1")
    window.until_state("tuned_look", "value?.units === 'K' && value.transfer.length > 1")
    assert window.outside() == []
    shown, low, high = window.picture(), *window.state("tuned_look")["range"]
    page.get_by_label("Colour map").select_option("magma")
    window.until_state("tuned_look", "value.colours === 'magma'")
    window.until_new_picture(shown)
    field = page.get_by_label("Colours from")
    middle = round((low + high) / 2)
    field.fill(str(middle))
    field.press("Enter")
    window.until_state("tuned_look", f"value.colour_range[0] === {middle}")
    assert window.state("colours_name") == "viridis"
    assert window.state("colour_range") == window.state("range")

    box = page.locator(".idlat-keys").bounding_box()
    page.locator("button[value=sections]").click()
    window.settle()
    page.mouse.move(box["x"] + 0.165 * box["width"], box["y"] + 0.146 * box["height"])
    window.until_text(".idlat-keys .idlat-tip", "heat, 0 h")
    window.until_text(".idlat-keys .idlat-tip", "flow, 1 h, original")

    window.rest()
    state = ExplorerState.from_fragment(page.url.partition("#")[2])
    assert [(each.variable, each.step, each.what) for each in state.beside] == [
        ("heat", None, "reconstruction"),
        ("flow", 2, "original"),
    ]
    assert state.beside[0].colours == "magma"
    page.reload()
    window.settle()
    window.until_state("beside", "value.length === 2 && value[1].title === 'flow, 1 h, original'")
    menu.click()
    page.get_by_label("Take panel 1 away").click()
    window.until_state("beside", "value.length === 1 && value[0].variable === 'flow'")
    window.until_state("most_panels", "value === 3")


def test_one_that_follows_the_step_in_view_does_so_while_it_plays(opened, explorer):
    window = opened(explorer.address)
    page = window.page
    page.get_by_label("Other variables and steps beside").click()
    page.get_by_role("button", name="Add a variable or step").click()
    window.until_state("beside", "value.length === 1 && value[0].title === 'heat, 0 h'")
    page.keyboard.press("Escape")
    window.until("!document.querySelector('.v-overlay--active')")
    page.get_by_label("Play through the steps").click()
    for title in ("heat, 0.5 h", "heat, 1 h", "heat, 0 h"):
        window.until_state("beside", f"value[0].title === '{title}'")
    page.get_by_label("Pause").click()
    window.until_state("latent_note", "value === 't-SNE'")
    window.settle()


def test_it_is_said_of_which_panel_nothing_is_seen(opened, explorer):
    window = opened(explorer.address)
    page = window.page
    page.locator("button[value=isosurface]").click()
    page.get_by_label("Other variables and steps beside").click()
    page.get_by_role("button", name="Add a variable or step").click()
    window.until_state("beside", "value.length === 1 && value[0].title === 'heat, 0 h'")
    page.keyboard.press("Escape")
    window.until("!document.querySelector('.v-overlay--active')")
    page.get_by_label("Whose colours and opacities").select_option("1")
    window.until_state("tuned_look", "value?.units === 'K'")
    assert window.state("space_hint") == ""
    field = page.locator("#isovalue")
    field.fill("1000")
    field.press("Enter")
    window.until_text(".empty-low", "heat, 0 h: No isosurface 1000 K in the chosen blocks")
    field.fill(str(np.mean(window.state("tuned_look")["range"])))
    field.press("Enter")
    window.until("!document.querySelector('.empty-low')")
