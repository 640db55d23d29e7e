"""How the blocks are arranged in the plane: by t-SNE of some perplexity, or by UMAP where it is installed."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis.projection import USUAL_PERPLEXITY, Method, project
from idlat.explorer.data import Blocks
from idlat.explorer.data.background_jobs import Progress

__all__ = ["TITLES", "arrangements", "is_projected", "projected", "told"]

TITLES: dict[Method, str] = {"tsne": "t-SNE", "umap": "UMAP"}

SETTLING = 0.4
"""Seconds between two looks at points that are still on their way."""

_NO_UMAP = "UMAP is not installed: pip install 'idlat[umap]'"


def arrangements() -> list[dict[str, Any]]:
    """Return the ways to choose from, each with what keeps one from it."""
    hint = {"umap": "" if find_spec("umap") else _NO_UMAP}
    return [
        {"value": method, "title": title, "hint": hint.get(method, "")} for method, title in TITLES.items()
    ]


def told(method: Method, perplexity: float) -> str:
    """Say how blocks are arranged.

    Examples
    --------
    >>> told("tsne", 30.0), told("umap", 50.0)
    ('t-SNE', 'UMAP, perplexity 50')
    """
    usual = perplexity == USUAL_PERPLEXITY
    return TITLES[method] + ("" if usual else f", perplexity {perplexity:g}")


def projected(
    blocks: Blocks,
    method: Method,
    perplexity: float,
    progress: Progress | None,
    settling: Callable[[NDArray[np.float64]], None] | None = None,
) -> NDArray[np.float64]:
    """Return the projection (n, 2), which all windows share.

    `settling` takes the points on their way there, now and then, where this call is the one that finds them.

    Raises
    ------
    IdlatError
        The method's library is not installed.
    """
    found: NDArray[np.float64] = blocks.dataset.cache.get(
        _key(blocks, method, perplexity),
        lambda: (
            project(
                blocks.features.values,
                method,
                perplexity=perplexity,
                seed=blocks.seed,
                progress=progress,
                settling=None if settling is None else _now_and_then(settling),
            ).points
        ),
        lambda points: points.nbytes,
    )
    return found


def _now_and_then(settling: Callable[[NDArray[np.float64]], None]) -> Callable[[NDArray[np.float64]], None]:
    """Return a call that is left out where the last one is less than a moment ago."""
    due = time.monotonic() + SETTLING

    def look(points: NDArray[np.float64]) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + SETTLING
            settling(points)

    return look


def is_projected(blocks: Blocks, method: Method, perplexity: float) -> bool:
    """Tell whether the projection is known, or on its way."""
    return _key(blocks, method, perplexity) in blocks.dataset.cache


def _key(blocks: Blocks, method: Method, perplexity: float) -> tuple[object, ...]:
    return "projection", blocks.variable, blocks.step, blocks.seed, blocks.scaling, method, perplexity
