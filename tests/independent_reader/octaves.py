"""Octaves of the second transform out of bits (docs/format.md, section 10)."""

from __future__ import annotations

from bisect import bisect_left
from itertools import product

import numpy as np

STARTS = (0, 72, 328, 584, 840, 1002, 1258, 1402)
EDGES = ((-1, -1, 0), (-1, 1, 0), (-1, 0, -1), (-1, 0, 1), (0, -1, -1), (0, -1, 1))
FACES = tuple(d for d in product((-1, 0, 1), repeat=3) if sum(map(abs, d)) == 1)


def _squashed() -> list[int]:
    power, upper = 1 << 64, []
    for _ in range(3072):
        upper.append(((power << 17) // (power + (1 << 64)) + 1) >> 1)
        power = power * 18518942588666869714 >> 64
    return [65536 - p for p in upper[:0:-1]] + upper


SQUASH = _squashed()
STRETCH = [min(bisect_left(SQUASH, 16 * i + 8), 2 * 3071) - 3071 for i in range(4096)]


class Octaves:
    """What the chances of one tile have become, and the bytes that are left."""

    def __init__(self, data: bytes, arrays: dict[str, np.ndarray]) -> None:
        self.chances = [int(p) << 6 for p in arrays["mixing_chances"]]
        self.seen = arrays["mixing_seen"].tolist()
        self.weights = arrays["mixing_weights"].tolist()
        self.data, self.at = data, 4
        self.low, self.high = 0, 2**32 - 1
        self.code = int.from_bytes(data[:4].ljust(4, b"\0"), "big")

    def bit(self, p: int) -> int:
        middle = self.low + ((self.high - self.low) * min(max(p, 24), 65512) >> 16)
        bit = int(self.code <= middle)
        if bit:
            self.high = middle
        else:
            self.low = middle + 1
        while self.low >> 24 == self.high >> 24:
            byte = self.data[self.at] if self.at < len(self.data) else 0
            self.at += 1
            self.code = (self.code << 8 & 0xFFFFFFFF) | byte
            self.low, self.high = self.low << 8 & 0xFFFFFFFF, (self.high << 8 & 0xFFFFFFFF) | 255
        return bit

    def learn(self, number: int, bit: int) -> None:
        rate = 131072 // (2 * self.seen[number] + 3)
        self.chances[number] += ((2**22 - 1 if bit else 0) - self.chances[number]) * rate >> 16
        self.seen[number] = min(self.seen[number] + 1, 255)

    def mixed(self, numbers: list[int], weight_set: int) -> int:
        inputs = [STRETCH[self.chances[number] >> 10] for number in numbers]
        at = range(7 * weight_set, 7 * weight_set + len(numbers))
        total = sum(self.weights[i] * s for i, s in zip(at, inputs, strict=True)) >> 16
        p = SQUASH[min(max(total, -3071), 3071) + 3071]
        bit = self.bit(p)
        for i, s, number in zip(at, inputs, numbers, strict=True):
            self.weights[i] += (s * ((bit << 16) - p) * 3 + 2**15) >> 16
            self.learn(number, bit)
        return bit

    def alone(self, number: int) -> int:
        bit = self.bit(self.chances[number] >> 6)
        self.learn(number, bit)
        return bit

    def end(self) -> None:
        """The bytes end with the fewest that are a number from low to high."""
        taken = self.at - 4
        count, rest = 0, 0xFFFFFFFF
        while (self.low + rest) & ~rest > self.high:
            count, rest = count + 1, rest >> 8
        assert self.data[taken:] == ((self.low + rest) & ~rest).to_bytes(4, "big")[:count]


def value(band: np.ndarray, place: tuple) -> int:
    inside = all(0 <= p < n for p, n in zip(place, band.shape, strict=True))
    return int(band[place]) if inside else 0


def moved(place: tuple, by: tuple) -> tuple:
    return tuple(p + d for p, d in zip(place, by, strict=True))


def below(number: int, bits: int) -> int:
    length = number.bit_length()
    return (length << bits) + (number >> (length - 1 - bits) & ((1 << bits) - 1) if length > bits else 0)


def sign(number: int) -> int:
    return 1 + (number > 0) - (number < 0)


def decode_octaves(data: bytes, bands: list, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return the coefficients of each band, as `decode_tile` has joined them."""
    coder, values = Octaves(data, arrays), [np.zeros(band.shape, np.int64) for band in bands]
    own = 0
    for b, band in enumerate(bands):
        own = own + 1 if band.depth else 0
        for place in np.ndindex(band.shape):
            _decode(coder, values, bands, b, place, min(own, 255))
    coder.end()
    return values


def _decode(coder, values, bands, b, place, own) -> None:
    band, here = bands[b], values[b]
    depth = min(band.depth, 7)
    kind = 4 * band.key[0] + 2 * band.key[1] + band.key[2]
    before = [value(here, moved(place, d)) for d in ((-1, 0, 0), (0, -1, 0), (0, 0, -1))]
    far = sum(abs(value(here, moved(place, d))) for d in ((-2, 0, 0), (0, -2, 0), (0, 0, -2)))
    near = 2 * sum(map(abs, before)) + sum(abs(value(here, moved(place, d))) for d in EDGES)
    parent = old = 0
    if band.parents:
        above = values[band.parents[0]]
        up = tuple(min(p // 2, n - 1) for p, n in zip(place, above.shape, strict=True))
        parent = int(above[up])
        old = 6 * abs(parent) + sum(abs(value(above, moved(up, d))) for d in FACES)
    lower = [values[i] for i in band.grandparents]
    sizes = [abs(int(v[tuple(min(p, n - 1) for p, n in zip(place, v.shape, strict=True))])) for v in lower]
    same = 12 * sum(sizes) // len(sizes) if sizes else 0
    whole = 3 * near + far + 2 * old + 2 * same
    known = 0 if whole == 0 else 1 if whole < 64 else 2
    small = 0
    for v in (*before, parent):
        small = 3 * small + min(abs(v), 2)
    n, o, s = (min(v.bit_length(), 15) for v in (near, old, same))
    contexts = (
        min(below(near, 1), 71),
        16 * n + o,
        16 * o + s,
        4 * (8 * kind + depth) + min(near.bit_length() // 2, 3),
        small + (81 if same else 0),
        own,
        min(below(whole, 2), 143),
    )
    numbers = [16 * (start + context) for start, context in zip(STARTS, contexts, strict=False)]
    bits = 0
    while bits < 31:
        flag = min(bits, 15)
        if not coder.mixed([number + flag for number in numbers], 16 * known + flag):
            break
        bits += 1
    size = min(bits, 1)
    for k in range(bits - 1):
        size = 2 * size + coder.alone(16 * STARTS[-1] + 248 + 4 * min(bits, 15) + min(k, 3))
    if size:
        z, y, x = map(sign, before)
        signs = 16 * STARTS[-1]
        chosen = [
            signs + 27 * kind + 9 * z + 3 * y + x,
            signs + 216 + 3 * kind + sign(parent),
            signs + 240 + depth,
        ]
        negative = coder.mixed(chosen, 48 + min(sum(band.key), 2))
        here[place] = -size if negative else size
