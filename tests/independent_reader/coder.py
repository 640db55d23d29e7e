"""Numbers out of bytes: varints, checksums, the ANS coder, sizes, tables (docs/format.md, 2, 4, 5)."""

from __future__ import annotations

import base64
from bisect import bisect_right

import numpy as np

TOTAL = 1 << 24
SYMBOLS = 120
LOWEST = [*range(16), *((4 + k) << (e - 2) for e in range(4, 30) for k in range(4))]
RAW = [0] * 16 + [e - 2 for e in range(4, 30) for _ in range(4)]


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _crc_table() -> list[int]:
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


_CRC = _crc_table()


def crc32c(data: bytes) -> bytes:
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ _CRC[(value ^ byte) & 255]
    return (value ^ 0xFFFFFFFF).to_bytes(4, "little")


def words_at(data: bytes, at: int, count: int) -> list[int]:
    return np.frombuffer(data, "<u4", count, at).tolist()


class Words:
    """The coder: symbols are popped from words."""

    def __init__(self, words: list[int]) -> None:
        self.words, self.state = list(words), 0
        for _ in range(min(2, len(self.words))):
            self.state = self.state << 32 | self.words.pop()

    def pop(self, cumulative: list[int]) -> int:
        quantile = self.state & (TOTAL - 1)
        symbol = bisect_right(cumulative, quantile) - 1
        chance = cumulative[symbol + 1] - cumulative[symbol]
        self.state = chance * (self.state >> 24) + quantile - cumulative[symbol]
        if self.state < 1 << 32 and self.words:
            self.state = self.state << 32 | self.words.pop()
        return symbol

    def end(self) -> None:
        assert not self.state
        assert not self.words


class Bits:
    """Bits of bytes, the lowest first."""

    def __init__(self, data: bytes) -> None:
        self.value, self.left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        assert count <= self.left
        taken = self.value & ((1 << count) - 1)
        self.value >>= count
        self.left -= count
        return taken


def cumulated(rows: np.ndarray) -> list[list[int]]:
    return np.pad(np.cumsum(rows.astype(np.int64), axis=-1), ((0, 0), (1, 0))).tolist()


def fitted_tables(default: np.ndarray, text: str) -> np.ndarray:
    """Return the tables that a variable's fit makes of the model's."""
    tables, data = default.astype(np.int64), base64.b64decode(text)
    if not data:
        return tables
    bits = "".join(f"{byte:08b}" for byte in data)
    first, at = number(bits, 0, 7)
    count, at = number(bits, at, 7)
    flags, at = bits[at : at + count + 1], at + count + 1
    for k in (first + i for i, flag in enumerate(flags) if flag == "1"):
        length, at = number(bits, at, 7)
        coarse, at = number(bits, at, 1)
        differences = []
        for _ in range(length):
            value, at = golomb(bits, at)
            differences.append(value * (4 if coarse else 1))
        tables[k] = _changed(tables[k].tolist(), differences)
    return tables


def number(bits: str, at: int, length: int) -> tuple[int, int]:
    return int(bits[at : at + length], 2), at + length


def golomb(bits: str, at: int) -> tuple[int, int]:
    zeros = 0
    while bits[at] == "0" and zeros < 8:
        zeros, at = zeros + 1, at + 1
    value, at = number(bits, at, zeros + 2)
    value -= 2
    return (value + 1) // 2 if value % 2 else -value // 2, at


def _changed(row: list[int], quarters: list[int]) -> list[int]:
    weights = [t << 16 for t in row]
    for s, d in enumerate(quarters):
        octaves, f = divmod(d, 4)
        weight = row[s] * (65536, 77936, 92682, 110218)[f]
        weights[s] = weight << octaves if octaves >= 0 else weight >> -octaves
    shift = max(0, max(weights).bit_length() - 38)
    weights = [w >> shift for w in weights]
    table = [max(1, w * (TOTAL - SYMBOLS) // sum(weights)) for w in weights]
    table[table.index(max(table))] += TOTAL - sum(table)
    return table
