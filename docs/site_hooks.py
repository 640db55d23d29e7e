"""What the site adds to the pages of ``docs/``: every file of the repository that a page links to.

Pages link to sources and to the repository's own documents by relative paths, which work where the repository
is read. On the site a linked source is a page that shows it, and the changelog, how to contribute and what is
said of security are pages like the others.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(\]\(|^\[[^\]]+\]: )([^)\s]+)", re.MULTILINE)
LANGUAGES = {".py": "python", ".js": "javascript", ".toml": "toml"}
DOCUMENTS = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}


def page_of(path: str) -> str:
    """Return the page that shows a file of the repository."""
    return DOCUMENTS.get(path, f"source/{path}.md")


def target(link: str, uri: str) -> str | None:
    """Return what of the repository, outside the pages, a page's link leads to; None of other links."""
    path = link.partition("#")[0]
    if not path or re.match(r"[a-z]+:", path) or uri.startswith("source/"):
        return None
    folder = "" if uri in DOCUMENTS.values() else posixpath.dirname(f"docs/{uri}")
    inside = posixpath.normpath(posixpath.join(folder, path))
    is_page = inside.startswith("docs/") and not inside.endswith(".py")
    return None if is_page or inside.startswith("..") or not (ROOT / inside).exists() else inside


def shown(path: str) -> str:
    """Return the page of a file, or of a folder."""
    place = ROOT / path
    if place.is_dir():
        text, language = "\n".join(sorted(each.name for each in place.iterdir())), "text"
    else:
        text, language = place.read_text(encoding="utf-8"), LANGUAGES.get(place.suffix, "text")
    return f"---\nsearch:\n  exclude: true\n---\n# {path}\n\n``````{language}\n{text}\n``````\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of what is linked."""
    texts = {file.src_uri: file.content_string for file in files.documentation_pages()}
    for name, uri in DOCUMENTS.items():
        texts[uri] = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, uri, content=texts[uri]))
    linked = {target(link, uri) for uri, text in texts.items() for _, link in LINK.findall(text)}
    for path in sorted(linked - {None, *DOCUMENTS}):
        file = File.generated(config, page_of(path), content=shown(path), inclusion=InclusionLevel.NOT_IN_NAV)
        files.append(file)
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Lead links to the pages that show what they name."""
    uri = page.file.src_uri

    def led(found: re.Match[str]) -> str:
        before, link = found.groups()
        path, mark, anchor = link.partition("#")
        inside = target(link, uri)
        if inside is not None:
            end = mark + anchor if inside in DOCUMENTS else ""
            return f"{before}{posixpath.relpath(page_of(inside), posixpath.dirname(uri) or '.')}{end}"
        if uri in DOCUMENTS.values() and path.startswith("docs/"):
            return f"{before}{path.removeprefix('docs/')}{mark}{anchor}"
        return found[0]

    return LINK.sub(led, markdown)
