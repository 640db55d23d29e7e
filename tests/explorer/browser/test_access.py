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
    window.leaves().first.locator("text").click()
    for tab in ("Cluster", "Importance", "Isosurface map", "Time"):
        window.tab(tab)
        window.settle()
        assert (tab, found_by_axe(window)) == (tab, [])
    window.page.locator("button[value=both]").click()
    window.until("document.querySelector('#isovalue')")
    assert found_by_axe(window) == []
    window.page.get_by_label("Keys and gestures").click()
    window.until("document.querySelector('.help')")
    assert found_by_axe(window) == []


def test_the_picture_is_one_stop_of_the_tabulator(window):
    stops = window.page.evaluate(
        "[...document.querySelectorAll('.space-body [tabindex]')].filter((e) => e.tabIndex >= 0).length"
    )
    assert stops == 1
    assert window.page.locator(".space-body img").get_attribute("alt")


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off(window, size):
    width, height = size
    window.page.set_viewport_size({"width": width, "height": height})
    window.page.locator("button[value=both]").click()
    window.until("document.querySelector('#isovalue')")
    jobs = [{"kind": f"k{i}", "label": f"A job that runs for long {i}", "percent": 10 * i} for i in range(3)]
    window.page.evaluate("jobs => window.idlatBridge.trame.state.set('jobs', jobs)", jobs)
    window.until("document.querySelectorAll('.job').length === 3")
    outside = window.page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, [role=slider], [role=tab]')]
             .filter((e) => e.offsetParent !== null && !e.closest('.jobs'))
             .map((e) => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
             .filter(([, box]) => box.width && box.height)
             .filter(([, box]) => box.left < 0 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1)
             .map(([name]) => name)"""
    )
    assert outside == []
    assert window.page.evaluate("document.body.scrollWidth") <= width


@pytest.mark.parametrize("size", SIZES)
def test_no_title_or_note_is_cut_short(window, size):
    window.page.set_viewport_size({"width": size[0], "height": size[1]})
    window.split()
    window.tab("Isosurface map")
    window.page.get_by_role("button", name="Compute the map").click()
    window.until_state("representative", "value && value.length")
    short = window.page.evaluate(
        """() => [...document.querySelectorAll('.panel-head h2, .panel-head .panel-note')]
             .filter((e) => e.offsetParent !== null && getComputedStyle(e).clipPath === 'none')
             .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent)"""
    )
    assert short == []
    boxes = "name => document.querySelector(name).getBoundingClientRect().toJSON()"
    note, side = (window.page.evaluate(boxes, name) for name in (".idlat-readout", ".isosurfaces-side"))
    assert note["right"] <= side["left"]
