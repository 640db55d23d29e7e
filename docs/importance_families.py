"""Write the tables of importance families into docs/importance.md, from what the registry knows.

Run from the repository root: ``python docs/importance_families.py``. A table stands between
``<!-- families: GROUP -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
from pathlib import Path

from idlat.importance import parse
from idlat.importance.families.family_base import Leaf
from idlat.importance.family_registry import ImportanceFamily, list_families

PAGE = Path(__file__).with_name("importance.md")
HEAD = "| text | in Python | importance | for |\n|---|---|---|---|\n"


def row(family: ImportanceFamily) -> str:
    """Write the row of a family."""
    nodes = [parse(example) for example in family.examples]
    calls = [family.python(node) for node in nodes if isinstance(node, Leaf)]
    texts, functions = (", ".join(f"`{one}`" for one in each) for each in (family.examples, calls))
    return f"| {texts} | {functions} | {family.meaning} | {family.use} |\n"


def table(group: str) -> str:
    """Write the table of a group."""
    own = (
        known
        for known in list_families()
        if known.group == group and known.node.__module__.startswith("idlat.")
    )
    return HEAD + "".join(map(row, own))


def filled(text: str) -> str:
    """Replace the tables in a text by those that the registry gives."""
    return re.sub(
        r"(<!-- families: (\w+) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}\n{table(found[2])}\n{found[3]}",
        text,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
