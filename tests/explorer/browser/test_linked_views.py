"""The linked views in a real browser: clusters, latent space, physical space, isosurface map, time."""

import itertools

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.browser


def test_a_click_splits_a_cluster_and_shift_click_merges_it(window):
    assert window.leaves().count() == 1
    before = window.state("colours")
    window.split()
    names = window.leaves().locator("text").all_text_contents()
    assert len(names) == window.leaves().count() >= 2
    assert sum(node["size"] for node in window.state("nodes") if not node["children"]) == 27
    window.until_state("colours", f"`${{[...value]}}` !== `{','.join(map(str, before))}`")
    window.page.locator(".idlat-node:not(.is-leaf) .idlat-dot").first.click(modifiers=["Shift"])
    window.until("document.querySelectorAll('.idlat-node.is-leaf').length === 1")
    window.page.keyboard.press("Control+z")
    window.until(f"document.querySelectorAll('.idlat-node.is-leaf').length === {len(names)}")
    window.page.keyboard.press("Control+Shift+z")
    window.until("document.querySelectorAll('.idlat-node.is-leaf').length === 1")


def test_a_cluster_is_selected_in_all_views_renamed_and_coloured(window):
    window.split()
    before = window.picture()
    window.choose()
    window.until_new_picture(before)
    size = next(node["size"] for node in window.state("nodes") if node["id"] == window.state("node"))
    assert sum(window.state("selected")) == size < 27
    window.until_text(".latent-count", f"{size} of 27")
    window.until_text(".facts dd", f"{size} (")  # the name that is typed is this cluster's
    name = window.page.get_by_label("Name of the cluster")
    name.fill("vortex cores")
    name.press("Enter")
    window.until(
        "[...document.querySelectorAll('.idlat-node text')].some(t => t.textContent.includes('vortex cores'))"
    )
    window.page.get_by_label("Colour of the cluster").last.evaluate(
        "input => { input.value = '#ff0000'; input.dispatchEvent(new Event('change')) }"
    )
    window.until("document.querySelector('.idlat-dot[fill=\"#ff0000\"]')")
    window.until_state("colours", "`,${[...value]},`.includes(',255,0,0,')")


CROSSED = """() => [...document.querySelectorAll('.idlat-distribution')].flatMap((plot) => {
  const words = [...plot.querySelectorAll('.idlat-told, .idlat-of')].map((e) => e.getBoundingClientRect());
  const lines = [...plot.querySelectorAll('.idlat-mean, .idlat-zero')].map((e) => e.getBoundingClientRect());
  return words.flatMap((word) => lines.filter((line) => line.top < word.bottom - 1
    && line.left < word.right && line.right > word.left).map((line) => [word.x, line.x])) })"""
"""Where a line goes through words."""


def test_the_distributions_of_chosen_clusters_lie_over_one_another(window):
    window.split()
    first = window.choose(0)
    window.until("document.querySelectorAll('.idlat-told').length === 4")
    assert window.page.locator(".plot-key").count() == 0
    window.until(f"({CROSSED})().length === 0")
    second = int(str(window.leaves().nth(1).get_attribute("data-node")))
    window.leaves().nth(1).locator("text").click(modifiers=["Control"])
    window.until("document.querySelectorAll('.plot-key li').length === 2")
    window.until("document.querySelectorAll('.idlat-distribution .idlat-series').length === 8")
    plots = window.page.locator(".idlat-distribution")
    assert plots.count() == 4
    colours = {node["id"]: node["colour"] for node in window.state("nodes")}
    for plot in plots.all():
        drawn = {
            int(one.get_attribute("data-node")): one.locator(".idlat-line").get_attribute("stroke")
            for one in plot.locator(".idlat-series").all()
        }
        assert drawn == {node: colours[node] for node in (first, second)}
        assert plot.locator(".idlat-axis").count() >= 4
    window.until(f"({CROSSED})().length === 0")
    assert "a voxel" in plots.last.locator("figcaption").text_content()
    window.page.evaluate(f"window.idlatBridge.act('recolour', {{node: {first}, colour: '#123456'}})")
    window.until("document.querySelectorAll('.idlat-line[stroke=\"#123456\"]').length === 4")


def test_the_tree_is_walked_by_keys(window):
    window.page.locator(".idlat-node").first.focus()
    window.page.keyboard.press("s")
    window.until("document.querySelectorAll('.idlat-node.is-leaf').length > 1")
    window.settle()
    window.page.locator(".idlat-node").first.focus()
    window.page.keyboard.press("ArrowRight")
    window.page.keyboard.press("Enter")
    window.until_state("node", "value > 0")
    window.until("document.activeElement.getAttribute('aria-selected') === 'true'")
    window.page.keyboard.press("m")
    window.until("document.querySelectorAll('.idlat-node.is-leaf').length === 1")


def test_lasso_and_box_select_blocks(window):
    before = window.picture()
    window.drag([(0.02, 0.02), (0.5, 0.02), (0.5, 0.98), (0.02, 0.98)])
    window.until_state("selected", "value.length === 27")
    left = sum(window.state("selected"))
    assert 0 < left < 27
    window.until_new_picture(before)
    window.page.get_by_label("Box", exact=True).click()
    window.drag([(0.5, 0.01), (0.99, 0.99)], shift=True)
    window.until_state("selected", f"value.reduce((a, b) => a + b, 0) > {left}")
    assert sum(window.state("selected")) == 27
    window.drag([(0.001, 0.001), (0.002, 0.3)])
    window.until_state("selected", "value.length === 0")
    window.until_text(".latent-count", "27 blocks")


def test_hover_names_the_block_and_outlines_it(window):
    window.rest()  # the next picture is the outline's
    before = window.picture()
    box = window.page.locator(".idlat-scatter canvas").bounding_box()
    x, y = np.frombuffer(bytes(window.state("positions")), "<f4")[:2].tolist()
    scale = min(box["width"], box["height"]) / 2 - 14
    window.page.mouse.move(box["x"] + box["width"] / 2 + x * scale, box["y"] + box["height"] / 2 - y * scale)
    window.until("document.querySelector('.idlat-tip')?.textContent.includes('Block z')")
    window.until_text(".idlat-tip", "all blocks")
    window.until_new_picture(before)
    outlined = window.picture()
    window.page.mouse.move(box["x"] + 2, box["y"] + 2)
    window.until_new_picture(outlined)


@pytest.mark.parametrize("tab", ["Cluster", "Importance", "Time"])
def test_each_page_of_the_dock_is_saved_as_a_picture(window, tmp_path, tab):
    window.tab(tab)
    window.until(f"document.getElementById('page-{tab.lower()}')?.innerText.length > 10")
    with window.page.expect_download() as caught:
        window.page.locator(".area-dock").get_by_label("Save this view as PNG").click()
    caught.value.save_as(tmp_path / "dock.png")
    pixels = np.asarray(Image.open(tmp_path / "dock.png").convert("L"))
    assert min(pixels.shape) > 200
    assert np.mean(pixels != pixels[0, 0]) > 0.001  # something is written on it


NOTED = """() => {
  window.noted = { words: [], charts: [] };
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    window.noted.words.push([text, x, x + this.measureText(text).width, y]);
    return fillText.call(this, text, x, y);
  };
  const { serializeToString } = XMLSerializer.prototype;
  XMLSerializer.prototype.serializeToString = function (part) {
    window.noted.charts.push(serializeToString.call(this, part));
    return window.noted.charts.at(-1);
  };
}"""
"""Notes what is written on a saved picture, and the charts in it."""


def test_a_saved_picture_has_the_words_of_the_page_where_they_stand(window):
    window.tab("Cluster")
    window.until("document.querySelectorAll('.idlat-told').length === 4")
    window.page.evaluate(NOTED)
    with window.page.expect_download():
        window.page.locator(".area-dock").get_by_label("Save this view as PNG").click()
    drawn = window.page.evaluate("window.noted")
    words = drawn["words"]
    assert [word for word, *_ in words].count("Gradient") == 3
    for first, second in itertools.pairwise(words):
        if first[3] == second[3] and first[1] < second[1]:
            assert first[2] < second[1], (first[0], second[0])  # with a gap between
    assert len(drawn["charts"]) == 4
    for chart in drawn["charts"]:  # the rim of a word lies behind it
        assert "paint-order: stroke" in chart.partition("idlat-told")[2]


def test_long_numbers_are_short_in_fields_that_are_typed_in(window):
    for value, text in {
        0.0000011816: "1.18e-6", 0.02368: "0.02368", -7510.4: "-7510", 0.0071034: "0.007103", 1e20: "1e+20",
    }.items():  # fmt: skip
        assert window.page.evaluate("(value) => window.idlatTyped(value)", value) == text


def test_points_are_coloured_by_what_is_asked(window):
    seen = [window.state("colours")]
    for quantity in ("importance", "mean", "error", "rate"):
        window.page.get_by_label("Colour points by").select_option(quantity)
        window.until_state("colours", f"!{seen}.some(old => `${{old}}` === `${{[...value]}}`)")
        window.until_state("values", "value.length === 108")
        window.until_state("legend", "value !== null")
        window.until(
            "document.querySelector('.legend') && document.querySelector('.latent-foot').offsetHeight < 48"
        )
        seen.append(window.state("colours"))


def test_the_isovalue_moves_the_surface(window):
    window.page.locator("button[value=isosurface]").click()
    assert window.state("isovalue") == 6
    window.settle()
    before = window.picture()
    field = window.page.locator("#isovalue")
    field.fill("9")
    field.press("Enter")
    window.until_state("isovalue", "value === 9")
    window.until_new_picture(before)
    field.fill("1e9")
    field.press("Enter")
    window.until_state("isovalue", f"value === {window.state('range')[1]}")


def test_the_camera_is_turned_by_drag_and_by_keys(window):
    before = window.picture()
    box = window.page.locator(".idlat-keys").bounding_box()
    window.page.mouse.move(box["x"] + 100, box["y"] + 150)
    window.page.mouse.down()
    window.page.mouse.move(box["x"] + 180, box["y"] + 190, steps=6)
    window.page.mouse.up()
    window.until_new_picture(before)
    window.rest()
    address, before = window.page.url, window.picture()
    window.page.locator(".idlat-keys").focus()
    window.page.keyboard.press("ArrowLeft")
    window.until_new_picture(before)
    window.until(f"location.href !== {address!r}")


def test_the_transfer_function_has_points_to_drag(window):
    before = window.picture()
    points = window.state("transfer")
    window.page.locator(".idlat-point").last.focus()
    for _ in range(6):
        window.page.keyboard.press("ArrowDown")
    window.until_state("transfer", f"value[value.length - 1][1] < {points[-1][1]} - 0.1")
    window.page.locator(".idlat-point").last.press("Insert")
    window.until_state("transfer", f"value.length === {len(points) + 1}")
    window.until_new_picture(before)


def test_clusters_are_outlined_and_isosurfaces_coloured_by_them_apart(window):
    window.split()
    window.page.locator("button[value=isosurface]").click()
    window.until_state("mode", "value === 'isosurface'")
    window.settle()
    pictures = [window.picture()]
    for label in ("Outline clusters", "Colour isosurfaces by cluster", "Outline clusters"):
        window.page.get_by_label(label).click()
        window.until_new_picture(pictures[-1])
        window.settle()
        pictures.append(window.picture())
    assert window.state("tinted")
    assert not window.state("outlines")
    assert len(set(pictures)) == 4


def test_it_is_said_why_nothing_of_the_chosen_blocks_is_seen(window):
    window.page.locator("button[value=isosurface]").click()
    field = window.page.locator("#isovalue")
    field.fill("1e9")
    field.press("Enter")
    window.until("document.querySelector('.empty-low') === null")  # the highest value is somewhere
    window.split()
    shown = window.state("nodes")
    for node in shown[1:]:
        window.page.evaluate(f"window.idlatBridge.act('choose', {{node: {node['id']}}})")
        window.until_state("node", f"value === {node['id']}")
        window.settle()
        if window.state("space_hint"):
            break
    window.until_text(".empty-low", "No isosurface")
    window.page.locator("button[value=volume]").click()
    window.until("!document.querySelector('.empty-low')?.textContent.includes('isosurface')")


def test_panels_and_slices(window):
    before = window.picture()
    window.page.locator("button[value=difference]").click()
    window.until_new_picture(before)
    window.settle()
    window.page.locator("button[value=slices]").click()
    before = window.picture()
    window.page.get_by_role("slider", name="Slice along z").press("Home")
    window.until_state("slices", "value[0] === 0")
    window.until_new_picture(before)


def test_the_isosurface_map_sets_the_isovalue(window):
    window.tab("Isosurface map")
    window.page.get_by_role("button", name="Compute the map").click()
    window.until_state("isovalues", "value.length === 40")
    assert len(window.state("representative")) == 4
    window.page.locator(".idlat-matrix canvas").focus()
    for key in ("ArrowUp", "ArrowRight", "ArrowRight", "Enter"):
        window.page.keyboard.press(key)
    wanted = window.state("isovalues")[22]
    window.until_state("isovalue", f"Math.abs(value - {wanted}) < 1e-9")
    window.until_state("mode", "value === 'isosurface'")


def test_representatives_are_as_many_as_asked_each_with_its_picture(window):
    window.tab("Isosurface map")
    window.page.get_by_label("How isosurfaces are compared").select_option("cell-overlap")
    window.page.get_by_label("Number of isovalues").select_option("20")
    window.page.get_by_role("button", name="Compute the map").click()
    window.until_state("isovalues", "value.length === 20")
    window.until(
        "[...document.querySelectorAll('.chip img')].filter((i) => i.naturalWidth > 80).length === 4"
    )
    low, high = window.state("range")
    assert low < window.state("isovalues")[0] < window.state("isovalues")[-1] < high
    window.page.get_by_label("Number of representatives").select_option("6")
    window.until(
        "[...document.querySelectorAll('.chip img')].filter((i) => i.naturalWidth > 80).length === 6"
    )
    pictures = window.page.evaluate("[...document.querySelectorAll('.chip img')].map((image) => image.src)")
    assert len(set(pictures)) == 6
    window.page.locator(".chip").nth(1).click()
    wanted = window.state("representative_values")[1]["value"]
    window.until_state("isovalue", f"Math.abs(value - {wanted}) < 1e-9")
    window.until("document.querySelector('.chip.is-on')")


def test_time_steps_and_a_tracked_cluster(window):
    window.split()
    window.choose()
    window.tab("Time")
    window.page.get_by_role("button", name="Track cluster").click()
    window.until_state("tracks", "value.length > 0")
    assert {point["step"] for track in window.state("tracks") for point in track["points"]} == {0, 1}
    point = window.page.locator(".track-point[aria-label*='step 2,']").first
    blocks = int(point.get_attribute("aria-label").split(", ")[2].split()[0])
    point.click()
    window.until_state("step", "value === 1")
    # of that track, no other's
    window.until_state("selected", f"value.length === 27 && value.reduce((a, b) => a + b, 0) === {blocks}")


def test_what_is_being_typed_is_kept_while_the_page_changes(window):
    window.page.locator("button[value=isosurface]").click()
    field = window.page.locator("#isovalue")
    field.focus()
    field.press_sequentially("7.")
    window.page.evaluate("window.idlatBridge.act('theme', {theme: 'dark'})")
    window.until_state("theme", "value === 'dark'")
    field.press_sequentially("25")
    assert field.input_value() == "7.25"
    field.press("Enter")
    window.until_state("isovalue", "value === 7.25")


def test_a_cluster_is_renamed_from_the_tree(window):
    window.split()
    window.leaves().first.locator("text").dblclick()
    window.until("document.activeElement.getAttribute('aria-label') === 'Name of the cluster'")
    window.page.keyboard.type("eye")
    window.page.keyboard.press("Enter")
    window.until(
        "[...document.querySelectorAll('.idlat-node text')].some((t) => t.textContent.includes('eye'))"
    )
    before = window.state("nodes")
    window.page.locator(".latent-count").click()
    window.page.keyboard.press("Control+z")
    window.until_state("nodes", "!value.some((node) => node.name === 'eye')")
    window.until("document.querySelector('input.name').value === 'cluster 1'")
    assert len(window.state("nodes")) == len(before)


FIELD = """() => {
  window.told = [];
  const frame = document.createElement("div");
  frame.id = "late";
  frame.style.cssText = "position: fixed; top: 0; left: 0; z-index: 9999";
  document.body.append(frame);
  const tell = (text) => { window.told.push(text); return Promise.resolve() };
  const template = `<idlat-field value="a" :tell="tell"></idlat-field>`;
  const app = Vue.createApp({ template, methods: { tell } });
  app.component("idlat-field", window.idlatParts["idlat-field"]);
  app.mount(frame);
}"""


def test_what_is_typed_is_told_though_the_page_still_shows_it(window):
    window.page.evaluate(FIELD)
    field = window.page.locator("#late input")
    for text in ("b", "a"):  # the state still says a when b was answered
        field.fill(text)
        field.press("Enter")
        window.until("document.querySelector('#late input').value === 'a'")
    assert window.page.evaluate("window.told") == ["b", "a"]


def test_a_chosen_number_of_clusters_several_of_them_made_one_and_other_features(window):
    page = window.page
    page.get_by_label("Split the selected cluster").click()
    page.get_by_text("In 4", exact=True).click()
    window.until("document.querySelectorAll('.idlat-node.is-leaf').length === 4")
    window.settle()
    first = window.choose(0)
    third = window.leaves().nth(2)
    size = sum(
        node["size"]
        for node in window.state("nodes")
        if node["id"] in (first, int(third.get_attribute("data-node")))
    )
    third.locator("text").click(modifiers=["Control"])
    window.until_state("detail", f"value?.id === null && value.size === {size}")
    window.until("document.querySelectorAll('.idlat-node[aria-selected=true]').length === 2")
    window.until_text(".chosen-name", f"{size} chosen blocks")
    page.get_by_role("button", name="Make one cluster").click()
    window.until("document.querySelectorAll('.idlat-node.is-leaf').length === 3")
    window.until_state("detail", f"value?.size === {size} && value.id !== null")
    labels = window.state("leaf_of")
    shown = window.state("scaling")
    other = "log" if shown != "log" else "steps"
    page.get_by_label("Features of the latents").select_option(other)
    window.until_text(".facts", other if other != "steps" else "Silhouette")
    window.settle()
    assert window.state("leaf_of") == labels
    page.keyboard.press("Control+z")
    window.until_state("scaling", f"value === {shown!r}")
    window.settle()
    page.keyboard.press("Control+z")
    window.until("document.querySelectorAll('.idlat-node.is-leaf').length === 4")
