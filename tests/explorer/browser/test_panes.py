"""The views are resized by the bars between them, in a real browser."""

import pytest

pytestmark = pytest.mark.browser


def width(window, view, side="width"):
    return window.page.locator(f".area-{view}").bounding_box()[side]


def until_width(window, view, wanted, side="width"):
    """Wait until a view is as wide: the page is laid out a moment after its state is there."""
    box = f"document.querySelector('.area-{view}').getBoundingClientRect()"
    window.until(f"Math.abs({box}.{side} - {wanted}) < 2.5")


def test_a_bar_is_dragged_and_the_page_remembers(window):
    page, picture = window.page, window.picture()
    before = {view: width(window, view) for view in ("tree", "latent", "space")}
    bar = page.get_by_role("separator", name="Width of the latent space").bounding_box()
    middle = bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 50, middle[1], steps=5)
    page.mouse.up()
    window.until_state("panes", "value.length === 3")
    for view, more in (("latent", 50), ("space", -50), ("tree", 0)):
        until_width(window, view, before[view] + more)
    window.until_new_picture(picture)  # as wide as its view now is
    assert window.outside() == []
    window.rest()
    page.reload()
    window.settle()
    until_width(window, "latent", before["latent"] + 50)
    page.get_by_role("separator", name="Width of the latent space").dblclick()
    window.until_state("panes", "value.length === 0")
    until_width(window, "latent", before["latent"])


def test_a_bar_is_moved_by_keys_and_stops_where_a_view_would_be_too_small(window):
    page, tall = window.page, width(window, "dock", "height")
    bar = page.get_by_role("separator", name="Height of the views")
    bar.focus()
    page.keyboard.press("Shift+ArrowUp")
    window.until_state("panes", "value.length === 3")
    until_width(window, "dock", tall + 64, "height")
    for _ in range(20):
        page.keyboard.press("Shift+ArrowUp")
    until_width(window, "latent", 160, "height")
    assert window.outside() == []
    tree = page.get_by_role("separator", name="Width of the clusters")
    tree.focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    until_width(window, "tree", 190)
    window.until("Number(document.querySelector('.split-tree').getAttribute('aria-valuenow')) < 20")
    page.keyboard.press("Home")
    window.until_state("panes", "value.length === 0")
    until_width(window, "dock", tall, "height")
