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

__all__ = ["count_symbols", "fit_tables", "read_tables"]

Array = NDArray[np.int64]

_QUARTERS = (65536, 77936, 92682, 110218)  # 2^(16 + k/4)
_MOST = 80  # quarters of a bit, up or down: a factor of 2²⁰, nearly all that a table can hold
_PRIOR = 24.0  # coefficients that the default table counts as
_UNITS = (1, 4)  # quarters of a bit in which differences are said
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
    tables, flags, bits = default.copy(), np.zeros(len(counts), dtype=np.uint8), ""
    for k in np.flatnonzero(counts.any(1)):
        saved, table, said = max(
            (_fitted(counts[k], default[k], coarse) for coarse in range(len(_UNITS))), key=lambda f: f[0]
        )
        if saved > 0:
            tables[k], flags[k], bits = table, 1, bits + said
    if not flags.any():
        return b"", tables
    first, last = np.flatnonzero(flags)[[0, -1]]
    said_flags = "".join(map(str, flags[first : last + 1].tolist()))
    bits = f"{first:0{_CLASS_BITS}b}{last - first:0{_CLASS_BITS}b}{said_flags}{bits}"
    return np.packbits(np.array([*bits], dtype=np.uint8)).tobytes(), tables


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
        tables[k] = _table(default[k], np.array(quarters, dtype=np.int64))
    return tables


def _fitted(counts: Array, default: Array, coarse: int) -> tuple[float, Array, str]:
    """Return the bits that a table saves, the table, and the bits that say it."""
    unit = _UNITS[coarse]
    differences = _differences(counts, default, unit)
    table = _table(default, differences * unit)
    said = f"{len(differences):0{_COUNT_BITS}b}{coarse}" + "".join(map(golomb_bits, differences))
    return float((counts * np.log2(table / default)).sum()) - len(said), table, said


def _differences(counts: Array, default: Array, unit: int) -> Array:
    """log₂ of fitted over default probabilities, in so many quarters of a bit, up to the last symbol seen."""
    seen = counts[: np.flatnonzero(counts)[-1] + 1]
    prior, most = default[: len(seen)] / TOTAL, _MOST // unit
    fitted = (seen + _PRIOR * prior) / (counts.sum() + _PRIOR)
    return np.asarray(np.clip(np.rint(4 / unit * np.log2(fitted / prior)), -most, most).astype(np.int64))


def _table(default: Array, quarters: Array) -> Array:
    """The table that differences say: positive integers that sum to 2²⁴."""
    weights = default << 16
    octaves, fraction = np.divmod(quarters, 4)
    factor = np.array(_QUARTERS, dtype=np.int64)[fraction]
    begin = default[: len(quarters)] * factor
    weights[: len(quarters)] = np.where(
        octaves >= 0, begin << np.maximum(octaves, 0), begin >> np.maximum(-octaves, 0)
    )
    weights >>= max(0, int(weights.max()).bit_length() - _WEIGHT_BITS)
    table = np.maximum(1, weights * (TOTAL - SYMBOLS) // weights.sum())
    table[np.argmax(table)] += TOTAL - table.sum()
    return np.asarray(table)
