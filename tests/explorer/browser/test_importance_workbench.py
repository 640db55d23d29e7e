"""The importance workbench in a real browser."""

import pytest

pytestmark = pytest.mark.browser


def figures(window, slot):
    return window.state("estimates")[slot]["figures"]


def test_a_changed_map_is_tried_at_once_and_two_are_compared(window):
    window.tab("Importance")
    window.until("document.querySelector('input.expression')?.value === 'isosurface(6.0, decay=0.2)'")
    window.page.get_by_label("Importance family").select_option("above")
    window.until_state("estimates", "value[0].figures.length > 0")
    window.settle()
    before = figures(window, 0)
    assert float(before[0]) > 1
    assert before[2].endswith("dB")
    assert window.state("estimates")[0]["picture"].startswith("data:image/png")
    window.page.get_by_role("slider", name="value", exact=True).press("End")
    window.until_state("estimates", f"value[0].figures.length && value[0].figures[0] !== {before[0]!r}")
    window.page.locator("button[value=b]").click()
    expression = window.page.get_by_label("Importance expression")
    expression.fill("1")
    expression.press("Enter")
    window.until_state("comparison_text", "value.includes('B against A')")
    assert float(figures(window, 1)[0]) < float(figures(window, 0)[0])  # all voxels matter: it takes more
    window.page.locator("button[value=a]").click()
    window.until_state("expression", "value.startsWith('value > ')")


@pytest.mark.parametrize("expression", ["isosurface(", "value > nonsense", 'mask("/etc/passwd")', "2"])
def test_an_expression_that_is_none_is_one_line_and_has_no_figures(window, expression):
    window.tab("Importance")
    window.page.get_by_role("button", name="Try", exact=True).click()
    window.until_state("estimates", "value[0].figures.length > 0")
    field = window.page.get_by_label("Importance expression")
    field.fill(expression)
    field.press("Enter")
    window.until("document.querySelector('.idlat-notices [role=alert]')?.textContent.length > 10")
    assert window.state("notice")["kind"] == "error"
    assert "\n" not in window.state("notice")["text"]
    window.until_state("estimates", "value[0].figures.length === 0")


def test_the_expression_and_the_archive_are_saved(window, tmp_path):
    window.tab("Importance")
    with window.page.expect_download() as caught:
        window.page.get_by_role("button", name="Save expression").click()
    caught.value.save_as(tmp_path / "map.txt")
    assert (tmp_path / "map.txt").read_text() == "isosurface(6.0, decay=0.2)\n"
    with window.page.expect_download() as caught:
        window.page.get_by_role("button", name="Save archive").click()
    caught.value.save_as(tmp_path / "again.idlat.zip")
    import idlat

    with idlat.open_archive(tmp_path / "again.idlat.zip") as archive:
        assert archive.decode().sizes["z"] == 48


def test_what_a_map_came_to_stands_while_its_blocks_are_looked_at(window):
    window.tab("Importance")
    window.page.get_by_role("button", name="Try", exact=True).click()
    window.until_state("estimates", "value[0].figures.length > 0")
    window.page.locator("button[value=b]").click()
    expression = window.page.get_by_label("Importance expression")
    expression.fill("box(z=0:16)")
    expression.press("Enter")
    window.until_state("comparison_text", "value.includes('B against A')")
    window.settle()
    window.answered()
    before, text = window.state("estimates"), window.state("comparison_text")
    if window.state("moved_blocks"):
        window.page.get_by_role("button", name="Show them").click()
        window.until_state("selected", f"value.reduce((a, b) => a + b, 0) === {window.state('moved_blocks')}")
        assert (window.state("estimates"), window.state("comparison_text")) == (before, text)
        window.answered()
        assert "Try again" not in window.page.locator(".bench-note").inner_text()
    window.split()
    window.choose()
    assert (window.state("estimates"), window.state("comparison_text")) == (before, text)
