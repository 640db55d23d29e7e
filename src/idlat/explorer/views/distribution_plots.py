"""What the page draws of distributions: a plot of values, and one of gradients along each axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

__all__ = ["plots_of"]


def plots_of(groups: Sequence[Mapping[str, Any]], units: str) -> list[dict[str, Any]]:
    """Return the plots of some groups of blocks, each laid over the others.

    Parameters
    ----------
    groups
        ``node`` or None, ``size``, ``values`` and ``gradients``, as
        :meth:`~idlat.explorer.data.clusters.tree_editor.TreeEditor.compared` gives them.
    units
        Of the field.

    Returns
    -------
    list of dict
        ``title``, ``unit`` along the plot, what its ``heights`` are, ``at`` which values (edges of bins, one
        more than heights, or points), and ``series``: ``node``, ``size``, ``heights`` and their ``mean``.

    Examples
    --------
    >>> group = {"node": 1, "size": 2, "gradients": None, "values": {"edges": [0, 2, 4], "counts": [1, 3]}}
    >>> plots_of([group], "K")[0]["series"]
    [{'node': 1, 'size': 2, 'heights': [25.0, 75.0], 'mean': 2.5}]
    """
    plots = []
    known = [group for group in groups if group["values"] is not None]
    if known:
        edges = known[0]["values"]["edges"]
        series = [_curve(group, *_shares(edges, group["values"]["counts"])) for group in known]
        plots.append(_plot("Values", units, "% of cells", edges, series))
    known = [group for group in groups if group["gradients"] is not None]
    for axis in "zyx" if known else "":
        found = [group["gradients"] for group in known]
        series = [
            _curve(group, each[axis], each["means"][axis]) for group, each in zip(known, found, strict=True)
        ]
        plots.append(_plot(f"Gradient {axis}", f"{units} a voxel".strip(), "density", found[0]["at"], series))
    return plots


def _shares(edges: Sequence[float], counts: Sequence[float]) -> tuple[list[float], float]:
    """Return counts as percentages, and the mean of what was counted, each at the middle of its bin."""
    total = sum(counts) or 1
    middles = [(a + b) / 2 for a, b in pairwise(edges)]
    mean = sum(n * at for n, at in zip(counts, middles, strict=True)) / total
    return [100 * n / total for n in counts], mean


def _curve(group: Mapping[str, Any], heights: list[float], mean: float) -> dict[str, Any]:
    return {"node": group["node"], "size": group["size"], "heights": heights, "mean": mean}


def _plot(
    title: str, unit: str, of: str, at: Sequence[float], series: list[dict[str, Any]]
) -> dict[str, Any]:
    return {"title": title, "unit": unit, "of": of, "at": at, "series": series}
