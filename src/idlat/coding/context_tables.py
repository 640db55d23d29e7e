"""Tables fitted to an archive, stored as what they add to the default ones (design section 3a).

An archive counts, class by class, which symbols its coefficients have. Where tables made of these counts
save more bits than it takes to say them, they replace the default tables: log₂ of each probability in its
default, in quarters of a bit or in whole bits, up to the last symbol seen. Counts are integers, so their
order does not matter; what is stored is turned into tables by integers alone.

    first class, classes, their flags │ for each flagged one: symbols, unit, differences in Exp-Golomb code
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.coding.exp_golomb import golomb_bits, read_bits, read_golomb
from idlat.coding.magnitudes import SYMBOLS
from idlat.coding.rans import TOTAL
from idlat.errors import CorruptStreamError

__all__ = ["count_symbols", "fit_tables", "likely_tables", "read_tables"]

Array = NDArray[np.int64]

_QUARTERS = (65536, 77936, 92682, 110218)  # 2^(16 + k/4)
_MOST = 80  # quarters of a bit, up or down: a factor of 2²⁰, nearly all that a table can hold
_PRIOR = 24.0  # coefficients that the default table counts as
_UNITS = (1, 4)  # quarters of a bit in which differences are said
_GOLOMB_LENGTHS = np.array([len(golomb_bits(value)) for value in range(-_MOST, _MOST + 1)])
_COUNT_BITS = 7  # of the number of symbols
_CLASS_BITS = 7
_WEIGHT_BITS = 38  # of the largest weight: times 2²⁴ it stays below 2⁶³


def count_symbols(classes: Array, symbols: Array, class_count: int) -> Array:
    """Return how often each symbol comes in each class, (classes, symbols)."""
    both = np.bincount(classes * SYMBOLS + symbols, minlength=class_count * SYMBOLS)
    return np.asarray(both.reshape(class_count, SYMBOLS))


def fit_tables(counts: Array, default: Array) -> tuple[bytes, Array]:
    """Return the bytes that say which tables to use, and these tables.

    Parameters
    ----------
    counts : ndarray of int64
        (classes, symbols).
    default : ndarray of int64
        (classes, symbols), each row sums to 2²⁴.
    """
    live = np.flatnonzero(counts.any(1))
    tables, flags, bits = default.copy(), np.zeros(len(counts), dtype=np.uint8), ""
    if not len(live):
        return b"", tables
    tried = [_fitted(counts[live], default[live], unit) for unit in _UNITS]
    best = np.argmax([saved for saved, _, _ in tried], axis=0)
    ends = _ends(counts[live])
    for row, (k, coarse) in enumerate(zip(live, best, strict=True)):
        saved, fitted, differences = tried[coarse]
        if saved[row] > 0:
            tables[k], flags[k] = fitted[row], 1
            said = map(golomb_bits, differences[row, : ends[row]].tolist())
            bits += f"{ends[row]:0{_COUNT_BITS}b}{coarse}" + "".join(said)
    if not flags.any():
        return b"", tables
    first, last = np.flatnonzero(flags)[[0, -1]]
    said_flags = "".join(map(str, flags[first : last + 1].tolist()))
    bits = f"{first:0{_CLASS_BITS}b}{last - first:0{_CLASS_BITS}b}{said_flags}{bits}"
    return np.packbits(np.array([*bits], dtype=np.uint8)).tobytes(), tables


def likely_tables(counts: Array, default: Array) -> Array:
    """Return the tables that counts (classes, symbols) make likely; few counts leave the default ones."""
    tables, live = default.copy(), np.flatnonzero(counts.any(1))
    fitted = counts[live] + _PRIOR * default[live] / TOTAL
    rows = np.maximum(1, fitted / fitted.sum(1, keepdims=True) * (TOTAL - SYMBOLS)).astype(np.int64)
    rows[np.arange(len(live)), rows.argmax(1)] += TOTAL - rows.sum(1)
    tables[live] = rows
    return tables


def read_tables(data: bytes, default: Array) -> Array:
    """Undo :func:`fit_tables`: return the tables (classes, symbols).

    Raises
    ------
    CorruptStreamError
        If the bytes are not a set of tables.
    """
    tables = default.copy()
    if not data:
        return tables
    bits = "".join(f"{byte:08b}" for byte in data)
    first, count = (read_bits(bits, at, _CLASS_BITS) for at in (0, _CLASS_BITS))
    if first + count >= len(default):
        raise CorruptStreamError("the tables are damaged: there are too many")
    at = 2 * _CLASS_BITS + count + 1
    flags = bits[2 * _CLASS_BITS : at]
    for k in (first + i for i, flag in enumerate(flags) if flag == "1"):
        count, at = read_bits(bits, at, _COUNT_BITS), at + _COUNT_BITS
        if count > SYMBOLS:
            raise CorruptStreamError("the tables are damaged: a table has too many symbols")
        coarse, at = read_bits(bits, at, 1), at + 1
        quarters = []
        for _ in range(count):
            value, at = read_golomb(bits, at)
            quarters.append(value * _UNITS[coarse])
            if abs(quarters[-1]) > _MOST:
                raise CorruptStreamError("the tables are damaged: a difference is out of range")
        said = np.array(quarters + [0] * (SYMBOLS - count), dtype=np.int64)
        tables[k] = _tables(default[k : k + 1], said[None])[0]
    return tables


def _ends(counts: Array) -> Array:
    """Number of symbols up to the last that was seen, (n,), of counts (n, symbols)."""
    return np.asarray(counts.shape[1] - np.argmax(counts[:, ::-1] > 0, axis=1))


def _fitted(counts: Array, default: Array, unit: int) -> tuple[NDArray[np.float64], Array, Array]:
    """Return the bits that tables (n, symbols) save, the tables, and the differences that say them."""
    seen = np.arange(SYMBOLS) < _ends(counts)[:, None]
    prior, most = default / TOTAL, _MOST // unit
    fitted = (counts + _PRIOR * prior) / (counts.sum(1, keepdims=True) + _PRIOR)
    steps = np.clip(np.rint(4 / unit * np.log2(fitted / prior)), -most, most)
    differences = np.where(seen, steps, 0).astype(np.int64)
    table = _tables(default, differences * unit)
    said = _COUNT_BITS + 1 + (_GOLOMB_LENGTHS[differences + _MOST] * seen).sum(1)
    return (counts * np.log2(table / default)).sum(1) - said, table, differences


def _tables(default: Array, quarters: Array) -> Array:
    """The tables (n, symbols) that differences say: positive integers that sum to 2²⁴."""
    octaves, fraction = np.divmod(quarters, 4)
    begin = default * np.array(_QUARTERS, dtype=np.int64)[fraction]
    weights = np.where(octaves >= 0, begin << np.maximum(octaves, 0), begin >> np.maximum(-octaves, 0))
    longest = np.array([int(largest).bit_length() for largest in weights.max(1)])
    weights >>= np.maximum(0, longest - _WEIGHT_BITS)[:, None]
    table = np.maximum(1, weights * (TOTAL - SYMBOLS) // weights.sum(1, keepdims=True))
    table[np.arange(len(table)), np.argmax(table, axis=1)] += TOTAL - table.sum(1)
    return np.asarray(table)
