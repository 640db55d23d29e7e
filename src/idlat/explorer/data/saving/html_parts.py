"""Parts of a page of HTML that stands alone: tables, pictures, files within; all of it text, no scripts."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Iterable, Sequence

__all__ = ["figure", "file_link", "number", "page", "table"]


def page(title: str, body: str) -> str:
    """Return a whole page; `body` is HTML, the title is text."""
    return _PAGE.format(title=html.escape(title), style=_STYLE, body=body)


def file_link(name: str, text: str) -> str:
    """Return a link that saves a text as a file; nothing is fetched."""
    data, named = base64.b64encode(text.encode()).decode(), html.escape(name, quote=True)
    return f'<a download="{named}" href="data:application/json;base64,{data}">{named}</a>'


def figure(title: str, png: bytes) -> str:
    """Return a PNG with its caption."""
    data = base64.b64encode(png).decode()
    text = html.escape(title, quote=True)
    image = f'<img alt="{text}" src="data:image/png;base64,{data}">'
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; everything in it is text."""
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in header)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def number(value: float | None) -> str:
    """Return four digits of a number, a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.4g}"


_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.2rem 0.9rem 0.2rem 0; border-bottom: 1px solid #8884; }
td { overflow-wrap: anywhere; } .wide { overflow-x: auto; }
figure { margin: 1.4rem 0; } img { max-width: 100%; background: #fff; border-radius: 4px; }
figcaption { opacity: 0.75; }
pre { overflow-x: auto; padding: 0.8rem; background: #8882; border-radius: 4px; }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title} · idlat report</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
