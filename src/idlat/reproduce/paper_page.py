"""One HTML page of all that was reproduced, with its pictures in it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from idlat.reproduce.paper_parts import Part

__all__ = ["Outcome", "page_of"]

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; }
body { color: #1a1a1a; background: #fff; } h1 { font-size: 1.6em; }
h2 { margin-top: 2.2em; border-top: 1px solid #ccc; padding-top: 1em; font-size: 1.25em; }
img { max-width: 100%; } .scroll { overflow-x: auto; } code { background: #f2f2f2; padding: 0 .25em; }
table { border-collapse: collapse; font-size: 13px; margin: 1em 0; }
th { text-align: left; background: #f2f2f2; }
th, td { border: 1px solid #ccc; padding: .25em .6em; vertical-align: top; } .failed { color: #a00000; }
"""


@dataclass(frozen=True)
class Outcome:
    """What became of a part.

    Attributes
    ----------
    part : Part
    failure : str or None
        Why it failed; None where it stands.
    seconds : float
        That it took when it was made.
    """

    part: Part
    failure: str | None
    seconds: float


def page_of(outcomes: Sequence[Outcome], folder: Path, command: str) -> str:
    """Return the page.

    Parameters
    ----------
    outcomes
        Of all parts.
    folder
        Where their files are.
    command
        That makes it all again.
    """
    made = sum(outcome.failure is None for outcome in outcomes)
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>IDLat, reproduced</title><style>{_STYLE}</style></head><body>",
        "<h1>IDLat: An Importance-Driven Latent Generation Method for Scientific Data, reproduced</h1>",
        f"<p><code>{escape(command)}</code></p>",
        f"<p>{made} of {len(outcomes)} parts stand. Each says what differs from the paper, and why.</p><ul>",
        *(f'<li><a href="#{each.part.name}">{escape(each.part.title)}</a></li>' for each in outcomes),
        "</ul>",
        *(_section(outcome, folder) for outcome in outcomes),
        "</body></html>",
    ]
    return "\n".join(lines) + "\n"


def _section(outcome: Outcome, folder: Path) -> str:
    part = outcome.part
    lines = [f'<section><h2 id="{part.name}">{escape(part.title)}</h2>']
    if outcome.failure is not None:
        lines.append(f'<p class="failed">Failed: {escape(outcome.failure)}</p>')
    else:
        for name in part.files:
            if name.endswith(".png"):
                data = base64.b64encode((folder / name).read_bytes()).decode("ascii")
                lines.append(f'<img alt="{escape(part.title)}" src="data:image/png;base64,{data}">')
            elif name.endswith(".md"):
                lines += tables_of((folder / name).read_text(encoding="utf-8"))
    lines.append(f"<p>{escape(part.differs)}</p>")
    numbers = ", ".join(f'<a href="{name}">{name}</a>' for name in part.files if name.endswith(".json"))
    lines.append(f"<p>Numbers and parameters: {numbers}; made in {outcome.seconds:.0f} s.</p></section>")
    return "\n".join(lines)


def tables_of(markdown: str) -> list[str]:
    r"""Return the tables of a text as HTML.

    Examples
    --------
    >>> print("".join(tables_of("| a | b |\n|---|---|\n| 1 | *x* |\n")))
    <div class="scroll"><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>x</td></tr></table></div>
    """
    tables: list[list[str]] = []
    inside = False
    for line in markdown.splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip().strip("*") for cell in line.strip().strip("|").split("|")]
        if not inside:
            tables.append([])
            inside = True
        if all(set(cell) <= {"-", ":"} and cell for cell in cells):
            continue
        tag = "td" if tables[-1] else "th"
        tables[-1].append("".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells))
    rows = ("".join(f"<tr>{row}</tr>" for row in table) for table in tables)
    return [f'<div class="scroll"><table>{row}</table></div>' for row in rows]
