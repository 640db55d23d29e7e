"""Take the pictures of docs/explorer.md: the explorer's views, as Chromium shows them.

    python docs/figures/explorer.py run.idlat vortex_*.nc -o docs/images

The archive should have several steps and its field beside it, for every view to have something to show.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ARGUMENTS = ("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking")
QUIET = (
    "!document.querySelector('.job') && document.querySelector('.idlat-node')"
    " && document.querySelector('.space-body img')?.naturalWidth > 100"
)


class Tour:
    """A walk through the page that takes a picture at each stop."""

    def __init__(self, page: Any, folder: Path) -> None:
        self.page, self.folder = page, folder
        page.set_default_timeout(600_000)

    def settle(self) -> None:
        """Wait until all work is done and drawn."""
        self.page.wait_for_timeout(1500)
        self.page.wait_for_function(QUIET)
        self.page.wait_for_timeout(8000)

    def take(self, name: str, area: str | None = None) -> None:
        """Save the page, or one of its views."""
        path = str(self.folder / f"explorer_{name}.png")
        if area is None:
            self.page.screenshot(path=path)
        else:
            self.page.locator(f".area-{area}").screenshot(path=path)

    def split(self, leaf: int) -> None:
        """Split a leaf."""
        self.page.locator(".idlat-node.is-leaf .idlat-dot").nth(leaf).click()
        self.settle()

    def draw(self, mode: str) -> None:
        """Draw in another way."""
        self.page.locator(f"button[value={mode}]").click()
        self.settle()

    def tab(self, name: str) -> None:
        """Turn the dock to another page."""
        self.page.get_by_role("tab", name=name).click()
        self.page.wait_for_timeout(500)

    def walk(self, address: str) -> None:
        """Visit every view."""
        page = self.page
        page.goto(address)
        self.settle()
        self.split(0)
        self.split(0)
        page.locator(".idlat-node.is-leaf text").first.click()
        self.draw("both")
        self.take("page")
        self.take("clusters", "tree")
        page.locator(".idlat-node.is-leaf text").nth(1).click(modifiers=["Control"])
        self.settle()
        self.take("details", "dock")
        page.get_by_label("Colour points by").select_option("importance")
        page.keyboard.press("Escape")
        self.settle()
        self.take("latent", "latent")
        page.locator("button[value=difference]").click()
        self.draw("volume")
        self.take("space", "space")
        self.draw("sections")
        self.take("sections", "space")
        self.draw("volume")
        self.beside()
        self.importance()
        self.tab("Isosurface map")
        page.get_by_role("button", name="Compute the map").click()
        self.settle()
        self.take("isosurfaces", "dock")
        page.locator(".idlat-node.is-leaf text").last.click()
        self.tab("Time")
        page.get_by_role("button", name="Track").click()
        self.settle()
        self.take("time", "dock")
        page.get_by_label("Dark theme").click()
        page.locator("button[value=difference]").click()
        page.get_by_label("Colour points by").select_option("cluster")
        page.locator(".idlat-node.is-leaf text").first.click()
        page.get_by_label("Colour isosurfaces by cluster").click()
        self.tab("Importance")
        self.draw("isosurface")
        self.take("dark")

    def beside(self) -> None:
        """Show two other steps beside, and then none."""
        page = self.page
        page.locator("button[value=difference]").click()
        menu = page.get_by_label("Other variables and steps beside")
        menu.click()
        for _ in range(2):
            page.get_by_role("button", name="Add a").click()
        page.keyboard.press("Escape")
        self.settle()
        self.take("beside", "space")
        menu.click()
        for _ in range(2):
            page.get_by_label("Take panel 1 away").click()
        page.keyboard.press("Escape")
        page.locator("button[value=difference]").click()
        self.settle()

    def importance(self) -> None:
        """Try two maps."""
        page = self.page
        self.tab("Importance")
        page.get_by_role("button", name="Try").click()
        self.settle()
        page.locator("button[value=b]").click()
        page.get_by_label("Importance family").select_option("above")
        self.settle()
        self.take("importance", "dock")
        self.box()

    def box(self) -> None:
        """Draw a box beside its map and what comes back, and then as before."""
        page = self.page
        page.get_by_label("Importance family").select_option("box")
        for kind in ("difference", "map", "tried"):
            page.locator(f"button[value={kind}]").click()
            page.wait_for_timeout(500)
        self.settle()
        self.take("map", "space")
        for kind in ("map", "tried", "difference"):
            page.locator(f"button[value={kind}]").click()
        page.get_by_label("Importance family").select_option("above")
        self.settle()


def main() -> None:
    """Serve the archive, open it, and walk through it."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive")
    parser.add_argument("field", nargs="*")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/images"))
    options = parser.parse_args()
    command = [sys.executable, "-c", "from idlat.cli import main; main()", "explore", options.archive]
    with subprocess.Popen(
        [*command, *options.field, "--server"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        with sync_playwright() as started:
            browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
            try:
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                Tour(page, options.output).walk(address)
            finally:
                browser.close()
                server.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
