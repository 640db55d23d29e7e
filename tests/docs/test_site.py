"""The documentation site builds without a warning, and its pages need nothing but each other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 120_000  # ms: the machine may be busy
FETCHED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src")}
SHEETS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "modulepreload", "manifest"}


class Links(HTMLParser):
    """What a page links to, what it fetches, and the places in it that others may link to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.places: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        self.places |= {known[name] for name in ("id", "name") if known.get(name)}
        if tag == "a" and known.get("href"):
            self.links.append(known["href"])
        if tag == "link" and SHEETS & set((known.get("rel") or "").split()):
            self.fetched.append(known["href"])
        self.fetched += [known[name] for kind, name in FETCHED if tag == kind and known.get(name)]


def elsewhere(address: str) -> bool:
    return bool(urlsplit(address).netloc)


def faults(site: Path) -> list[str]:
    """Return what is wrong with the links of a site's pages."""
    pages = {path: Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    found = []
    for path, page in pages.items():
        found += [f"{path.name} fetches {address}" for address in page.fetched if elsewhere(address)]
        for address in [*page.links, *page.fetched]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            goal = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            goal = goal / "index.html" if goal.is_dir() else goal
            if not goal.exists():
                found.append(f"{path.name} links to {address}, which is not there")
            elif goal in pages and unquote(parts.fragment) not in pages[goal].places:
                found.append(f"{path.name} links to {address}, which has no such place")
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built strictly."""
    pytest.importorskip("mkdocs", reason="mkdocs is not installed")
    folder = tmp_path_factory.mktemp("built") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3000, env=quiet)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    """Where a server has the site: the search asks for one."""
    command = [
        sys.executable,
        "-u",
        "-m",
        "http.server",
        "--bind",
        "127.0.0.1",
        "--directory",
        str(site),
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split("(")[1].split(")")[0]
        server.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--no-first-run"])
        yield running
        running.close()


@pytest.mark.slow
def test_the_site_builds_and_its_links_lead_somewhere(site):
    assert len(list(site.rglob("*.html"))) > 40
    assert faults(site) == []
    api = (site / "api" / "archive.html").read_text(encoding="utf-8")
    assert ":func:" not in api
    assert "The largest error of any voxel" in api


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
def test_the_pages_fit_and_the_search_finds(address, browser, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_default_timeout(PATIENCE)
    for name in ("index.html", "tutorials/netcdf.html", "choosing.html", "api/archive.html"):
        page.goto(address + name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    field = page.locator(".md-search__input")
    (field if width > 1000 else page.locator("header label.md-header__button[for=__search]")).click()
    field.press_sequentially("isosurface")
    page.wait_for_selector(".md-search-result__item >> text=isosurface_distances")
    page.wait_for_function(  # it slides in
        """() => {
            const box = document.querySelector(".md-search__form").getBoundingClientRect();
            return box.left >= 0 && box.right <= innerWidth + 0.01;
        }"""
    )
    page.close()


def test_faults_of_a_site_are_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there">1</a><a href="b.html#gone">2</a><a href="c.html">3</a>'
        '<a href="https://example.org">4</a><script src="https://example.org/x.js"></script>'
    )
    (tmp_path / "b.html").write_text('<p id="there"></p>')
    assert faults(tmp_path) == [
        "a.html fetches https://example.org/x.js",
        "a.html links to b.html#gone, which has no such place",
        "a.html links to c.html, which is not there",
    ]
