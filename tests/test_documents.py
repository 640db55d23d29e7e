"""What the repository's documents say of files, versions and dependencies is so."""

import re
import runpy
from pathlib import Path

import pytest

import idlat

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
GLOSSARY = ROOT / "docs" / "glossary.md"
LINK = re.compile(r"\]\(([^)\s]+)\)")


def terms():
    """Return the terms of the glossary, each with the cell that says where it is at home."""
    rows = [
        line.strip("| ").split(" | ") for line in GLOSSARY.read_text().splitlines() if line.startswith("| ")
    ]
    return {row[0]: row[2] for row in rows if row[0] != "term"}


def anchors(page):
    """Return the anchors of a page's headings, as they are made from their text."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(text, page):
    """Return the links of a page's text that lead to no file of the repository, or to no heading of one."""
    found = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("term", terms())
def test_every_term_has_a_home_that_exists(term):
    where = terms()[term]
    assert LINK.search(where)
    assert broken(where, GLOSSARY) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    assert broken(page.read_text(), page) == []


def test_a_broken_link_is_found():
    text = "[a](model.md) [b](no_such_page.md) [c](explorer.md#no-such-heading) [d](https://example.org)"
    assert broken(text, GLOSSARY) == ["no_such_page.md", "explorer.md#no-such-heading"]


def test_the_citation_names_the_version():
    (version,) = re.findall(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert version == idlat.__version__


def test_the_changelog_has_a_section_for_what_comes_next():
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text()


def test_every_dependency_has_a_lowest_version_which_the_pinned_one_reaches():
    script = runpy.run_path(str(ROOT / "scripts" / "lowest_versions.py"))
    lowest = script["lowest_versions"](script["admitted"](["all", "bench", "dev"]))
    pins = re.findall(r"^([\w.-]+)==(\d[\d.]*\d)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    pinned = {name.lower().replace("_", "-"): script["numbers"](version) for name, version in pins}
    assert len(lowest) > 30
    late = {
        name: version
        for name, version in lowest.items()
        if pinned.get(name.lower().replace("_", "-"), (10**9,)) < script["numbers"](version)
    }
    assert late == {}
