"""Pictures of the latent space that are kept say what they show, and what their colours mean."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"
FINER = 3  # pixels of the picture, for one of the page's

LAID = """(text) => {
  const place = document.createElement('div');
  place.innerHTML = text;
  document.body.append(place);
  const [svg] = place.children;
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll('text, rect + text, rect')].slice(1).map((part) => {
    const box = part.getBoundingClientRect();
    return [box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top];
  });
  place.remove();
  return { boxes, width: frame.width, height: frame.height };
}"""


def saved(window, tmp_path, form):
    """Save the latent space as PNG or SVG, and return the file."""
    path = tmp_path / f"latent.{form.lower()}"
    with window.page.expect_download() as caught:
        window.page.locator(".area-latent").get_by_label(f"Save this view as {form}").click()
    caught.value.save_as(path)
    return path


def texts(path):
    return [part.text for part in ET.parse(path).getroot().iter(f"{SVG}text")]


def pixels(path):
    """Return a picture (height, width, 3)."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), int)


def legend_of(window, picture):
    """Return what of a picture lies below its points, less the uppermost part that they might reach."""
    box = window.page.locator(".idlat-scatter").bounding_box()
    title = 2 * 18 + 6  # CSS pixels at least
    return picture[FINER * (title + int(box["height"])) :]


def has(picture, colour):
    """Say whether a square of a legend's size and colour, ``#rrggbb``, is in a picture."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    alike = (np.abs(picture - wanted) <= 1).all(axis=2)
    side = 8 * FINER
    sums = np.pad(alike.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return bool((inside == side**2).any())


def no_two_overlap(laid):
    boxes = laid["boxes"]
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 0
        assert top >= 0
        assert right <= laid["width"] + 0.5
        assert bottom <= laid["height"] + 0.5
        for other in boxes[:i]:
            apart = left >= other[2] or other[0] >= right or top >= other[3] - 1 or other[1] >= bottom - 1
            assert apart, (boxes[i], other)


def test_clusters_are_named_below_the_points(window, tmp_path):
    window.split()
    window.split()
    leaves = [node for node in window.state("nodes") if not node["children"]]
    assert len(leaves) >= 3
    written = texts(saved(window, tmp_path, "SVG"))
    assert written[0] == window.state("title") == "v.idlat"
    assert written[1] == window.state("variable")
    assert "t-SNE of energy of each channel" in written
    names = [leaf["name"] for leaf in leaves]
    assert [text for text in written if text in names] == names

    legend = legend_of(window, pixels(saved(window, tmp_path, "PNG")))
    for leaf in leaves:
        assert has(legend, leaf["colour"]), leaf
    assert not has(legend, "#123456")


def test_a_quantity_has_a_bar_with_its_ends_and_units(opened, two_variables, tmp_path):
    window = opened(two_variables.address)
    window.page.get_by_label("Variable", exact=True).select_option("heat")
    window.page.get_by_label("Colour points by").select_option("mean")
    window.until_state("legend", "value?.units === 'K'")
    window.settle()
    shown = window.state("legend")
    path = saved(window, tmp_path, "SVG")
    written = texts(path)
    assert written[1:3] == ["heat", "step 1 of 3, 0 h"]
    assert written[-3:] == ["mean value", shown["low"], f"{shown['high']} K"]
    stops = [part.get("stop-color") for part in ET.parse(path).getroot().iter(f"{SVG}stop")]
    assert len(stops) == 6
    picture = pixels(saved(window, tmp_path, "PNG"))
    row = picture[-FINER * 15]  # through the bar
    for colour in (stops[0], stops[-1]):
        wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert (np.abs(row - wanted) <= 6).all(axis=1).any(), colour


def test_blocks_that_are_chosen_are_told(window, tmp_path):
    window.split()
    window.choose()
    window.until_state("has_selection", "value")
    count = sum(window.state("selected"))
    assert f"bright: {count} of 27 blocks, chosen" in texts(saved(window, tmp_path, "SVG"))


@pytest.mark.parametrize("size", [(1280, 720), (760, 560)])
def test_many_clusters_of_long_names_stand_beside_and_below_each_other(window, tmp_path, size):
    window.resize(size)
    for _ in range(4):
        window.split()
    leaf = int(window.leaves().first.get_attribute("data-node"))
    name = 'A name of <sixty> letters & "marks", more than there is room'
    window.page.evaluate("call => window.idlatBridge.act('rename', call)", {"node": leaf, "name": name})
    window.until_state("nodes", "value.some(node => node.name.startsWith('A name'))")
    path = saved(window, tmp_path, "SVG")
    assert any(text.startswith("A name of <sixty>") for text in texts(path))
    no_two_overlap(window.page.evaluate(LAID, path.read_text(encoding="utf-8")))
    leaves = [node for node in window.state("nodes") if not node["children"]]
    legend = legend_of(window, pixels(saved(window, tmp_path, "PNG")))
    assert all(has(legend, leaf["colour"]) for leaf in leaves)


def test_points_out_of_view_lie_on_no_words(window, tmp_path):
    window.page.locator(".idlat-scatter canvas").hover()
    window.page.mouse.wheel(0, -900)
    window.until_state("latent_look", "value[2] > 2")
    root = ET.parse(saved(window, tmp_path, "SVG")).getroot()
    circles = root.findall(f"{SVG}circle")
    assert len(circles) < 27
    box = window.page.locator(".idlat-scatter").bounding_box()
    top = float(root.get("height")) - box["height"]
    assert all(0 <= float(circle.get("cy")) <= box["height"] + top for circle in circles)
