"""A running explorer and a real browser; each test has a window of its own."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.explorer.views.saving_view import REST
from support.explorer.browser_explorer import Explorer

ARGUMENTS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 120_000  # ms: two busy cores are slow, and a test that waits is no test that fails

PIXELS = """() => {
  const image = document.querySelector('.space-body img');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [160, 120];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(image, 0, 0, 160, 120);
  return canvas.toDataURL();
}"""

DRAWN = """() => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [80, 60];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(document.querySelector('.space-body img'), 0, 0, 80, 60);
  const levels = context.getImageData(0, 0, 80, 60).data.filter((_, i) => i % 4 === 1);
  return Math.max(...levels) - Math.min(...levels) > 20;
}"""

LAID_OUT = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

RESTED = """(quiet) => new Promise((done) => {
  let before = location.href, since = performance.now();
  const look = () => {
    const now = performance.now();
    if (location.href !== before) [before, since] = [location.href, now];
    if (location.hash.length > 10 && now - since > quiet) done();
    else setTimeout(look, 50);
  };
  look();
})"""

OUTSIDE = """() => {
  const controls = 'button, input, select, output, label, figure, [role=slider], [role=tab]';
  const frames = '.top, .panel-head, .panel-body, .panel-foot, body';
  return [...document.querySelectorAll(controls)]
    .filter((e) => e.offsetParent !== null && e.type !== 'color' && getComputedStyle(e).clipPath === 'none')
    .filter((e) => !e.closest('.bench-parameters, .cluster-plots, .chips')) // these are scrolled
    .filter((e) => {
      const [box, frame] = [e, e.closest(frames)].map((part) => part.getBoundingClientRect());
      return box.width && box.height && (box.left < frame.left || box.right > frame.right + 1
        || box.top < frame.top || box.bottom > frame.bottom + 1);
    })
    .map((e) => e.outerHTML.slice(0, 100)) }"""

COVERED = """() => {
  const note = document.querySelector('.idlat-notices').getBoundingClientRect();
  const controls = 'button, input, select, .figures, [role=slider], .idlat-node, [role=tab]';
  return [...document.querySelectorAll(controls)]
    .filter((e) => !e.closest('.idlat-notices') && e.offsetParent !== null)
    .filter((e) => { const box = e.getBoundingClientRect();
      return box.width && box.left < note.right && box.right > note.left
        && box.top < note.bottom && box.bottom > note.top })
    .map((e) => e.outerHTML.slice(0, 100)) }"""


@pytest.fixture(scope="session")
def explorer(archive: tuple[Path, Path]) -> Iterator[Explorer]:
    """A server for all tests that leave it running."""
    running = Explorer(*map(str, archive))
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log, running.log


@pytest.fixture(scope="session")
def two_variables(
    made_once: Callable[[str, Callable[[Path], object]], Path], vortex_steps: np.ndarray
) -> Iterator[Explorer]:
    """A server of an archive of two variables of three steps, ``flow`` and ``heat``, and of their field."""

    def compress(folder: Path) -> None:
        axes, times = ("time", "z", "y", "x"), {"time": ("time", [0.0, 0.5, 1.0], {"units": "h"})}
        flow = xr.DataArray(np.asarray(vortex_steps), times, axes, "flow", {"units": "s-1"})
        heat = xr.DataArray(300 - 2 * flow.values[:, ::-1], times, axes, "heat", {"units": "K"})
        xr.Dataset({"flow": flow, "heat": heat}).to_netcdf(folder / "v.nc", engine="h5netcdf")
        idlat.compress([flow, heat], folder / "v.idlat", "1").close()

    folder = made_once("two_variables", compress)
    running = Explorer(str(folder / "v.idlat"), str(folder / "v.nc"))
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log, running.log


@pytest.fixture
def own_explorer(archive: tuple[Path, Path]) -> Iterator[Explorer]:
    """A server that a test may end."""
    running = Explorer(*map(str, archive))
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium, where there is one; for one file, as its event loop would be in others' way."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=chromium, headless=True, args=list(ARGUMENTS))
        yield running
        running.close()


class Window:
    """A window of the explorer, with what the tests do in it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, address: str, settle: bool = True) -> "Window":
        self.page.goto(address)
        if settle:
            self.settle()
        return self

    def resize(self, size: tuple[int, int]) -> None:
        """Make the window another size, and wait until the page is laid out in it."""
        width, height = size
        self.page.set_viewport_size({"width": width, "height": height})
        self.until(f"innerWidth === {width} && innerHeight === {height}")
        self.page.evaluate(LAID_OUT)

    def until(self, condition: str) -> None:
        self.page.wait_for_function(condition, timeout=PATIENCE)

    def until_text(self, selector: str, text: str) -> None:
        """Wait until an element's text holds some: the page shows the state a moment after it has it."""
        self.page.wait_for_function(
            "([selector, text]) => document.querySelector(selector)?.textContent.includes(text)",
            arg=[selector, text],
            timeout=PATIENCE,
        )

    def settle(self) -> None:
        """Wait until no work is under way, and a picture of physical space shows something."""
        self.until(
            "!document.querySelector('.job') && document.querySelector('.idlat-node')"
            " && window.idlatBridge.trame.state.get('space_note') === ''"
            f" && document.querySelector('.space-body img')?.naturalWidth > 100 && ({DRAWN})()"
        )

    def rest(self) -> None:
        """Wait until the address has taken the view: until it does not change for longer than it waits."""
        self.settle()
        address = None
        while address != self.page.url:  # what a busy server is late with comes before its answer
            address = self.page.url
            self.page.evaluate(RESTED, 3000 * REST)
            self.answered()

    def answered(self) -> None:
        """Wait until the server has answered what the page sent it before."""
        self.page.evaluate("window.idlatBridge.act('cancel', {kind: 'nothing'})")

    def choose(self, leaf: int = 0) -> int:
        """Select a leaf by a click on its name, and wait for its figures; return its number."""
        node = int(str(self.leaves().nth(leaf).get_attribute("data-node")))
        self.leaves().nth(leaf).locator("text").click()
        self.until_state("detail", f"value?.id === {node}")
        self.until_text(f".idlat-node[data-node='{node}'][aria-selected=true]", "")
        return node

    def state(self, name: str) -> Any:
        """Read trame's state as the page has it."""
        return self.page.evaluate(
            "name => { const value = window.idlatBridge.trame.state.get(name);"
            " return value instanceof Uint8Array ? [...value] : value }",
            name,
        )

    def until_state(self, name: str, condition: str) -> None:
        """Wait until a part of the state, as `value`, meets a condition."""
        self.until(f"(value => {condition})(window.idlatBridge.trame.state.get({name!r}))")

    def picture(self) -> str:
        """Return the pixels of physical space, made small."""
        return str(self.page.evaluate(f"({PIXELS})()"))

    def until_new_picture(self, before: str) -> None:
        """Wait until other pixels show: the same picture sent again is none."""
        self.page.wait_for_function(f"before => ({PIXELS})() !== before", arg=before, timeout=PATIENCE)

    def outside(self) -> Any:
        """Return what lies outside of the page, or of the part of it that cuts what is too long."""
        return self.page.evaluate(OUTSIDE)

    def covered_by_message(self) -> Any:
        """Return the controls that lie under the message."""
        return self.page.evaluate(COVERED)

    def leaves(self) -> Any:
        return self.page.locator(".idlat-node.is-leaf")

    def split(self, leaf: int = 0) -> None:
        """Split a leaf by a click on its dot."""
        count = self.leaves().count()
        self.leaves().nth(leaf).locator(".idlat-dot").click()
        self.until(f"document.querySelectorAll('.idlat-node.is-leaf').length > {count}")
        self.settle()

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def drag(self, places: list[tuple[float, float]], *, shift: bool = False) -> None:
        """Drag over the scatter along places in shares of its width and height."""
        box = self.page.locator(".idlat-scatter canvas").bounding_box()
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
        if shift:
            self.page.keyboard.down("Shift")
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*point, steps=4)
        self.page.mouse.up()
        if shift:
            self.page.keyboard.up("Shift")


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Window]]:
    """Opens windows, and closes them; an error on a page fails the test."""
    with contextlib.ExitStack() as stack:
        windows = []

        def opened(address: str, settle: bool = True) -> Window:
            context = browser.new_context(
                viewport={"width": 1280, "height": 720}, accept_downloads=True, reduced_motion="reduce"
            )
            stack.callback(context.close)
            windows.append(Window(context.new_page()))
            return windows[-1].open(address, settle)

        yield opened
        assert [error for window in windows for error in window.errors] == []


@pytest.fixture
def window(opened: Callable[..., Window], explorer: Explorer) -> Window:
    """A fresh window of the shared server."""
    return opened(explorer.address)
