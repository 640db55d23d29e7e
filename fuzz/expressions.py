"""Importance expressions: those of the corpus, damaged, and others made of the same tokens."""

from __future__ import annotations

import random
import re
from pathlib import Path

from fuzz.mutations import mutate

__all__ = ["CORPUS", "mutate_expression"]

CORPUS = Path(__file__).with_name("corpus") / "expressions.txt"

_TOKEN = re.compile(r"[A-Za-z_]\w*|\d+\.?\d*(?:[eE][-+]?\d+)?|\S")
_WILD = [
    *("1e999", "nan", "-1", "0", "1e308", "999999999999999999999", "0x10", "__import__('os')", "lambda: 1"),
    *("().__class__", "value.__class__", "open('/etc/passwd')", "'../outside/secret'", "{}", "[]", "f'{1}'"),
    *("\x00", "∞", "²", "é", "#", "\n", "(" * 200, "-" * 500, "min(" * 100, "1**1**1", "value if 1 else 0"),
    *("value = 1", "value; 1", "a.b.c", "`1`"),
]


def expressions() -> list[str]:
    """Return the expressions of the corpus."""
    return [line for line in CORPUS.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]


def mutate_expression(source: Path, target: Path, rng: random.Random) -> str:
    """Write another expression: tokens of a few exchanged, dropped, doubled or wild, or bytes damaged."""
    text = source.read_text(encoding="utf-8")
    if rng.random() < 0.2:
        target.write_bytes(mutate(text.encode(), rng))
        return "bytes"
    tokens = _TOKEN.findall(text)
    others = [token for each in rng.sample(expressions(), 3) for token in _TOKEN.findall(each)]
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(tokens) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            tokens.insert(at, rng.choice(_WILD))
        elif kind == 1:
            tokens.insert(at, rng.choice(others))
        elif tokens and kind == 2:
            del tokens[min(at, len(tokens) - 1)]
        elif tokens and kind == 3:
            tokens[min(at, len(tokens) - 1)] = rng.choice([*others, *_WILD])
        else:
            tokens[at:at] = tokens[: rng.randrange(len(tokens) + 1)]
    target.write_text(" ".join(tokens), encoding="utf-8")
    return "tokens"
