"""Subbands, chunks of latents, tiles of the second transform (docs/format.md, sections 6 to 10)."""

from __future__ import annotations

from itertools import accumulate, pairwise, product
from math import prod
from typing import NamedTuple

import numpy as np

from independent_reader.coder import LOWEST, RAW, Bits, Words, cumulated, fitted_tables, varint, words_at
from independent_reader.octaves import decode_octaves
from independent_reader.series import Series, in_steps

FREQUENCY = {"lapped": tuple(range(8)), "octaves": (0, 1, 2, 4)}
PER_CELL = {"lapped": (1,) * 8, "octaves": (1, 1, 2, 4)}
FIRST = {"lapped": tuple(range(8)), "octaves": (0, 1, 2, 4)}


class Band(NamedTuple):
    key: tuple
    shape: tuple
    group: int
    parents: tuple
    grandparents: tuple
    depth: int = 0


class Coding:
    """The model file, and what was fitted to a variable."""

    def __init__(self, arrays: dict[str, np.ndarray], fitted: dict) -> None:
        self.arrays = arrays
        self.weights = arrays["weights"].astype(np.int64)
        self.tables = cumulated(fitted_tables(arrays["tables"], fitted["tables"]))
        self.levels = cumulated(arrays["levels"])
        self.kinds = tuple(fitted["transform"])
        self.second = [tuple(key) for *key, _ in fitted["second"]]
        self.modes = [mode for *_, mode in fitted["second"]]
        self.series = Series(fitted["series"]) if "series" in fitted else None
        self.companding = fitted.get("companding")
        self.cuts = [[(at, doublings) for at, doublings in axis] for axis in fitted.get("cuts", [[]] * 3)]
        for kind, axis in zip(self.kinds, self.cuts, strict=True):
            assert axis == sorted(axis)
            assert len({at for at, _ in axis}) == len(axis) <= (64 if kind == "lapped" else 0)
            assert all(0 < abs(doublings) <= 16 for _, doublings in axis)


def axis_counts(n: int, kind: str) -> list[int]:
    if kind == "lapped":
        return [-(-(n - k) // 8) for k in range(min(8, n))]
    high = []
    for _ in range(3):
        high.append(n // 2)
        n = (n + 1) // 2
    return [n, *high[::-1]]


def bands_of_box(shape: tuple, kinds: tuple, without: list) -> list[Band]:
    counts = [axis_counts(n, kind) for n, kind in zip(shape, kinds, strict=True)]
    shapes = {
        key: tuple(c[k] for c, k in zip(counts, key, strict=True))
        for key in product(*(range(len(c)) for c in counts))
    }
    shapes = {key: found for key, found in shapes.items() if all(found)}
    shell = {key: sum(FREQUENCY[kind][k] for kind, k in zip(kinds, key, strict=True)) for key in shapes}
    order = sorted(shapes, key=lambda key: (shell[key], shapes[key], key))

    def below(key: tuple) -> list[tuple]:
        lower = [(*key[:a], key[a] - 1, *key[a + 1 :]) for a in range(3) if key[a]]
        return [k for k in lower if any(k) and k in shapes]

    kept = [key for key in order if key not in without]
    number = {key: i for i, key in enumerate(kept)}
    bands = []
    for key in kept:
        parents = below(key)
        grand = sorted({k for parent in parents for k in below(parent)}, key=order.index)
        numbers = [tuple(number[k] for k in keys if k in number) for keys in (parents, grand)]
        bands.append(Band(key, shapes[key], min(shell[key], 14), *numbers))
    return bands


def octave_bands(shape: tuple, axes: tuple) -> list[Band]:
    octaves = []
    while taking := [a for a in axes if shape[a] >= 4]:
        halves = [((n + 1) // 2, n // 2) if a in taking else (n, 0) for a, n in enumerate(shape)]
        kinds = {k: tuple(halves[a][k[a]] for a in range(3)) for k in product((0, 1), repeat=3) if any(k)}
        octaves.append({kind: found for kind, found in kinds.items() if all(found)})
        shape = tuple(low for low, _ in halves)
    bands, before = [Band((0, 0, 0), shape, 15, (), ())], {}
    for depth, shapes in enumerate(reversed(octaves), 1):
        here: dict[tuple, int] = {}
        for kind in sorted(shapes, key=lambda k: (sum(k), k)):
            lower = tuple(i for k, i in here.items() if all(p <= q for p, q in zip(k, kind, strict=True)))
            bands.append(
                Band(kind, shapes[kind], 16, (before[kind],) if kind in before else (), lower, depth)
            )
            here[kind] = len(bands) - 1
        before = here
    return bands


def six(sizes: np.ndarray) -> np.ndarray:
    padded = np.pad(sizes, 1, mode="edge")
    total = np.zeros_like(sizes)
    for axis in range(3):
        for side in (slice(0, -2), slice(2, None)):
            total += padded[tuple(side if a == axis else slice(1, -1) for a in range(3))]
    return total


def eight(sizes: np.ndarray) -> np.ndarray:
    padded = np.pad(sizes, 1)
    return sum(padded[place] for place in product((slice(0, -2), slice(2, None)), repeat=3))


def stretched(values: np.ndarray, shape: tuple) -> np.ndarray:
    for axis, (have, n) in enumerate(zip(values.shape, shape, strict=True)):
        if have != n:
            at = np.arange(n)
            values = np.take(values, np.minimum(at // 2, have - 1) if have < n else at, axis=axis)
    return values


def _pooled(members: tuple, shape: tuple, sizes: list, sums: list) -> tuple:
    own = [stretched(sizes[i], shape) for i in members]
    near = [stretched(sums[i], shape) for i in members]
    count = len(members)
    return 12 * sum(own) // count, 12 * np.maximum.reduce(own), 12 * sum(near) // (6 * count)


def decode_box(
    data: bytes, bands: list[Band], coarse: list[np.ndarray], coding: Coding, before: list | None = None
) -> list[np.ndarray]:
    """Return the coefficients of each band; `coarse` are the levels of its positions, from the least.

    `before` are those of the step before, in the steps of this one.
    """
    values = [np.zeros(band.shape, np.int64) for band in bands]
    last, at = varint(data, 0)
    if not last:
        assert at == len(data)
        return values
    count, at = varint(data, at)
    words, bits = Words(words_at(data, at, count)), Bits(data[at + 4 * count :])
    sizes: list = []
    sums: list = []
    for b, band in enumerate(bands[:last]):
        c, weights = coarse[b], coding.weights[band.group]
        half = np.indices(band.shape).sum(0) & 1
        if before is not None:
            known = np.minimum(np.abs(before[b]), 32767)
            hints = 4096 * (6 * known + six(known))
        above = [
            _pooled(members, band.shape, sizes, sums)
            for members in (band.parents, band.grandparents)
            if members
        ]
        for part in (0, 1):
            w = weights[part]
            expected = np.full(band.shape, 12 * w[7]) << c
            if band.parents:
                mean, most, near = above[0]
                expected = expected + w[0] * mean + w[1] * most + w[2] * near
            if band.parents and band.grandparents:
                mean, _, near = above[1]
                expected = expected + w[3] * mean + w[4] * near
            if part:
                known = np.minimum(np.abs(values[b]), 32767) << c
                expected = expected + w[5] * 2 * six(known) + w[6] * (3 * eight(known) // 2)
            for place in np.argwhere(half == part):
                where = tuple(place)
                own = _class(int(expected[where]), int(c[where]))
                if before is not None:
                    assert coding.series is not None
                    difference = coding.series.shares[sum(band.key)] > 0
                    own = coding.series.class_of(_class(int(hints[where]), 0), difference, own)
                symbol = words.pop(coding.tables[own])
                if symbol:
                    negative = bits.take(1)
                    size = LOWEST[symbol] + bits.take(RAW[symbol])
                    values[b][where] = -size if negative else size
        sizes.append(np.minimum(np.abs(values[b]), 32767) << c)
        sums.append(six(sizes[-1]))
    words.end()
    assert bits.left < 8
    return values


def _class(expected: int, coarse: int) -> int:
    if expected <= 0:
        return 0
    e = expected.bit_length() - 1
    m = (expected << 2 >> e) & 3
    return min(91, max(0, 4 * e + m - 26 - 4 * coarse))


def decode_levels(data: bytes, at: int, cells: tuple, coding: Coding) -> tuple[np.ndarray, int]:
    levels = np.zeros(cells, np.int64)
    levels[0, 0, 0] = data[at]
    count, at = varint(data, at + 1)
    words = Words(words_at(data, at, count))
    for stride, axis in product((4, 2, 1), range(3)):
        along = [range(0, n, stride if a < axis else 2 * stride) for a, n in enumerate(cells)]
        along[axis] = range(stride, cells[axis], 2 * stride)
        for place in product(*along):
            levels[place] = _next_level(levels, place, axis, stride, words, coding)
    words.end()
    return levels, at + 4 * count


def _next_level(levels, place, axis, stride, words, coding) -> int:
    near = [place[axis] + k * stride for k in (-3, -1, 1, 3)]
    inside = [0 <= p < levels.shape[axis] for p in near]
    if all(inside):
        weights = (-1, 9, 9, -1)
    elif inside[2]:
        weights = (0, 8, 8, 0)
    elif inside[0]:
        weights = (-4, 20, 0, 0)
    else:
        weights = (0, 16, 0, 0)
    known = {
        p: int(levels[(*place[:axis], p, *place[axis + 1 :])])
        for p, w in zip(near, weights, strict=True)
        if w
    }
    foretold = (sum(w * known[p] for p, w in zip(near, weights, strict=True) if w) + 8) >> 4
    spread = min(3, max(known.values()) - min(known.values()))
    joined = place[0] | place[1] | place[2]
    stage = 1 if joined % 4 == 0 else 2 if joined % 2 == 0 else 3
    symbol = words.pop(coding.levels[4 * (stage - 1) + spread])
    difference = (symbol + 1) // 2 if symbol % 2 else -symbol // 2
    return min(24, max(0, foretold)) + difference


def decode_chunk(data: bytes, coding: Coding, earlier: np.ndarray | None = None) -> np.ndarray | None:
    """Return the latents (513, z, y, x) of a chunk; None where all are 0.

    `earlier` are those of the same chunk in the step before.
    """
    if data == b"\0":
        return None
    flags, at, shape = data[0], 1, [64, 64, 64]
    for axis, flag in enumerate((1, 2, 4)):
        if flags & flag:
            shape[axis], at = data[at], at + 1
    cells = tuple(-(-n // 8) for n in shape)
    less = 0
    if flags & 128:
        less, at = data[at], at + 1
        assert any(coding.cuts) or coding.companding
        assert 1 <= less <= 24
    levels = np.zeros(cells, np.int64)
    if flags & 8:
        levels, at = decode_levels(data, at, cells, coding)
    elif flags & 16:
        levels[:], at = data[at], at + 1
    levels -= less
    latents = np.zeros((513, *cells), np.int64)
    latents[0] = -levels
    bands = bands_of_box(tuple(shape), coding.kinds, coding.second)
    coarse, places, chosen, before = levels - levels.min(), [], [], []
    for band in bands:
        per = [PER_CELL[kind][k] for kind, k in zip(coding.kinds, band.key, strict=True)]
        places.append([np.arange(n) // m for n, m in zip(band.shape, per, strict=True)])
        inside = [
            FIRST[kind][k] + np.arange(n) % PER_CELL[kind][k]
            for kind, k, n in zip(coding.kinds, band.key, band.shape, strict=True)
        ]
        z, y, x = np.meshgrid(*inside, indexing="ij")
        chosen.append((1 + (z * 8 + y) * 8 + x, *np.meshgrid(*places[-1], indexing="ij")))
        if flags & 64:
            finer = (-earlier[0] - levels)[chosen[-1][1:]]
            before.append(in_steps(earlier[chosen[-1]], finer))
    if flags & 32:
        steps = [coarse[np.ix_(*place)] for place in places]
        found = decode_box(data[at:], bands, steps, coding, before if flags & 64 else None)
    else:
        assert at == len(data)
        found = [np.zeros(band.shape, np.int64) for band in bands]
    for b, (band, values) in enumerate(zip(bands, found, strict=True)):
        if flags & 64:
            share = coding.series.shares[sum(band.key)]
            values = values + np.sign(before[b]) * ((np.abs(before[b]) * share + 1) // 4)
        latents[chosen[b]] = values
    return latents


def coarse_slots(first: int, n: int, cuts: list) -> np.ndarray:
    """Return the coarseness of coefficients, eight a cell, of n voxels of a lapped axis from `first` on."""
    levels = [0, *accumulate(-d for _, d in cuts)]

    def coarse(voxel: int) -> int:
        return min(levels[sum(at <= voxel for at, _ in cuts)] - min(levels), 16)

    found = []
    for cell in range(first, first + n, 8):
        end = min(cell + 8, first + n)
        ends = [cell, *(at for at, _ in cuts if cell < at < end), end]
        parts = [(coarse(a), b - a) for a, b in pairwise(ends)]
        main = min(parts, key=lambda part: part[0])
        others = parts[: parts.index(main)] + parts[parts.index(main) + 1 :]
        found += [c for c, length in [main, *others] for _ in range(length)] + [0] * (8 - end + cell)
    return np.array(found)


def second_parts(voxels: tuple, at: tuple, number: int, coding: Coding) -> list[tuple[tuple, tuple]]:
    """Return the parts of a subband of a tile: places of its positions along each axis, and voxels."""
    axes = []
    for n, i, kind, k, cuts in zip(voxels, at, coding.kinds, coding.second[number], coding.cuts, strict=True):
        count = axis_counts(n, kind)[k]
        ends = [0, count]
        if cuts and coding.modes[number] == "scaled":
            own = coarse_slots(512 * i, n, cuts)[k::8][:count]
            ends = [0, *(np.flatnonzero(own[1:] != own[:-1]) + 1).tolist(), count]
        axes.append([((a, b), (n if b == count else 8 * b) - 8 * a) for a, b in pairwise(ends)])
    if prod(map(len, axes)) > 512:
        axes = [
            [((0, axis_counts(n, kind)[k]), n)]
            for n, kind, k in zip(voxels, coding.kinds, coding.second[number], strict=True)
        ]
    return [tuple(zip(*part, strict=True)) for part in product(*axes)]


def second_bands(voxels: tuple, at: tuple, number: int, axes: tuple, coding: Coding) -> list[Band]:
    """Return the bands of a subband of a tile, part after part."""
    bands: list[Band] = []
    for spans, _ in second_parts(voxels, at, number, coding):
        shift = len(bands)
        for band in octave_bands(tuple(b - a for a, b in spans), axes):
            moved = (tuple(shift + i for i in members) for members in (band.parents, band.grandparents))
            parents, grand = moved
            bands.append(band._replace(parents=parents, grandparents=grand))
    return bands


def second_subbands(shape: tuple, coding: Coding) -> list[tuple[int, tuple, tuple]]:
    """Return which of `second` a tile of so many voxels has: number, positions, axes of octaves."""
    found = []
    for number, key in enumerate(coding.second):
        counts = [axis_counts(n, kind) for n, kind in zip(shape, coding.kinds, strict=True)]
        size = tuple(c[k] if k < len(c) else 0 for c, k in zip(counts, key, strict=True))
        if all(size):
            axes = tuple(a for a in range(3) if coding.kinds[a] == "lapped" or key[a] == 0)
            found.append((number, size, axes))
    return found


def decode_tile(
    data: bytes, coding: Coding, earlier: np.ndarray | None = None
) -> tuple[tuple, int, np.ndarray]:
    """Return the voxels of a tile of the second transform, its finest level, and its integers.

    `earlier` are those of the same tile in the step before.
    """
    shape, at = [], 0
    for _ in range(3):
        n, at = varint(data, at)
        shape.append(n)
    place = [0, 0, 0]
    if any(coding.cuts):
        for axis in range(3):
            place[axis], at = varint(data, at)
    under, finest = data[at] & 128, data[at] & 127
    finest -= 128 if finest >= 64 else 0
    assert (-24 if any(coding.cuts) or coding.companding else 0) <= finest <= 24
    at += 1
    parts = [
        second_bands(tuple(shape), tuple(place), number, axes, coding)
        for number, _, axes in second_subbands(tuple(shape), coding)
    ]
    lengths = [len(bands).bit_length() for bands in parts]
    text = "".join(f"{byte:08b}" for byte in data[at : at + -(-sum(lengths) // 8)])
    at += -(-sum(lengths) // 8)
    ends, joined, first = [], [], 0
    for bands, length in zip(parts, lengths, strict=True):
        ends.append(int(text[first : first + length], 2))
        first += length
        shift = len(joined)
        for band in bands[: ends[-1]]:
            parents, grand = (
                tuple(shift + i for i in members) for members in (band.parents, band.grandparents)
            )
            joined.append(band._replace(parents=parents, grandparents=grand))
    found = []
    if joined:
        found = decode_octaves(data[at:], joined, coding.arrays)
    else:
        assert at == len(data)
    flat, coded = [], iter(found)
    for bands, end in zip(parts, ends, strict=True):
        flat += [next(coded).ravel() for _ in range(end)]
        flat += [np.zeros(prod(band.shape), np.int64) for band in bands[end:]]
    integers = np.concatenate([np.zeros(0, np.int64), *flat])
    return tuple(shape), finest, integers + earlier[: len(integers)] if under else integers
