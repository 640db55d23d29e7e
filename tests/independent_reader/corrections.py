"""Integers of corrections, levels of bounds, masks (docs/format.md, section 11)."""

from __future__ import annotations

import struct
from itertools import product

import numpy as np

from independent_reader.coder import LOWEST, RAW, SYMBOLS, TOTAL, Bits, Words, varint, words_at

ESCAPE = -(2**31)


def decode_step(data: bytes) -> np.ndarray:
    """Return the levels (z, y, x) of a chunk's cells."""
    shape, end = tuple(n + 1 for n in data[:3]), 5 + data[3]
    which = np.frombuffer(data[4:end], np.uint8).astype(np.int64)
    return which[decode_integers(data[end:], shape, None, None)]


def decode_residual(
    data: bytes, shape: tuple, levels: np.ndarray | None, widths: list[float]
) -> tuple[np.ndarray, float | None]:
    """Return the bins (z, y, x) of a chunk of corrections of `shape` voxels, and its base, if any."""
    if data == b"\0":
        return np.zeros(shape, np.int64), None
    assert tuple(n + 1 for n in data[:3]) == shape
    assert data[3] in (0, 8)
    base = struct.unpack_from("<d", data, 4)[0] if data[3] else None
    count, at = varint(data, 4 + data[3])
    sizes = [round(16 * min(width / widths[0], 2.0**20)) for width in widths]
    return decode_integers(data[at : at + count], shape, levels, sizes), base


def decode_integers(
    data: bytes, shape: tuple, levels: np.ndarray | None, sizes: list[int] | None
) -> np.ndarray:
    if data == b"\0":
        return np.zeros(shape, np.int64)
    predict = {1: False, 2: True}[data[0]]
    count, at = varint(data, 1)
    walk = _Walk(Words(words_at(data, at, count)), Bits(data[at + 4 * count :]), shape, predict)
    if levels is not None and sizes is not None:
        z, y, x = (np.arange(n) // 4 for n in shape)
        walk.unit = np.array(sizes)[levels[np.ix_(z, y, x)]]
    for axis, stride, ranges, aside in _passes(shape):
        planes = max(1, 4096 // (len(ranges[1]) * len(ranges[2])))
        for first in range(0, len(ranges[0]), planes):
            walk.slab(axis, stride, [ranges[0][first : first + planes], *ranges[1:]], aside)
    walk.words.end()
    assert walk.bits.left < 8
    return walk.values


def _passes(shape: tuple) -> list[tuple]:
    stride = 1
    while stride < max(shape):
        stride *= 2
    found: list[tuple] = [(0, 0, [range(1), range(1), range(1)], (0, 0, 0))]
    stride //= 2
    while stride:
        for axis in range(3):
            steps = [stride if a < axis else 2 * stride for a in range(3)]
            ranges = [range(0, n, step) for n, step in zip(shape, steps, strict=True)]
            ranges[axis] = range(stride, shape[axis], 2 * stride)
            if all(map(len, ranges)):
                found.append((axis, stride, ranges, steps))
        stride //= 2
    return found


def _cumulative(counts: list[int]) -> list[int]:
    total, room = sum(counts), TOTAL - len(counts)
    chances = [1 + n * room // total for n in counts]
    chances[counts.index(max(counts))] += TOTAL - sum(chances)
    found = [0]
    for chance in chances:
        found.append(found[-1] + chance)
    return found


def _power(base: float, exponent: int) -> float:
    result = 1.0
    while exponent:
        if exponent & 1:
            result *= base
        base *= base
        exponent >>= 1
    return result


def _first_counts() -> list[list[int]]:
    ends, rows = [*LOWEST[1:], 2**30], []
    for k in range(40):
        m = 0.01 if k == 0 else 2.0 ** ((k - 1) // 2) * (1.25 if k % 2 else 1.75) / 16 * 0.7
        r, row = m / (1 + m), []
        for a, b in zip(LOWEST, ends, strict=True):
            body = _power(r, a) - _power(r, b)
            tail = 1 / (1 + a) / (1 + a) - 1 / (1 + b) / (1 + b)
            row.append(1 + int((0.97 * body + 0.03 * tail) * 6144))
        rows.append([*row, 1])
    return rows


class _Walk:
    def __init__(self, words: Words, bits: Bits, shape: tuple, predict: bool) -> None:
        self.words, self.bits, self.shape, self.predict = words, bits, shape, predict
        self.values, self.sizes, self.signs = (np.zeros(shape, np.int64) for _ in range(3))
        self.unit = np.full(shape, 16)
        self.counts, self.sign_counts = _first_counts(), [[4, 4] for _ in range(15)]

    def slab(self, axis: int, stride: int, ranges: list, aside: tuple) -> None:
        tables = [_cumulative(row) for row in self.counts]
        sign_tables = [_cumulative(row) for row in self.sign_counts]
        places = list(product(*ranges))
        classes = [self._class(place, axis, stride, aside) for place in places]
        symbols = [self.words.pop(tables[k]) for k in classes]
        differences, contexts = [0] * len(places), {}
        for i, symbol in enumerate(symbols):
            if 0 < symbol < SYMBOLS:
                a = self._around(self.signs, places[i], axis, stride, aside)
                contexts[i] = 5 * axis + 2 + (0 if a == 0 else (1 if a > 0 else -1) * (1 + (abs(a) > 2)))
        negative = {i: self.words.pop(sign_tables[k]) for i, k in contexts.items()}
        for i, minus in negative.items():
            size = LOWEST[symbols[i]] + self.bits.take(RAW[symbols[i]])
            differences[i] = -size if minus else size
        foretold = [self._foretold(place, axis, stride) if self.predict else 0 for place in places]
        for place, symbol, before, d in zip(places, symbols, foretold, differences, strict=True):
            self.values[place] = ESCAPE if symbol == SYMBOLS else before + d
            self.signs[place] = (d > 0) - (d < 0)
            self.sizes[place] = min(abs(d), 32767) * int(self.unit[place]) >> 4
        for k, symbol in zip(classes, symbols, strict=True):
            self.counts[k][symbol] += 256
        for i, k in contexts.items():
            self.sign_counts[k][negative[i]] += 1

    def _around(self, known: np.ndarray, place: tuple, axis: int, stride: int, aside: tuple) -> int:
        if not stride:
            return 0
        total = 0
        for sign in (-1, 1):
            p = place[axis] + sign * stride
            p = p if 0 <= p < self.shape[axis] else place[axis] - sign * stride
            near = (*place[:axis], p, *place[axis + 1 :])
            total += 4 * int(known[near])
            for other in range(3):
                if other == axis:
                    continue
                for step in (-aside[other], aside[other]):
                    q = near[other] + step
                    q = q if 0 <= q < self.shape[other] else near[other]
                    total += int(known[(*near[:other], q, *near[other + 1 :])])
        return total

    def _class(self, place: tuple, axis: int, stride: int, aside: tuple) -> int:
        h = self._around(self.sizes, place, axis, stride, aside) * 16 // int(self.unit[place])
        if not h:
            return 0
        e = h.bit_length() - 1
        return min(39, 1 + 2 * e + ((h >> (e - 1)) & 1 if e else 0))

    def _foretold(self, place: tuple, axis: int, s: int) -> int:
        if not s:
            return 0
        p, n = place[axis], self.shape[axis]

        def at(k: int) -> int:
            return int(self.values[(*place[:axis], p + k * s, *place[axis + 1 :])])

        if p - 3 * s >= 0 and p + 3 * s < n:
            return (9 * (at(-1) + at(1)) - at(-3) - at(3) + 8) >> 4
        return (at(-1) + at(1)) >> 1 if p + s < n else at(-1)


NEIGHBOURS = (
    *((0, 0, -1), (0, -1, 0), (-1, 0, 0), (0, -1, -1), (0, -1, 1), (-1, 0, 1)),
    *((0, 0, -2), (0, -2, 0), (-1, 1, 0), (-1, 0, -1), (-1, -1, 0)),
)


def decode_mask(data: bytes) -> np.ndarray:
    """Return the categories (z, y, x) of a chunk of a mask."""
    shape, at = [], 0
    for _ in range(3):
        n, at = varint(data, at)
        shape.append(n)
    present = data[at + 1 : at + 2 + data[at]]
    at += 1 + len(present)
    categories, left = np.full(shape, present[-1], np.uint8), np.ones(shape, bool)
    for category in present[:-1]:
        count, at = varint(data, at)
        answers = _answers(data[at : at + count], left)
        at += count
        categories[answers] = category
        left &= ~answers
    assert at == len(data)
    return categories


def _answers(data: bytes, left: np.ndarray) -> np.ndarray:
    plane = np.zeros([n + m for n, m in zip(left.shape, (1, 3, 3), strict=True)], np.int64)
    chance, seen = [1 << 21] * (64 + 2048), [0] * (64 + 2048)
    low, high, taken = 0, 0xFFFFFFFF, 4
    code = int.from_bytes(data[:4].ljust(4, b"\0"), "big")
    for z, y, x in np.argwhere(left).tolist():
        context = 0
        for dz, dy, dx in NEIGHBOURS:
            context = context << 1 | int(plane[z + 1 + dz, y + 2 + dy, x + 2 + dx])
        small, large = context >> 5, 64 + context
        if not seen[large]:
            chance[large] = chance[small]
        middle = low + ((high - low) * min(max(chance[large] >> 6, 1), 65535) >> 16)
        bit = code <= middle
        plane[z + 1, y + 2, x + 2] = bit
        low, high = (low, middle) if bit else (middle + 1, high)
        for k in (small, large):
            seen[k] = min(seen[k] + 1, 80)
            rate = (5 * 65536 + 5 * seen[k] + 3) // (5 * seen[k] + 6)
            chance[k] += ((1 << 22 if bit else 0) - chance[k]) * rate >> 16
        while low >> 24 == high >> 24:
            byte = data[taken] if taken < len(data) else 0
            taken += 1
            low, high = low << 8 & 0xFFFFFFFF, (high << 8 | 255) & 0xFFFFFFFF
            code = (code << 8 | byte) & 0xFFFFFFFF
    return plane[1:, 2:-1, 2:-1].astype(bool)
