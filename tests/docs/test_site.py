"""The documentation site builds without a warning, and its pages need nothing but each other."""

from __future__ import annotations

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
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


@pytest.mark.slow
def test_the_site_builds_and_its_links_lead_somewhere(tmp_path):
    pytest.importorskip("mkdocs", reason="mkdocs is not installed")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3000, env=quiet)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "site").rglob("*.html"))) > 40
    assert faults(tmp_path / "site") == []
    api = (tmp_path / "site" / "api" / "archive.html").read_text(encoding="utf-8")
    assert ":func:" not in api
    assert "The largest error of any voxel" in api


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
