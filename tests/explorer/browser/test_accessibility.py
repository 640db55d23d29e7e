"""What assistive technology meets on every page, in both themes; nothing is out of reach on small screens."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

SIZES = [(1024, 768), (1280, 720), (1920, 1080)]


def axe() -> str:
    """Return the text of axe-core, which looks for what keeps people out."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def found_by_axe(window):
    answer = window.page.evaluate(
        "axe.run(document, { rules: { 'label-content-name-mismatch': { enabled: true } } })"
    )
    return [
        (rule["id"], rule["impact"], [node["html"][:120] for node in rule["nodes"]])
        for rule in answer["violations"]
        if rule["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out_of_any_page(window, theme):
    window.page.evaluate(axe())
    window.page.evaluate(f"window.idlatBridge.act('theme', {{theme: '{theme}'}})")
    window.until(f"document.querySelector('.idlat.is-{theme}')")
    assert found_by_axe(window) == []
    window.split()
    window.choose()
    for tab in ("Cluster", "Importance", "Isosurface map", "Time"):
        window.tab(tab)
        window.settle()
        assert (tab, found_by_axe(window)) == (tab, [])
    window.page.locator("button[value=both]").click()
    window.until("document.querySelector('#isovalue')")
    assert found_by_axe(window) == []
    window.page.get_by_label("Keys and gestures").click()
    window.until("document.querySelector('.help')")
    window.until("getComputedStyle(document.querySelector('.v-dialog .v-overlay__content')).opacity === '1'")
    assert found_by_axe(window) == []


STANDING = """() => !document.querySelector('.v-menu [class*=-enter-active]')
  && [...document.querySelectorAll('.v-menu .v-overlay__content')]
    .every((e) => getComputedStyle(e).opacity === '1')"""
"""Whether a menu has come in whole: it is faint on its way."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out_of_any_menu(window, theme):
    page = window.page
    if theme == "dark":
        page.get_by_label("Dark theme").click()
        window.until_state("theme", "value === 'dark'")
    page.evaluate(axe())
    for name, inside in (
        ("Other variables and steps beside", "Add a step"),
        ("How the points are arranged", "Perplexity"),
        ("View: axes", "Keep this view as"),
    ):
        page.get_by_label(name).click()
        page.get_by_text(inside).wait_for()
        if inside == "Add a step":
            page.get_by_text(inside).click()
            window.until_state("beside", "value.length === 1")
            page.get_by_label("Step of panel 1").wait_for()
        window.until(f"({STANDING})()")
        assert (name, found_by_axe(window)) == (name, [])
        page.keyboard.press("Escape")
        window.until("!document.querySelector('.v-overlay--active')")


def test_the_picture_is_one_stop_of_the_tabulator(window):
    stops = window.page.evaluate(
        "[...document.querySelectorAll('.space-body [tabindex]')].filter((e) => e.tabIndex >= 0).length"
    )
    assert stops == 1
    assert window.page.locator(".space-body img").get_attribute("alt")


def test_nothing_is_cut_off(window):
    window.page.locator("button[value=both]").click()
    window.until("document.querySelector('#isovalue')")
    window.settle()
    jobs = [{"kind": f"k{i}", "label": f"A job that runs for long {i}", "percent": 10 * i} for i in range(3)]
    for size in SIZES:
        window.resize(size)
        window.page.evaluate("jobs => window.idlatBridge.trame.state.set('jobs', jobs)", jobs)
        window.until("document.querySelectorAll('.job').length === 3")
        assert (size, window.outside()) == (size, [])
        assert window.page.evaluate("document.body.scrollWidth") <= size[0]


OVERLAPS = """(name) => {
  const boxes = [...document.querySelectorAll(name)].map((e) => [e.outerHTML, e.getBoundingClientRect()]);
  const within = (a0, a1, b0, b1) => a0 < b1 - 1 && b0 < a1 - 1;
  const meet = (a, b) => within(a.left, a.right, b.left, b.right) && within(a.top, a.bottom, b.top, b.bottom);
  return boxes.flatMap(([first, a], i) =>
    boxes.slice(i + 1).filter(([, b]) => meet(a, b)).map(([second]) => [first, second]));
}"""
CONTROLS = ".draw .row-name, .draw .v-slider, .draw output, .draw .v-btn"


def test_every_control_of_every_page_is_in_reach(window):
    window.split()
    window.choose()
    window.page.get_by_label("Colour points by").select_option("error")
    window.until_state("legend", "value !== null")
    window.until("document.querySelector('.legend')")
    for mode, shown in (("isosurface", "#isovalue"), ("slices", ".slice-number")):
        window.page.locator(f"button[value={mode}]").click()
        window.until(f"document.querySelector('{shown}')")
        for size in SIZES:
            window.resize(size)
            assert (mode, size, window.outside()) == (mode, size, [])
            assert window.page.evaluate(OVERLAPS, CONTROLS) == []
    for tab in ("Cluster", "Importance", "Isosurface map", "Time"):
        window.tab(tab)
        window.until(
            f"document.querySelector('.dock-page')?.id === 'page-{tab.split()[0].lower()}'"
            f" || '{tab}' === 'Isosurface map' && document.querySelector('#page-isosurfaces')"
        )
        for size in SIZES:
            window.resize(size)
            assert (tab, size, window.outside()) == (tab, size, [])


def test_a_message_over_an_enlarged_view_covers_no_control(window):
    window.split()
    window.tab("Importance")
    for view in ("tree", "latent", "space", "dock"):
        window.page.locator(f".area-{view}").get_by_label("Enlarge this view").click()
        window.until(f"document.querySelector('.grid.show-{view}')")
        window.page.evaluate("window.idlatBridge.act('merge', {node: 1})")
        window.until("document.querySelector('.idlat-notices [role=alert]').textContent.length > 0")
        assert (view, window.covered_by_message()) == (view, [])
        window.page.evaluate("window.idlatNotice.close()")
        window.page.keyboard.press("Escape")
        window.until("!document.querySelector('.grid.is-one')")


def test_a_long_name_ends_in_dots_before_the_number_of_blocks(window):
    window.split()
    window.page.evaluate(
        "window.idlatBridge.act('rename', {node: 1, name: 'a very long name of the cores of a vortex'})"
    )
    node = window.page.locator(".idlat-node[data-node='1']")
    window.until("document.querySelector(\".idlat-node[data-node='1'] text\").textContent.includes('…')")
    size = next(each["size"] for each in window.state("nodes") if each["id"] == 1)
    assert node.locator(".idlat-count").text_content() == str(size)
    assert "a very long name of the cores of a vortex" in node.get_attribute("aria-label")
    text, chart = (
        window.page.locator(name).bounding_box()
        for name in (".idlat-node[data-node='1'] text", ".idlat-tree")
    )
    assert text["x"] + text["width"] <= chart["x"] + chart["width"]


CUT_SHORT = """() => [...document.querySelectorAll('.panel-head h2, .panel-head .panel-note')]
  .filter((e) => e.offsetParent !== null && getComputedStyle(e).clipPath === 'none')
  .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent)"""


def test_no_title_or_note_is_cut_short(window):
    window.split()
    window.tab("Isosurface map")
    window.page.get_by_role("button", name="Compute the map").click()
    window.until_state("representative", "value && value.length")
    window.until("document.querySelector('.idlat-readout')?.textContent.length > 0")
    boxes = "name => document.querySelector(name).getBoundingClientRect().toJSON()"
    for size in SIZES:
        window.resize(size)
        assert (size, window.page.evaluate(CUT_SHORT)) == (size, [])
        note, side = (window.page.evaluate(boxes, name) for name in (".idlat-readout", ".isosurfaces-side"))
        assert note["right"] <= side["left"]
