"""Time the explorer from end to end in headless Chromium: it opens, a click, an orbit, the scatter.

    python benchmarks/explorer_page.py run.idlat run.nc -o explorer_page.json
    python benchmarks/explorer_page.py --size 256
    python benchmarks/explorer_page.py --size 752 --windows 0       # 103,823 blocks

It prints a table: seconds from the page's address, in a server that has opened nothing yet, to the tree of
clusters, and from there until t-SNE is done; milliseconds from a click on a cluster's name to the new picture
and to the full one, pictures a second while the view is turned, and milliseconds to draw a frame of the
scatter; and megabytes of memory that the server has before, with and after some windows, one after another
(Linux). Without an archive it makes one of waves under a map of an isosurface. It needs Chromium and
playwright.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from shared.wave_scene import waves

ARGUMENTS = ("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking")
VIEWPORT = {"width": 1280, "height": 720}
SWEPT = 10.0
"""Seconds after which what a window held is given back."""

QUIET = (
    "!document.querySelector('.job') && document.querySelector('.idlat-node')"
    " && document.querySelector('.space-body img')?.naturalWidth > 100"
)
TREE = "document.querySelector('.idlat-node')"
SELECT = """async ([leaf, quiet]) => {
  const image = document.querySelector('.space-body img');
  const seen = [], begun = performance.now();
  new MutationObserver(() => seen.push(performance.now() - begun))
    .observe(image, { attributes: true, attributeFilter: ['src'] });
  document.querySelectorAll('.idlat-node.is-leaf text')[leaf]
    .dispatchEvent(new MouseEvent('click', { bubbles: true }));
  while (!seen.length || performance.now() - begun - seen.at(-1) < quiet)
    await new Promise((done) => setTimeout(done, 50));
  return [seen[0], seen.at(-1)];
}"""
LAST = 2500
"""Milliseconds after which no other picture is waited for: a full one follows the coarse one sooner."""

COUNT = """() => {
  window.pictures = 0;
  new MutationObserver(() => { window.pictures += 1 })
    .observe(document.querySelector('.space-body img'), { attributes: true, attributeFilter: ['src'] });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", nargs="?")
    parser.add_argument("field", nargs="?")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--size", type=int, default=128, help="voxels a side where no archive is given")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--windows", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        given = (options.archive, options.field) if options.archive else made(options.size, Path(folder))
        figures = measure(*given, options.repeats, options.windows)
    for name, value in figures.items():
        print(f"{name:36} {value:8.1f}")
    if options.output:
        options.output.write_text(json.dumps(figures, indent=2) + "\n")


def made(side: int, folder: Path) -> tuple[str, str]:
    """Make a field of waves, mirrored where it is large, stronger from corner to corner; compress it."""
    small = min(side, 256)
    field = np.pad(waves(small), (0, side - small), mode="symmetric")
    for axis in range(3):
        field *= np.linspace(0.8, 1.25, side, dtype=np.float32).reshape(-1, *(1,) * (2 - axis))
    path, archive = folder / "waves.npy", folder / "waves.idlat"
    np.save(path, field)
    level = float(np.quantile(field[::4, ::4, ::4], 0.9))
    command = [sys.executable, "-m", "idlat", "compress", str(path), "-o", str(archive), "--quality", "50"]
    importance = f"isosurface({level:.3g}, decay=0.2)"
    subprocess.run([*command, "--importance", importance, "--keep-importance"], check=True)
    return str(archive), str(path)


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
                page.set_default_timeout(900_000)
                found |= opening(page, address)
                found |= timings(page, repeats)
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


def opening(page: Any, address: str) -> dict[str, float]:
    """Time how a page opens."""
    begun = time.perf_counter()
    page.goto(address)
    page.wait_for_function(TREE)
    tree = time.perf_counter()
    page.wait_for_function(QUIET)
    return {
        "address to the tree, s": tree - begun,
        "tree to all at rest (t-SNE), s": time.perf_counter() - tree,
    }


def timings(page: Any, repeats: int) -> dict[str, float]:
    """Time a page that is open; the median of the repeats."""
    page.locator(".idlat-node.is-leaf .idlat-dot").click()
    page.wait_for_function("document.querySelectorAll('.idlat-node.is-leaf').length > 1")
    page.wait_for_function(QUIET)
    both = [page.evaluate(SELECT, [repeat % 2, LAST]) for repeat in range(repeats)]
    selections, full = [first for first, _ in both], [last for _, last in both]
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
        "selection to full picture, ms": statistics.median(full),
        "pictures a second while turning": turned,
        "frame of the scatter, ms": float(canvas.get_attribute("data-frame-ms")),
        "points of the scatter": float(canvas.get_attribute("data-points")),
    }


if __name__ == "__main__":
    main()
