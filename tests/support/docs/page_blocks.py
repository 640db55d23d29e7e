"""The code blocks of the documentation's pages: found, run, and checked where they cannot be run here.

A block of ``python`` or ``sh`` runs, unless the comment ``<!-- not run: REASON -->`` stands on the line
before it. Of commands that are not run, the options are looked up: those of idlat by its parser, those of
a script in its source.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from idlat.cli.app import app, run, with_coarse

ROOT = Path(__file__).parents[3]
PAGES = ["README.md", "CONTRIBUTING.md", *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/**/*.md"))]
NOT_RUN = {
    "takes minutes",
    "takes hours",
    "needs a Dask cluster",
    "needs a copy of a damaged archive",
    "needs an object store",
    "needs files that others publish",
    "needs ParaView",
    "needs napari",
    "needs the network",
}
"""The reasons not to run a block that pages may give."""

_BLOCK = re.compile(r"^(?:<!-- not run: (.*?) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^(idlat|python|make|pip) ", re.MULTILINE)
_OTHERS = ("echo", "export", "paraview", "python3.11")  # beside commands that are not run
_ENDLESS = ("explore",)  # serves its page until it is stopped


@dataclass(frozen=True)
class Block:
    """A block of a page: its language, its text, and the reason not to run it, if any."""

    page: str
    kind: str
    text: str
    reason: str = ""

    @property
    def runs(self) -> bool:
        return self.kind in ("python", "sh") and not self.reason

    def lines(self) -> list[list[str]]:
        """Return the words of each command."""
        joined = self.text.replace("\\\n", " ").splitlines()
        return [words for line in joined if (words := shlex.split(line, comments=True))]


def blocks_of(page: str) -> list[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [Block(page, kind, body, reason) for reason, kind, body in _BLOCK.findall(text)]


def unmarked_commands(block: Block) -> bool:
    """Whether a block looks like commands but does not say that it is."""
    return not block.kind and _COMMAND.match(block.text) is not None


def run_blocks(blocks: list[Block], names: dict[str, Any]) -> None:
    """Run blocks in order, Python in one namespace, commands of idlat in this process."""
    for block in blocks:
        if not block.runs:
            check(block)
        elif block.kind == "python":
            exec(compile(block.text, block.page, "exec"), names)  # noqa: S102
        else:
            for words in block.lines():
                run_command(words, f"{block.page}: {shlex.join(words)}")


def run_command(words: list[str], where: str) -> None:
    """Run a command of idlat that ends; check any other."""
    if words[0] != "idlat" or words[1] in _ENDLESS:
        check_command(words, where)
    else:
        assert run(words[1:]) == 0, where


def check(block: Block) -> None:
    """Check what is not run: that it can be read, and knows its options."""
    if block.kind == "python":
        compile(block.text, block.page, "exec")
    elif block.kind == "toml":
        tomllib.loads(block.text)
    elif block.kind == "sh":
        for words in block.lines():
            check_command(_inside_loop(words), block.page)


def _inside_loop(words: list[str]) -> list[str]:
    """Return what a loop over numbers, written in one line, does for one of them.

    >>> _inside_loop(shlex.split("for n in 1 2; do make $n; done"))
    ['make', '1']
    """
    if words[0] == "for":
        words = words[words.index("do") + 1 : -1]
    return [re.sub(r"^\$\w+$", "1", word.rstrip(";")) for word in words]


def check_command(words: list[str], where: str) -> None:
    program, *arguments = words
    check_of = {
        "idlat": _known_to_idlat, "python": _known_to_script, "make": _known_to_make, "pip": _extras,
        "mkdir": _known_to_mkdir, "pv/bin/pip": _extras, **dict.fromkeys(_OTHERS, _not_looked_up),
    }  # fmt: skip
    assert program in check_of, f"{where}: {program} is not known here"
    check_of[program](arguments, where)


def _not_looked_up(arguments: list[str], where: str) -> None:
    """Let programs of others have what they are given."""


def _known_to_mkdir(arguments: list[str], where: str) -> None:
    option, _folder = arguments
    assert option == "-p", where


def _known_to_idlat(arguments: list[str], where: str) -> None:
    """Let idlat's parser read arguments, which raises where it cannot."""
    command: Any = typer.main.get_command(app)
    rest = with_coarse(arguments)
    while hasattr(command, "commands"):
        name, *rest = rest
        assert name in command.commands, f"{where}: there is no command {name}"
        command = command.commands[name]
    command.make_context(command.name, rest)


def _known_to_script(arguments: list[str], where: str) -> None:
    script, *rest = arguments
    source = (ROOT / script).read_text(encoding="utf-8")
    unknown = [word for word in rest if word.startswith("--") and f'"{word}"' not in source]
    assert not unknown, f"{where}: {script} has no {', '.join(unknown)}"


def _known_to_make(arguments: list[str], where: str) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert arguments[0] in targets, f"{where}: there is no target {arguments[0]}"


def _extras(arguments: list[str], where: str) -> None:
    assert arguments[0] == "install", where
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = re.search(r"\[(.*)\]", arguments[-1])
    for extra in asked[1].split(",") if asked else []:
        assert extra in project["optional-dependencies"], f"{where}: there is no extra {extra}"
