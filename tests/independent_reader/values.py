"""Values out of integers, in float64 and to some roundings (docs/format.md, section 12)."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log, prod, sqrt
from typing import Any

import numpy as np

from independent_reader.subbands import (
    FIRST,
    PER_CELL,
    Coding,
    axis_counts,
    octave_bands,
    second_parts,
    second_subbands,
)

# The numbers of lapped.py and octaves.py, which the page names.
ODD_BRANCH = {
    1: [[1.753506]],
    2: [[1.249039, 0.815847], [-0.243743, 1.389406]],
    3: [[1.036634, 0.795108, 0.368593], [-0.474232, 1.071508, 0.552397], [0.043254, -0.164971, 1.280336]],
    4: [
        [0.954989, 0.783340, 0.354805, 0.239139],
        [-0.551990, 0.900784, 0.618789, 0.235367],
        [0.112354, -0.364659, 1.091616, 0.390381],
        [-0.029476, 0.008154, -0.119551, 1.187909],
    ],
}
LIFTING = (-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971)
SCALE = 1.149604398860241


class Axis:
    """One axis of n voxels: the values of each of its coefficients, cell by cell, and their coarseness."""

    def __init__(self, n: int, kind: str, cuts: list) -> None:
        self.n, self.cells = n, -(-n // 8)
        self.coarseness = np.zeros(8 * self.cells, np.int64)
        self.functions = np.zeros((n, 8 * self.cells))
        if kind == "octaves":
            for k in range(4):
                self.functions[:, positions(n, kind, k)] = octave_functions(n, k) / octave_norm(k)
        else:
            self._lapped(cuts)

    def _lapped(self, cuts: list) -> None:
        assert all(0 < at < self.n for at, _ in cuts)
        levels = -sum((d * (np.arange(self.n) >= at) for at, d in cuts), np.zeros(self.n, np.int64))
        coarse = np.minimum(levels - levels.min(), 16)
        ends = sorted({*range(0, self.n, 8), *(at for at, _ in cuts), self.n})
        parts = list(pairwise(ends))
        for cell in range(self.cells):
            own = [part for part in parts if part[0] // 8 == cell]
            main = min(own, key=lambda part: coarse[part[0]])
            self._cell(8 * cell, main, [part for part in own if part != main], coarse)
        for (a, face), (_, b) in pairwise(parts):
            if face not in [at for at, _ in cuts]:
                reach = min(face - a, b - face, 4)
                beside = slice(face - reach, face + reach)
                self.functions[beside] = filter_after(reach) @ self.functions[beside]
        self.functions /= np.tile(lapped_norms(), self.cells)

    def _cell(self, at: int, main: tuple, others: list, coarse: np.ndarray) -> None:
        a, b = main
        begin, end = at, min(at + 8, self.n)
        functions = cosines(b - a)
        functions[:, 0] /= sqrt((end - begin) / (b - a))
        mean = functions.mean(0)
        self.functions[a:b, at : at + b - a] = functions
        self.coarseness[at : at + b - a] = coarse[a]
        first = at
        at += b - a
        for c, d in others:
            self.functions[c:d, at : at + d - c] = cosines(d - c)
            self.functions[c:d, first : first + b - a] = mean  # √n times it in the first: it at each voxel
            self.coarseness[at : at + d - c] = coarse[c]
            at += d - c


def cosines(n: int) -> np.ndarray:
    """Return the functions of the DCT-II of n values, a column each."""
    i, k = np.indices((n, n))
    return np.cos(np.pi * (2 * i + 1) * k / (2 * n)) * np.where(k, sqrt(2 / n), sqrt(1 / n))


def filter_after(reach: int) -> np.ndarray:
    """Return the filter across a face: sums of mirrored values stay, differences are put back."""
    flip, one = np.eye(reach)[::-1], np.eye(reach)
    odd = np.linalg.inv(np.array(ODD_BRANCH[reach]))
    fold = np.block([[flip, one], [-flip, one]]) / sqrt(2)
    return fold.T @ np.block([[one, 0 * one], [0 * one, odd]]) @ fold


def lapped_norms() -> np.ndarray:
    """Return the norms of the eight functions of a whole cell between two more."""
    functions = np.pad(cosines(8), ((4, 4), (0, 0)))
    for half in (slice(0, 8), slice(8, 16)):
        functions[half] = filter_after(4) @ functions[half]
    return np.sqrt(np.square(functions).sum(0))


def merged(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return values along the first axis from the halves of an octave."""
    if not len(high):
        return low
    values = np.zeros((len(low) + len(high), *low.shape[1:]))
    values[::2], values[1::2] = low / SCALE, high * SCALE
    n = len(values)
    for step in (3, 2, 1, 0):
        for p in range(1 - step % 2, n, 2):
            before, after = (p - 1 if p else 1), (p + 1 if p + 1 < n else n - 2)
            values[p] -= LIFTING[step] * (values[before] + values[after])
    return values


def octave_functions(n: int, k: int) -> np.ndarray:
    """Return the functions of a subband of three octaves of n voxels, a column each."""
    lengths = [n, (n + 1) // 2, ((n + 1) // 2 + 1) // 2]
    low = np.eye(axis_counts(n, "octaves")[k])
    for octave in range(2 if k == 0 else 3 - k, -1, -1):
        length = lengths[octave]
        if k and octave == 3 - k:
            low = merged(np.zeros(((length + 1) // 2, low.shape[1])), low)
        else:
            low = merged(low, np.zeros((length // 2, low.shape[1])))
    return low


def octave_norm(k: int) -> float:
    functions = octave_functions(128, k)
    return float(np.sqrt(np.square(functions[:, functions.shape[1] // 2]).sum()))


def positions(n: int, kind: str, k: int) -> np.ndarray:
    """Return where the positions of a subband are, eight places a cell."""
    p, per = np.arange(axis_counts(n, kind)[k]), PER_CELL[kind][k]
    return 8 * (p // per) + FIRST[kind][k] + p % per


def norms_along(n: int, kind: str, k: int, octaves: int) -> list[tuple[float, float]]:
    """Return the norms of a subband's low and high functions after 0, 1, … octaves (second_norms.py)."""
    low = Axis(n, kind, []).functions[:, positions(n, kind, k)]
    found = [(norm(low), 0.0)]
    while octaves and low.shape[1] > 1:
        half, rest = (low.shape[1] + 1) // 2, low.shape[1] // 2
        high = low @ merged(np.zeros((half, rest)), np.eye(rest))
        low = low @ merged(np.eye(half), np.zeros((rest, half)))
        found.append((norm(low), norm(high)))
        octaves -= 1
    return found


def norm(functions: np.ndarray) -> float:
    return sqrt(np.square(functions).sum(0).mean())


def joined(parts: dict[tuple, np.ndarray], axes: list) -> np.ndarray:
    """Return the low band of the octave below from the bands of one."""
    for axis in axes:
        before, parts = parts, {}
        for key in (key for key in before if not key[axis]):
            both = (before[key], before[(*key[:axis], 1, *key[axis + 1 :])])
            halves = [np.moveaxis(half, axis, 0) for half in both]
            parts[key] = np.moveaxis(merged(*halves), 0, axis)
    return parts[0, 0, 0]


def coarseness_along(coarse: np.ndarray, octaves: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the coarseness of low and high positions of an axis after 0, 1, … octaves."""
    found = [(coarse, coarse[:0])]
    for _ in range(octaves):
        low, n = found[-1][0], len(found[-1][0])
        found.append(
            tuple(
                np.array([low[max(0, 2 * p - 3) : 2 * p + end].min() for p in range(count)])
                for end, count in ((4, (n + 1) // 2), (6, n // 2))
            )
        )
    return found


def second_values(
    shape: tuple, key: tuple, kinds: tuple, size: tuple, axes: tuple, flat: np.ndarray, coarse: list
) -> np.ndarray:
    """Return a subband (z, y, x) of a tile of `shape` voxels, short of levels and steps.

    `coarse` is the coarseness of its positions along each axis.
    """
    bands, taking, lengths = octave_bands(size, axes), [], size
    while now := [a for a in axes if lengths[a] >= 4]:
        taking.append(now)
        lengths = tuple((n + 1) // 2 if a in now else n for a, n in enumerate(lengths))
    along = [norms_along(shape[a], kinds[a], key[a], sum(a in now for now in taking)) for a in range(3)]
    coarse = [coarseness_along(coarse[a], sum(a in now for now in taking)) for a in range(3)]
    found, at = {}, 0
    for band in bands:
        octave = len(taking) + 1 - max(band.depth, 1)
        z, y, x = (c[min(octave, len(c) - 1)][high] for c, high in zip(coarse, band.key, strict=True))
        coarser = np.maximum(np.maximum(z[:, None, None], y[:, None]), x)
        weight = prod(
            norms[min(octave, len(norms) - 1)][high] for norms, high in zip(along, band.key, strict=True)
        )
        part = flat[at : at + prod(band.shape)].reshape(band.shape)
        found[band.depth, band.key] = part / (round(weight * 1024) / 1024) * 2.0**coarser
        at += part.size
    low = found[0, (0, 0, 0)]
    for depth, now in enumerate(reversed(taking), 1):
        found[depth, (0, 0, 0)] = low
        low = joined({key: part for (at, key), part in found.items() if at == depth}, now)
    for axis in range(3):
        m = shape[axis] % 8
        if kinds[axis] == "lapped" and key[axis] == 0 and m:
            last = tuple(slice(-1, None) if a == axis else slice(None) for a in range(3))
            low[last] *= sqrt(m / 8)
    return low


def coarseness(axes: list[Axis]) -> np.ndarray:
    """Return how often steps of coefficients (8 a cell along each axis) are doubled by cuts."""
    z, y, x = (axis.coarseness for axis in axes)
    return np.maximum(np.maximum(z[:, None, None], y[:, None]), x)


def synthesised(coefficients: np.ndarray, axes: list[Axis]) -> np.ndarray:
    for axis, along in enumerate(axes):
        coefficients = np.moveaxis(np.tensordot(along.functions, coefficients, (1, axis)), 0, axis)
    return coefficients


def of_field(
    latents: np.ndarray, tiles: dict[tuple, tuple], coding: Coding, shape: tuple, range_and_gain: tuple
) -> np.ndarray:
    """Return a frame (z, y, x) in normalised units.

    `tiles` are, by position, the finest level and the integers of each tile.
    """
    axes = [Axis(*given) for given in zip(shape, coding.kinds, coding.cuts, strict=True)]
    cells = latents.shape[1:]
    levels = -latents[0].repeat(8, 0).repeat(8, 1).repeat(8, 2)
    inside = latents[1:].reshape(8, 8, 8, *cells).transpose(3, 0, 4, 1, 5, 2)
    scales = 2.0 ** (levels + coarseness(axes))
    coefficients = inside.reshape(levels.shape) * scales
    for at, (finest, integers) in tiles.items():
        voxels, first = tuple(min(512, n - 512 * i) for n, i in zip(shape, at, strict=True)), 0
        for number, size, along in second_subbands(voxels, coding):
            key = coding.second[number]
            places = [
                512 * i + positions(n, kind, k)
                for i, n, kind, k in zip(at, voxels, coding.kinds, key, strict=True)
            ]
            beyond = coding.modes[number] == "finest"
            coarse = [beyond * axis.coarseness[own] for axis, own in zip(axes, places, strict=True)]
            part = np.zeros(size)
            for spans, own in second_parts(voxels, at, number, coding):
                box = tuple(slice(*span) for span in spans)
                shape_of = tuple(b - a for a, b in spans)
                flat = integers[first : first + prod(shape_of)]
                beyond_of = [c[place] for c, place in zip(coarse, box, strict=True)]
                part[box] = second_values(own, key, coding.kinds, shape_of, along, flat, beyond_of)
                first += prod(shape_of)
            place = np.ix_(*places)
            scale = {"scaled": scales[place], "finest": 2.0**finest}[coding.modes[number]]
            coefficients[place] = part * scale
    values = synthesised(coefficients, axes) * sqrt(6 / log(2)) * exp(-sum(range_and_gain) / 2)
    return values if coding.companding is None else expanded(values, coding.companding)


def expanded(values: np.ndarray, companding: list) -> np.ndarray:
    """Return the values that companded ones stand for."""
    knots, doublings = companding
    still = doublings.index(0)
    places = [knots[max(still - 1, 0)]] * len(knots)
    for k in range(1, len(knots)):
        places[k] = places[k - 1] + (knots[k] - knots[k - 1]) * 2.0 ** -doublings[k]
    shift = knots[max(still - 1, 0)] - places[max(still - 1, 0)]
    piece = np.searchsorted(np.array(places) + shift, values, side="right")
    nearest = np.maximum(piece - 1, 0)  # the knot below, or the first one
    return (
        np.array(knots)[nearest]
        + (values - shift - np.array(places)[nearest]) * 2.0 ** np.array(doublings)[piece]
    )


def physical(values: np.ndarray, said: dict[str, Any]) -> np.ndarray:
    values = values * said["scale"] + said["offset"]
    values = {"none": lambda v: v, "log10": lambda v: 10**v, "asinh": np.sinh}[said["transform"]](values)
    return np.clip(values, said["minimum"], said["maximum"])
