"""Asymmetric numeral systems over frozen integer tables (paper, Sect. 5.2), by constriction."""

from __future__ import annotations

from typing import Any, TypeAlias

import constriction
import numpy as np
from numpy.typing import NDArray

from idlat.coding.learned.scale_tables import Tables
from idlat.coding.rans import TOTAL
from idlat.errors import CorruptStreamError

_Coder: TypeAlias = Any  # constriction ships no type information


class TableSet:
    """Tables made ready for the coder. Symbols are indices into a table; its last is the escape."""

    def __init__(self, tables: Tables) -> None:
        ends = np.cumsum(tables.sizes)
        parts = [tables.weights[end - size : end] for end, size in zip(ends, tables.sizes, strict=True)]
        self.lowest = tables.lowest.astype(np.int64)
        self.escape = tables.sizes.astype(np.int64) - 1
        # Weights that are integers summing to 2²⁴ are exact here; `perfect` would depend on rounding.
        self.models = [
            constriction.stream.model.Categorical(part.astype(np.float64) / TOTAL, perfect=False)
            for part in parts
        ]


def push(coder: _Coder, tables: TableSet, index: NDArray[np.int64], symbols: NDArray[np.int64]) -> None:
    """Push symbols (n,) with tables `index` (n,) in batches of one table, last batch first."""
    order, starts, used = batches(index)
    sorted_symbols = symbols[order].astype(np.int32)
    for k in range(len(used) - 1, -1, -1):
        coder.encode_reverse(sorted_symbols[starts[k] : starts[k + 1]], tables.models[used[k]])


def pop(coder: _Coder, tables: TableSet, index: NDArray[np.int64]) -> NDArray[np.int64]:
    """Undo :func:`push`: return the symbols (n,)."""
    order, starts, used = batches(index)
    symbols = np.empty(len(index), dtype=np.int64)
    for k, table in enumerate(used):
        begin, end = starts[k], starts[k + 1]
        symbols[order[begin:end]] = coder.decode(tables.models[table], int(end - begin))
    return symbols


def push_raw(coder: _Coder, counts: NDArray[np.int64], values: NDArray[np.int64]) -> None:
    """Push the lowest `counts` (n,) bits of `values` (n,) as they are."""
    for bits in np.unique(counts[counts > 0])[::-1]:
        chosen = values[counts == bits] & ((1 << bits) - 1)
        coder.encode_reverse(chosen.astype(np.int32), constriction.stream.model.Uniform(1 << int(bits)))


def pop_raw(coder: _Coder, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Undo :func:`push_raw`: return the bits (n,), 0 where there are none."""
    values = np.zeros(len(counts), dtype=np.int64)
    for bits in np.unique(counts[counts > 0]):
        where = np.flatnonzero(counts == bits)
        values[where] = coder.decode(constriction.stream.model.Uniform(1 << int(bits)), len(where))
    return values


def batches(index: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the stable order by table, where each batch starts (and the end), and the tables in use."""
    order = np.argsort(index.astype(np.int16), kind="stable")  # a radix sort
    counts = np.bincount(index)
    used = np.flatnonzero(counts)
    return order, np.concatenate([[0], np.cumsum(counts[used])]), used


def new_coder(words: NDArray[np.uint32] | None = None) -> _Coder:
    """An empty coder, or one that reads `words`.

    Raises
    ------
    CorruptStreamError
        If the words cannot be a coder's output.
    """
    if words is None:
        return constriction.stream.stack.AnsCoder()
    try:
        return constriction.stream.stack.AnsCoder(words)
    except ValueError:
        raise CorruptStreamError("a coded chunk is damaged: its words do not end as they should") from None
