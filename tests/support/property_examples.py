"""How many examples of a property are tried: all by ``make test-long``, a share by ``make test``."""

from __future__ import annotations

from hypothesis import settings

__all__ = ["examples"]

_SHARE = 4


def examples(many: int) -> int:
    """Return how many of `many` examples are tried: all where they are new ones, else a share of them."""
    return max(many // _SHARE, 5) if settings().derandomize else many
