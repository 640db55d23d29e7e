"""Reading values in a real browser: under the pointer, in linked sections, and in a window of values."""

import pytest

pytestmark = pytest.mark.browser


def test_sections_are_moved_by_the_pointer_which_tells_the_values_under_it(window):
    page, before = window.page, window.picture()
    page.locator("button[value=sections]").click()
    window.until_new_picture(before)
    window.settle()
    box = page.locator(".idlat-keys").bounding_box()
    places = [(box["x"] + share * box["width"], box["y"] + 0.66 * box["height"]) for share in (0.1, 0.16)]
    page.mouse.move(*places[0])
    window.until("document.querySelector('.idlat-keys .idlat-tip b')")
    window.until_text(".idlat-keys .idlat-tip", "Reconstruction")
    window.until_text(".idlat-keys .idlat-tip", "all blocks")
    z = window.state("slices")[0]
    window.until_text(".idlat-keys .idlat-tip strong", f"z {z} ")
    begun, before = window.state("slices"), window.picture()
    page.mouse.down()
    page.mouse.move(*places[1], steps=3)
    window.until_state("slices", f"value[0] === {z} && value[2] !== {begun[2]}")
    page.mouse.up()
    window.until_new_picture(before)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 20)
    window.until("document.querySelector('.idlat-keys .idlat-tip') === null")
    window.until_state("probed", "value === null")  # nor is a block marked in the other views


TIP_OF = """(told) => new Promise((done) => {
  const look = () => { // again and again: the server's own answer to the pointer may come in between
    window.idlatBridge.trame.state.set('probed', told);
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const tip = document.querySelector('.idlat-keys .idlat-tip');
      if (!tip?.textContent.includes('5.8905 m')) return look();
      const { left, right } = tip.getBoundingClientRect();
      done([left, right]);
    }));
  };
  look();
})"""


@pytest.mark.parametrize("place", [0.47, 0.53])
def test_long_coordinates_under_the_pointer_stay_in_the_view(window, place):
    page = window.page
    box = page.locator(".idlat-keys").bounding_box()
    page.mouse.move(box["x"] + place * box["width"], box["y"] + 0.5 * box["height"])
    told = {"row": -1, "place": "z 1 y 2 x 3", "where": "position along z 5.8905 m, " * 6, "values": []}
    left, right = page.evaluate(TIP_OF, told)
    assert box["x"] <= left
    assert right <= box["x"] + box["width"]


def test_a_window_of_values_is_swept_over_and_its_blocks_chosen(window):
    page, before = window.page, window.picture()
    box = page.locator(".idlat-transfer svg").bounding_box()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.98 * box["width"], box["y"] + 8, steps=4)
    page.mouse.up()
    window.until_state("brush", "value.length === 2")
    window.until("document.querySelector('.idlat-brush')")
    window.until_new_picture(before)
    page.get_by_role("button", name="choose their blocks").click()
    window.until_state("selected", "value.length === 27 && value.reduce((a, b) => a + b, 0) < 27")
    low, high = window.state("brush")
    page.get_by_role("button", name="colours over them").click()
    window.until_state("colour_range", f"value[0] === {low} && value[1] === {high}")
    window.until_state("brush", "value.length === 0")
    field = page.get_by_label("Colours to")
    field.fill("9")
    field.press("Enter")
    window.until_state("colour_range", "value[1] === 9")
    page.get_by_role("button", name="colours over all values").click()
    window.until_state("colour_range", f"`${{value}}` === '{','.join(map(repr, window.state('range')))}'")


def test_one_looks_along_the_axes_and_sets_the_exaggeration(window):
    page, before = window.page, window.picture()
    page.get_by_label("View: axes").click()
    page.get_by_label("Look along z", exact=True).click()
    window.until_new_picture(before)
    before = window.picture()
    field = page.locator("#exaggeration")
    field.fill("2")
    field.press("Enter")
    window.until_state("exaggeration", "value === 2")
    page.keyboard.press("Escape")
    window.until("!document.querySelector('.v-overlay--active')")
    page.locator(".idlat-keys").focus()
    page.keyboard.press("y")
    window.until_new_picture(before)
