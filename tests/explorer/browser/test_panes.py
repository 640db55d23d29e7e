"""The views are resized by the bars between them, in a real browser."""

import pytest

pytestmark = pytest.mark.browser


def width(window, view, side="width"):
    return window.page.locator(f".area-{view}").bounding_box()[side]


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
    assert width(window, "latent") == pytest.approx(before["latent"] + 50, abs=2)
    assert width(window, "space") == pytest.approx(before["space"] - 50, abs=2)
    assert width(window, "tree") == pytest.approx(before["tree"], abs=2)
    window.until_new_picture(picture)  # as wide as its view now is
    assert window.outside() == []
    window.rest()
    page.reload()
    window.settle()
    window.until(
        f"Math.abs(document.querySelector('.area-latent').offsetWidth - {before['latent'] + 50}) < 3"
    )
    page.get_by_role("separator", name="Width of the latent space").dblclick()
    window.until_state("panes", "value.length === 0")
    assert width(window, "latent") == pytest.approx(before["latent"], abs=2)


def test_a_bar_is_moved_by_keys_and_stops_where_a_view_would_be_too_small(window):
    page, tall = window.page, width(window, "dock", "height")
    bar = page.get_by_role("separator", name="Height of the views")
    bar.focus()
    page.keyboard.press("Shift+ArrowUp")
    window.until_state("panes", "value.length === 3")
    assert width(window, "dock", "height") == pytest.approx(tall + 64, abs=2)
    for _ in range(20):
        page.keyboard.press("Shift+ArrowUp")
    assert width(window, "latent", "height") == pytest.approx(160, abs=2)
    assert window.outside() == []
    tree = page.get_by_role("separator", name="Width of the clusters")
    tree.focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    assert width(window, "tree") == pytest.approx(190, abs=2)
    assert int(tree.get_attribute("aria-valuenow")) < 20
    page.keyboard.press("Home")
    window.until_state("panes", "value.length === 0")
    assert width(window, "dock", "height") == pytest.approx(tall, abs=2)
