"""Messages of the server, each shown once and over nothing that is needed; Escape; names that are typed."""

import pytest

pytestmark = pytest.mark.browser

ALERT = "document.querySelector('.idlat-notices [role=alert]')?.textContent"
STATUS = "document.querySelector('.idlat-notices [role=status]')?.textContent"


def type_expression(window, text):
    field = window.page.get_by_label("Importance expression")
    field.fill(text)
    field.press("Enter")


WATCH = """() => {
  window.seen = [];
  const parts = document.querySelectorAll('.idlat-notices [role]');
  const note = () => { for (const part of parts) if (part.textContent) window.seen.push(part.textContent) };
  const all = { subtree: true, childList: true, characterData: true };
  new MutationObserver(note).observe(document.querySelector('.idlat-notices'), all);
}"""


def test_every_message_is_shown_also_after_the_first(window):
    # What was shown is noted: a busy machine may look away for as long as it stands.
    window.page.evaluate(WATCH)
    window.tab("Importance")
    type_expression(window, "foo(3)")
    window.until("window.seen.some((text) => text.includes('foo'))")
    window.page.evaluate("window.idlatNotice.close()")
    window.until(f"{ALERT} === ''")
    for name in ("bar", "baz", "baz"):  # the same again is said again
        window.page.evaluate("window.seen = []")
        type_expression(window, f"{name}(4)")
        window.until(f"window.seen.some((text) => text.includes('{name}'))")
        type_expression(window, "1")
    for name, parts, text in (
        ("say", "{text: 'well done'}", "well done"),
        ("merge", "{node: 0}", "no children"),
        ("merge", "{node: 0}", "no children"),
    ):
        window.page.evaluate("window.seen = []")
        window.page.evaluate(f"window.idlatBridge.act('{name}', {parts})")
        window.until(f"window.seen.some((text) => text.includes('{text}'))")


def test_a_message_leaves_with_its_time_under_a_resting_pointer(window):
    window.page.clock.install()
    window.page.evaluate("window.idlatBridge.act('merge', {node: 0})")
    window.until(f"{ALERT}.length > 0")
    box = window.page.locator(".idlat-notices").bounding_box()
    window.page.mouse.move(box["x"] + 20, box["y"] + 10)
    window.page.clock.run_for(60_000)
    window.until(f"{ALERT} === ''")


def test_a_message_covers_no_control(window):
    window.tab("Importance")
    for number, size in enumerate([(1024, 768), (1920, 1080), (1280, 720)]):
        window.resize(size)
        type_expression(window, f"foo({number}, 4, 5, 6, 7)")
        window.until(f"{ALERT}.includes('foo({number}, ')")
        window.until_text("#expression-error", f"foo({number}, ")
        assert (size, window.covered_by_message()) == (size, [])
    wrong = window.page.locator("#expression-error").text_content()
    assert "idlat importance" not in wrong + window.state("notice")["text"]
    type_expression(window, "1")
    window.until("document.querySelector('#expression-error').textContent === ''")
    window.until(f"{ALERT} === '' && !document.querySelector('.idlat-notices button')")
    window.until("document.querySelector('input.expression').getAttribute('aria-invalid') === 'false'")


def test_escape_leaves_an_enlarged_view_and_then_the_selection(window):
    window.split()
    window.choose()
    window.page.locator(".area-dock").get_by_label("Enlarge this view").click()
    window.until("document.querySelector('.grid.is-one')")
    window.page.keyboard.press("Escape")
    window.until("!document.querySelector('.grid.is-one')")
    window.answered()
    assert window.state("has_selection")
    window.page.keyboard.press("Escape")  # wherever the focus is, as the button says
    window.until_state("has_selection", "!value")


def names(window):
    return {node["id"]: node["name"] for node in window.state("nodes")}


def leaf(window, node):
    return window.page.locator(f".idlat-node[data-node='{node}']")


def start_renaming(window, node, text):
    leaf(window, node).locator("text").dblclick()
    window.until("document.activeElement.getAttribute('aria-label') === 'Name of the cluster'")
    window.page.keyboard.type(text)


def test_a_name_that_was_begun_and_left_lands_nowhere(window):
    window.split()
    window.split(1)
    before = names(window)
    parent = next(node for node in window.state("nodes") if node["children"] and node["id"])
    start_renaming(window, 1, "cores")
    window.page.keyboard.press("Escape")
    # a shift-click merges what is below the parent: first of the cluster that was split, then all
    for merged, below in ((parent["id"], parent["children"][0]), (0, parent["id"])):
        leaf(window, below).locator(".idlat-dot").click(modifiers=["Shift"])
        window.until_state("detail", f"value.id === {merged}")
        window.settle()
        field = window.page.get_by_label("Name of the cluster")
        window.until(f"document.querySelector('input.name').value === {before[merged]!r}")
        assert not field.evaluate("field => field === document.activeElement")
    window.page.keyboard.press("Control+z")
    window.until("document.querySelectorAll('.idlat-node.is-leaf').length > 1")
    window.page.locator(".latent-count").click()
    window.settle()
    assert names(window) == {node: name for node, name in before.items() if node not in parent["children"]}


def test_a_name_lands_on_the_cluster_that_it_was_begun_for(window):
    window.split()
    start_renaming(window, 1, "cores")
    # another cluster is chosen, by whatever is not this hand
    window.page.evaluate("window.idlatBridge.act('choose', {node: 2})")
    window.until_state("detail", "value.id === 2")
    window.page.keyboard.press("Enter")
    window.until_state("nodes", "value.some((node) => node.name === 'cores')")
    assert (names(window)[1], names(window)[2]) == ("cores", "cluster 2")
    window.until("document.querySelector('input.name').value === 'cluster 2'")


def test_a_split_that_ends_leaves_another_choice_alone(window):
    window.split()
    count = window.leaves().count()
    leaf(window, 2).locator(".idlat-dot").click()
    window.page.evaluate("window.idlatBridge.act('choose', {node: 1})")
    window.until(f"document.querySelectorAll('.idlat-node.is-leaf').length > {count}")
    window.settle()
    assert window.state("node") == 1
