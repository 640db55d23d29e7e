"""How values and gradients are distributed in groups of blocks, over what all groups share (Fig. 10)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import density
from idlat.explorer.data.step_blocks import Blocks

__all__ = ["distributions"]

_BINS = 24
_POINTS = 48  # of a density


def distributions(blocks: Blocks, rows: NDArray[np.intp]) -> dict[str, Any]:
    """Return how values and gradients are distributed in some blocks, as JSON values.

    Returns
    -------
    dict
        ``values``: ``edges`` of bins and the ``counts`` of cells in them. ``gradients``: densities along
        ``z``, ``y`` and ``x`` ``at`` some gradients, in the field's unit a voxel, and their ``means``.
        Each is None where nothing is known of it.
    """
    return {"values": _counts(blocks.cell_values, rows), "gradients": _densities(blocks.gradients, rows)}


def _counts(values: NDArray[np.float32], rows: NDArray[np.intp]) -> dict[str, list[float]] | None:
    """Count values in bins of equal width over those of all blocks."""
    known = values[np.isfinite(values)].astype(np.float64)
    if not known.size:
        return None
    edges = np.histogram_bin_edges(known, _BINS)
    own = values[rows]
    counts, _ = np.histogram(own[np.isfinite(own)], edges)
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _densities(gradients: NDArray[np.float32], rows: NDArray[np.intp]) -> dict[str, Any] | None:
    """Estimate the densities of gradients along each axis over most of those of all blocks."""
    known = gradients[np.isfinite(gradients).all(axis=1)]
    own = gradients[rows]
    own = own[np.isfinite(own).all(axis=1)]
    if not own.size:
        return None
    reach = float(np.percentile(np.abs(known), 99.5)) or 1.0
    at = np.linspace(-reach, reach, _POINTS)
    means = dict(zip("zyx", own.mean(axis=0, dtype=np.float64).tolist(), strict=True))
    densities = {axis: density(own[:, i], at).tolist() for i, axis in enumerate("zyx")}
    return {"at": at.tolist(), "means": means} | densities
