"""What each cell of a chunk costs in its stream, by the tables that its symbols are coded with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.coding.interpolation import residual
from idlat.coding.learned.chunk_stream import NetworkChunkCoder
from idlat.coding.learned.integer_networks import Array, Groups
from idlat.coding.learned.scale_tables import RAW_BITS, table_index
from idlat.coding.learned.symbol_costs import SymbolCosts

__all__ = ["cell_bits"]


def cell_bits(coder: NetworkChunkCoder, latents: Array, z: Array, costs: SymbolCosts) -> NDArray[np.float64]:
    """Return the bits of each cell's level, mean and coefficients.

    Parameters
    ----------
    coder : NetworkChunkCoder
        Whose networks say which table codes what.
    latents, z : ndarray of int64
        (B, C, d, h, w) and (B, hyper, 4, 4, 4), as for :meth:`NetworkChunkCoder.encode`.
    costs : SymbolCosts
        Of the coder's tables.

    Returns
    -------
    ndarray of float64
        (B, d, h, w); 0 outside the box of cells that are not zero, which is not coded. ẑ, header and escapes
        are left out.
    """
    bits = np.zeros((len(latents), *latents.shape[2:]))
    if not latents.any():
        return bits
    coefficients, means = coder.expected(latents, z), coder.expected_means(latents, z)
    for i, chunk in enumerate(latents):
        z_used, y_used, x_used = np.nonzero(chunk.any(axis=0))
        if not z_used.size:
            continue
        extent = (int(z_used.max()) + 1, int(y_used.max()) + 1, int(x_used.max()) + 1)
        box = (slice(extent[0]), slice(extent[1]), slice(extent[2]))
        own, common = residual(chunk[1][box].ravel(), chunk[0][box].ravel(), extent)
        pair = np.stack([common, own]).reshape(2, *extent)
        channels = int(np.flatnonzero(chunk[2:].any(axis=(1, 2, 3))).max(initial=-1)) + 1
        rest = chunk[(slice(2, 2 + channels), *box)]
        spent = _spent(pair, means, i, box, costs) + _spent(rest, coefficients, i, box, costs)
        bits[i][box] = spent
    return bits


def _spent(
    values: Array, groups: Groups, chunk: int, box: tuple[slice, slice, slice], costs: SymbolCosts
) -> NDArray[np.float64]:
    """Sum over channels what values (n, d, h, w) cost under the first n channels of the groups."""
    at = (chunk, slice(0, len(values)), *box)
    table, base = table_index(groups.scale[at].ravel(), groups.mean[at].ravel())
    each = costs.bits(table, values.ravel() - base) + RAW_BITS[table]
    spent: NDArray[np.float64] = each.reshape(values.shape).sum(axis=0)
    return spent
