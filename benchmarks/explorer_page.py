"""Time the explorer from end to end in headless Chromium: a click to a picture, an orbit, the scatter.

    python benchmarks/explorer_page.py run.idlat run.nc -o explorer_page.json

It prints a table: milliseconds from a click on a cluster's name to the new picture, pictures a second
while the view is turned, and milliseconds to draw a frame of the scatter; and megabytes of memory that the
server has before, with and after some windows, one after another (Linux). It needs Chromium and playwright.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ARGUMENTS = ("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking")
VIEWPORT = {"width": 1280, "height": 720}
SWEPT = 10.0
"""Seconds after which what a window held is given back."""

QUIET = (
    "!document.querySelector('.job') && document.querySelector('.idlat-node')"
    " && document.querySelector('.space-body img')?.naturalWidth > 100"
)
SELECT = """async (leaf) => {
  const image = document.querySelector('.space-body img');
  const seen = new Promise((done) => new MutationObserver(() => done(performance.now()))
    .observe(image, { attributes: true, attributeFilter: ['src'] }));
  const text = document.querySelectorAll('.idlat-node.is-leaf text')[leaf];
  const begun = performance.now();
  text.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  return await seen - begun;
}"""
COUNT = """() => {
  window.pictures = 0;
  new MutationObserver(() => { window.pictures += 1 })
    .observe(document.querySelector('.space-body img'), { attributes: true, attributeFilter: ['src'] });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive")
    parser.add_argument("field", nargs="?")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--windows", type=int, default=4)
    options = parser.parse_args()
    figures = measure(options.archive, options.field, options.repeats, options.windows)
    for name, value in figures.items():
        print(f"{name:36} {value:8.1f}")
    if options.output:
        options.output.write_text(json.dumps(figures, indent=2) + "\n")


def measure(archive: str, field: str | None, repeats: int, windows: int) -> dict[str, float]:
    """Serve an archive, open it, time it, and look at the server's memory."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-c", "from idlat.cli import main; main()", "explore", archive]
    with subprocess.Popen(
        [*command, *([field] if field else []), "--server"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        with sync_playwright() as started:
            chromium = shutil.which("chromium")
            browser = started.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
            try:
                found = {"memory before a window, MB": memory(server.pid)}
                page = browser.new_page(viewport=VIEWPORT)
                found |= timings(page, address, repeats)
                page.close()
                return found | windows_one_after_another(browser, address, server.pid, windows)
            finally:
                browser.close()
                server.send_signal(signal.SIGTERM)


def windows_one_after_another(browser: Any, address: str, pid: int, count: int) -> dict[str, float]:
    """Open windows, split and draw in each, close it; the most memory with one open, and after it closed."""
    opened, closed = [], []
    for _ in range(count):
        page = browser.new_page(viewport=VIEWPORT)
        page.set_default_timeout(300_000)
        page.goto(address)
        page.wait_for_function(QUIET)
        page.locator(".idlat-node.is-leaf .idlat-dot").first.click()
        page.locator("button[value=both]").click()
        page.wait_for_timeout(1000)
        page.wait_for_function(QUIET)
        opened.append(memory(pid))
        page.close()
        time.sleep(SWEPT)
        closed.append(memory(pid))
    return {"with a window, MB": max(opened), "after it closed, MB": max(closed)} if opened else {}


def memory(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


def timings(page: Any, address: str, repeats: int) -> dict[str, float]:
    """Time a page; the median of the repeats."""
    page.set_default_timeout(300_000)
    page.goto(address)
    page.wait_for_function(QUIET)
    page.locator(".idlat-node.is-leaf .idlat-dot").click()
    page.wait_for_function("document.querySelectorAll('.idlat-node.is-leaf').length > 1")
    page.wait_for_function(QUIET)
    selections = []
    for repeat in range(repeats):
        page.wait_for_timeout(900)
        selections.append(page.evaluate(SELECT, repeat % 2))
    page.wait_for_timeout(900)
    page.evaluate(COUNT)
    box = page.locator(".idlat-keys").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 120)
    page.mouse.down()
    begun = page.evaluate("performance.now()")
    for step in range(120):
        page.mouse.move(box["x"] + 60 + 3 * step, box["y"] + 120 + step % 7)
        page.wait_for_timeout(25)
    seconds = (page.evaluate("performance.now()") - begun) / 1000
    turned = page.evaluate("window.pictures") / seconds
    page.mouse.up()
    canvas = page.locator(".idlat-scatter canvas")
    return {
        "selection to picture, ms": statistics.median(selections),
        "selection to picture, slowest, ms": max(selections),
        "pictures a second while turning": turned,
        "frame of the scatter, ms": float(canvas.get_attribute("data-frame-ms")),
        "points of the scatter": float(canvas.get_attribute("data-points")),
    }


if __name__ == "__main__":
    main()
