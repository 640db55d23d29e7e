"""Results are kept: state in the address and in files, pictures, exports; the page outlives the server."""

import csv
import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from idlat.explorer.data import ExplorerState

pytestmark = pytest.mark.browser


def arrange(window):
    """Make a state that differs in every view, and return the leaves' names."""
    window.split()
    window.choose()
    window.page.locator("button[value=isosurface]").click()
    field = window.page.locator("#isovalue")
    field.fill("7.5")
    field.press("Enter")
    window.until_state("isovalue", "value === 7.5")
    window.page.get_by_label("Colour points by").select_option("mean")
    window.until_state("legend", "value !== null")
    window.page.locator(".idlat-scatter canvas").hover()
    window.page.mouse.wheel(0, -400)
    window.until_state("latent_look", "value[2] > 1.5")
    window.page.get_by_label("Dark theme").click()
    window.until_state("theme", "value === 'dark'")
    window.rest()
    state = ExplorerState.from_fragment(window.page.url.partition("#")[2])
    assert (state.isovalue, state.theme, state.mode) == (7.5, "dark", "isosurface")
    assert state.selection
    assert state.look[2] == pytest.approx(np.exp(0.6))
    return window.leaves().locator("text").all_text_contents()


def matches(window, leaves):
    window.until(f"document.querySelectorAll('.idlat-node.is-leaf').length === {len(leaves)}")
    window.settle()
    window.until_state("isovalue", "value === 7.5")
    for name, text in (("mode", "isosurface"), ("theme", "dark"), ("colour_by", "mean")):
        window.until_state(name, f"value === {text!r}")
    window.until_state("latent_look", f"Math.abs(value[2] - {np.exp(0.6)}) < 1e-5")
    window.until_state("selected", "(blocks => 0 < blocks && blocks < 27)(value.reduce((a, b) => a + b, 0))")
    names = "[...document.querySelectorAll('.idlat-node.is-leaf text')].map(e => e.textContent)"
    window.until(f"JSON.stringify({names}) === JSON.stringify({json.dumps(leaves)})")


def download(window, title):
    window.page.get_by_role("button", name="Keep").click()
    with window.page.expect_download() as caught:
        window.page.get_by_text(title, exact=True).click()
    return caught.value


def test_the_address_holds_the_state(opened, explorer, window):
    leaves = arrange(window)
    matches(opened(window.page.url), leaves)


def test_the_state_is_saved_and_restored(opened, explorer, window, tmp_path):
    leaves = arrange(window)
    download(window, "Save state (JSON)").save_as(tmp_path / "state.json")
    state = ExplorerState.from_json((tmp_path / "state.json").read_text())
    assert (state.isovalue, state.theme, state.archive) == (7.5, "dark", "v.idlat")
    other = opened(explorer.address)
    other.page.set_input_files(".idlat-file", tmp_path / "state.json")
    matches(other, leaves)


@pytest.mark.parametrize(
    "content", ["{}", "[1, 2", '{"format": "idlat explorer state", "format_version": 99}']
)
def test_a_file_that_is_no_state_is_refused(window, tmp_path, content):
    (tmp_path / "bad.json").write_text(content)
    window.page.set_input_files(".idlat-file", tmp_path / "bad.json")
    window.until_state("notice", "value.kind === 'error'")
    window.answered()
    assert window.leaves().count() == 1


def test_a_damaged_address_opens_the_archive_afresh(opened, explorer):
    window = opened(explorer.address + "#nonsense")
    assert window.leaves().count() == 1
    window.until_state("notice", "value.text.includes('address')")


def test_the_selection_is_exported(window, tmp_path, archive):
    window.split()
    window.choose()
    chosen = sum(window.state("selected"))
    for title, name in (
        ("Mask (NetCDF)", "mask.nc"),
        ("Field (NetCDF)", "field.nc"),
        ("Table of blocks (CSV)", "t.csv"),
    ):
        download(window, title).save_as(tmp_path / name)
    with xr.open_dataset(tmp_path / "mask.nc", engine="h5netcdf") as mask:
        inside = mask["selection"].values.astype(bool)
    assert inside.sum() == chosen * 16**3
    with xr.open_dataset(tmp_path / "field.nc", engine="h5netcdf") as found:
        values = next(iter(found.data_vars.values())).values
    np.testing.assert_array_equal(np.isfinite(values), inside)
    np.testing.assert_array_equal(values[inside], np.load(archive[1])[0][inside])
    with (tmp_path / "t.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == chosen


def test_every_view_is_saved_as_a_picture(window, tmp_path):
    window.split()
    for view in ("tree", "latent", "space"):
        with window.page.expect_download() as caught:
            window.page.locator(f".area-{view}").get_by_label("Save this view as PNG").click()
        caught.value.save_as(tmp_path / f"{view}.png")
        assert (tmp_path / f"{view}.png").read_bytes().startswith(b"\x89PNG")
        assert (tmp_path / f"{view}.png").stat().st_size > 2000


def test_the_latent_space_is_saved_finely_and_as_svg(window, tmp_path):
    box = window.page.locator(".idlat-scatter").bounding_box()
    for form in ("PNG", "SVG"):
        with window.page.expect_download() as caught:
            window.page.locator(".area-latent").get_by_label(f"Save this view as {form}").click()
        caught.value.save_as(tmp_path / f"latent.{form.lower()}")
    with Image.open(tmp_path / "latent.png") as picture:
        assert picture.width >= 2 * int(box["width"])
    circles = ET.parse(tmp_path / "latent.svg").getroot().findall("{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 27


def test_the_report_holds_itself(window, tmp_path):
    window.split()
    download(window, "Report (HTML)").save_as(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "idlat explore" in page
    assert 'src="http' not in page
    assert "data:image/png" in page


def test_the_server_ends_cleanly_and_the_page_comes_back_with_its_state(opened, own_explorer):
    window = opened(own_explorer.address)
    leaves = arrange(window)
    port = own_explorer.port
    assert own_explorer.stop() == 0
    assert "The explorer ends; the address of a page brings its view back.\n" in own_explorer.log
    assert "Traceback" not in own_explorer.log, own_explorer.log
    window.until("document.querySelector('.idlat-lost')")
    assert "Connection lost" in window.page.inner_text(".idlat-lost")
    own_explorer.start(port)
    window.until("!document.querySelector('.idlat-lost') && document.querySelector('.idlat-node')")
    matches(window, leaves)
    window.errors.clear()  # calls that the server's end cut off
    window.until_state("detail", f"value?.size === {sum(window.state('selected'))}")
