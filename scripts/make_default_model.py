"""Make the shipped default model: simulate fields, quantise their subbands, fit weights and tables.

    python scripts/make_default_model.py DIR default.safetensors       simulate into DIR (once) and fit

Vortices, universes, hurricanes, random fields, stratified columns and fronts, of seeds from 301 on: none of
them is used in tests or benchmarks. Each is quantised for 45, 60 and 75 dB under three choices of transforms.

    fields ─ subbands, octaves ─ rounded ─▶ features, sizes ─ likelihood ─▶ weights ─ classes ─▶ counts
           ─ fitted ─▶ second transforms ─ coded one after the other ─▶ chances, weights of mixing
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from idlat.coding.context_model import ContextModel
from idlat.coding.context_tables import count_symbols
from idlat.coding.level_stream import LEVEL_CLASSES, LEVEL_SYMBOLS, folded, level_steps, predicted
from idlat.coding.magnitudes import RAW_BITS, SYMBOLS, join_sizes, split_sizes
from idlat.coding.mixing.mixing_stream import MixingModel, adapted
from idlat.coding.rans import TOTAL
from idlat.coding.size_contexts import (
    CLASSES,
    FEATURES,
    UNIT,
    WEIGHT_ONE,
    Sizes,
    around,
    classes_of,
    corners,
    second_half,
)
from idlat.datasets import cosmology, hurricane, vortex
from idlat.datasets.hurricane import FILL
from idlat.datasets.random_fields import random_field, random_options
from idlat.model.subband.cell_levels import wanted_levels
from idlat.model.subband.config import SubbandConfig
from idlat.model.subband.model import SubbandModel
from idlat.model.subband.model_file import CodingPriors, pack_model
from idlat.transform import Kinds, SubbandLayout, cell_subbands, octave_subbands, to_octaves, to_subbands
from idlat.transform.second_layout import band_shape
from idlat.transform.subbands import GROUP_COUNT

Real = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PSNRS = (45.0, 60.0, 75.0)
TRANSFORMS: tuple[Kinds, ...] = (
    ("lapped", "lapped", "lapped"),
    ("octaves", "lapped", "lapped"),
    ("octaves", "octaves", "octaves"),
)
SHAPES = ((64, 64, 64), (24, 96, 96), (64, 96, 80), (12, 96, 96), (40, 80, 96))
LOWEST = 6  # subbands whose octaves are learnt from
MOST_ROWS = 60_000  # of one subband group of one field, for the weights
DEADZONE = 0.4
LEVEL_SEEDS = 40
QUALITIES = (25, 35, 45, 55, 65, 80)
MOST_SEEN = 60  # bits that all of the past counts as, so that chances go on to follow what comes
TRUSTED = 20  # the same in a stream to come


@dataclass(frozen=True)
class Rows:
    """What is known of each coefficient before it is decoded, in its own step, and its size."""

    features: npt.NDArray[np.float32]
    sizes: Integers
    groups: Integers


def simulate(folder: Path) -> None:
    """Write every field as .npy, unless there are fields; all at once, so that a stop leaves none missing."""
    if any(folder.glob("*.npy")):
        return
    unfinished = folder.with_name(f"{folder.name}.part")
    unfinished.mkdir(parents=True, exist_ok=True)
    for name, values in _simulated():
        np.save(unfinished / f"{name}.npy", np.asarray(values, np.float32))
        print(name, values.shape, flush=True)
    unfinished.replace(folder)  # which may be there, empty


def _simulated() -> Iterator[tuple[str, npt.NDArray[np.floating]]]:
    for seed, viscosity in ((301, 0.02), (302, 0.006)):
        *_, (_, field) = vortex(64, 2, seed, viscosity, interval=0.6)
        yield f"vortex{seed}", field.values
    for seed in range(14):
        yield f"random{seed:02d}", _random(SHAPES[seed % 5], 500 + seed)
    for i in range(6):
        yield f"stratified{i}", _stratified(i)
    for i, (steepness, texture) in enumerate(((2, 0), (6, 0.1), (3, 0.02), (10, 0))):
        values = _random((48, 64, 80), 800 + i)
        yield f"front{i}", np.tanh(values * steepness) + texture * values**2
    _, field = next(cosmology(64, 2, 301, start=0))
    yield "cosmology", field.values
    yield "cosmology_log", np.log10(np.maximum(field.values, 1e-3))
    *_, (_, variables) = hurricane(96, 2, 301)
    for name in map(str, variables.data_vars):
        values = variables[name].values
        outside = (values >= FILL) | ~np.isfinite(values)
        yield f"hurricane_{name}", np.where(outside, values[~outside].mean(), values).squeeze()


def _random(shape: tuple[int, int, int], seed: int) -> Real:
    values = random_field(shape, seed, random_options(seed)).values.astype(np.float64)
    return np.asarray((values - values.mean()) / values.std())


def _stratified(i: int) -> Real:
    """A profile along z, disturbances that fade with height, and in every second field noise."""
    shape = ((20, 96, 96), (41, 96, 96), (14, 64, 64))[i % 3]
    z = np.linspace(0, 1, shape[0])[:, None, None]
    profile = (4 * np.exp(-3 * z), 6 * z + 2 * np.tanh(12 * (z - 0.3)), 10 * z**2)[i % 3]
    noise = 0.02 * np.random.default_rng(5 + i).normal(size=shape) if i >= 3 else 0
    disturbance = 0.3 * _random(shape, 600 + i) * np.exp(-2 * z) + 0.05 * _random(shape, 700 + i)
    return np.asarray(profile + disturbance + noise)


def rows_of(coefficients: Integers, layout: SubbandLayout) -> Rows:
    """Features, sizes and groups (twice the subband's, plus the half) of all coefficients of a box."""
    sizes = Sizes(layout, {band.shape: np.zeros(band.shape, np.int64) for band in layout.bands})
    features, found, groups = [], [], []
    for index, (band, offset) in enumerate(zip(layout.bands, layout.offsets, strict=True)):
        values = coefficients[offset : offset + band.size].reshape(band.shape)
        own = sizes.in_finest_steps(index, values)
        second = second_half(band.shape)
        for half, where in enumerate((~second, second)):
            columns = np.zeros((FEATURES, int(where.sum())), np.float32)
            for column, feature in zip(columns, sizes.features(index), strict=False):
                column[:] = feature[where] / UNIT
            if half:
                known = np.where(second, 0, own)
                columns[5], columns[6] = around(known)[where] / 6, corners(known)[where] / 8
            columns[7] = 1
            features.append(columns.T)
            found.append(np.abs(values[where]))
            groups.append(np.full(columns.shape[1], 2 * band.group + half))
        sizes.add(index, values)
    return Rows(np.concatenate(features), np.concatenate(found), np.concatenate(groups))


def quantised(field: Real, psnr: float, kinds: Kinds) -> Rows:
    """All subbands of a field, and the octaves of the lowest, rounded for about `psnr` dB."""
    subbands = to_subbands(field, kinds)
    layout = cell_subbands(field.shape, kinds)  # type: ignore[arg-type]
    flat = np.concatenate([subbands[band.key].ravel() for band in layout.bands])
    step = _step_for(flat, np.ptp(field) ** 2 / 10 ** (psnr / 10))
    parts = [rows_of(_rounded(flat / step), layout)]
    for key in sorted(subbands, key=lambda key: sum(k * k for k in key))[:LOWEST]:
        axes = tuple(a for a in range(3) if kinds[a] == "lapped" or key[a] == 0)
        octaves = octave_subbands(subbands[key].shape, axes)
        parts.append(rows_of(_rounded(to_octaves(subbands[key], axes) / step), octaves))
    return Rows(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("features", "sizes", "groups"))
    )


def _rounded(x: Real) -> Integers:
    return np.asarray(np.sign(x) * np.floor(np.abs(x) + DEADZONE), dtype=np.int64)


def _step_for(coefficients: Real, error: float) -> float:
    """The step at which the mean squared error of rounding is `error`."""
    low, high = np.log(np.ptp(coefficients) * 1e-9), np.log(np.ptp(coefficients))
    for _ in range(20):
        step = np.exp((low + high) / 2)
        if np.square(_rounded(coefficients / step) * step - coefficients).mean() < error:
            low = np.log(step)
        else:
            high = np.log(step)
    return float(np.exp(low))


def fit_weights(features: npt.NDArray[np.float32], sizes: Integers, steps: int = 300) -> Real:
    """Weights, not negative, of the likeliest geometric distributions of sizes (n,) given features (n, 8)."""
    x, y = torch.from_numpy(features), torch.from_numpy(np.minimum(sizes, 32767).astype(np.float32))
    start = torch.full((FEATURES,), -2.0)
    start[-1] = -5.0
    raw = start.requires_grad_()
    optimiser = torch.optim.Adam([raw], lr=0.15)
    for _ in range(steps):
        mean = x @ torch.nn.functional.softplus(raw) + 1e-4
        loss = ((y + 1) * torch.log1p(mean) - y * torch.log(mean)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return np.asarray(torch.nn.functional.softplus(raw).detach().numpy(), dtype=np.float64)


def fit(folder: Path) -> ContextModel:
    """Fit weights to samples of all fields, then tables to the classes that they give."""
    rng = np.random.default_rng(0)
    samples: dict[int, list[tuple[npt.NDArray[np.float32], Integers]]] = {}
    for rows in _all_rows(folder):
        for group in np.unique(rows.groups):
            which = np.flatnonzero(rows.groups == group)
            live = which[(rows.features[which, :7].max(1) > 0) | (rows.sizes[which] > 0)]
            dead = rng.choice(which, min(len(which), max(1, len(live) // 10)), replace=False)
            chosen = np.concatenate(
                [rng.choice(live, min(len(live), MOST_ROWS // 20), replace=False), dead[: MOST_ROWS // 200]]
            )
            samples.setdefault(int(group), []).append((rows.features[chosen], rows.sizes[chosen]))
    weights = np.zeros((2 * GROUP_COUNT, FEATURES))
    for group, parts in samples.items():
        weights[group] = fit_weights(
            np.concatenate([f for f, _ in parts]), np.concatenate([s for _, s in parts])
        )
        print("weights", group, weights[group].round(3).tolist(), flush=True)
    integers = np.rint(weights * WEIGHT_ONE).astype(np.int64)
    counts = np.zeros((CLASSES, SYMBOLS))
    for rows in _all_rows(folder):
        expected = (np.rint(rows.features * UNIT).astype(np.int64) * integers[rows.groups]).sum(1)
        here = count_symbols(
            classes_of(expected, np.zeros_like(expected)), split_sizes(rows.sizes)[0], CLASSES
        )
        counts += here / np.sqrt(here.sum())  # large fields count more, but not in proportion
    return ContextModel(integers.reshape(GROUP_COUNT, 2, FEATURES), _tables(counts))


def _all_rows(folder: Path) -> Iterator[Rows]:
    for path in sorted(folder.glob("*.npy")):
        field = np.load(path).astype(np.float64)
        for psnr in PSNRS:
            for kinds in TRANSFORMS:
                yield quantised(field, psnr, kinds)
        print(path.stem, flush=True)


def _tables(counts: Real) -> Integers:
    """Tables of counts, with a share of geometric distributions where few were counted."""
    mean = 1.09 * 2.0 ** (np.arange(CLASSES)[:, None] / 4 - 9)
    lowest = join_sizes(np.arange(SYMBOLS), np.zeros(SYMBOLS, np.int64)).astype(np.float64)
    end = lowest + 2.0**RAW_BITS
    ratio = mean / (1 + mean)
    geometric = 0.97 * (ratio**lowest - ratio**end) + 0.03 * np.minimum(1, mean) * (
        (lowest + 1) ** -3 - (end + 1) ** -3
    )
    geometric = (geometric + 1e-12) / (geometric + 1e-12).sum(1, keepdims=True)
    total = counts.sum(1, keepdims=True)
    chance = counts / np.maximum(total, 1e-9) * np.minimum(1, total / 20) + geometric * (0.02 + (total < 20))
    tables = np.maximum(np.floor(chance / chance.sum(1, keepdims=True) * (TOTAL - SYMBOLS)), 1).astype(
        np.int64
    )
    tables[np.arange(CLASSES), tables.argmax(1)] += TOTAL - tables.sum(1)
    return tables


def fit_levels() -> Integers:
    """Fit the tables of levels to the maps of simulated fields."""
    counts = np.zeros((LEVEL_CLASSES, LEVEL_SYMBOLS))
    for seed in range(LEVEL_SEEDS):
        for importance in _maps(_random((64, 64, 64), 900 + seed), seed):
            wanted = wanted_levels(importance.astype(np.float32), SubbandConfig.importance_range)
            levels = np.rint(wanted).astype(np.int64)
            for step, stage in level_steps(levels.shape):
                foretold, classes = predicted(levels.ravel(), step, stage)
                difference = levels.ravel()[step.targets] - foretold
                np.add.at(counts, (classes, folded(difference)), 1)
    prior = 0.6 ** np.arange(LEVEL_SYMBOLS)
    chance = (counts + 20 * prior / prior.sum()) / (counts.sum(1, keepdims=True) + 20)
    tables = np.maximum(np.floor(chance * (TOTAL - LEVEL_SYMBOLS)), 1).astype(np.int64)
    tables[np.arange(LEVEL_CLASSES), tables.argmax(1)] += TOTAL - tables.sum(1)
    return tables


def _second_transforms(folder: Path, model: SubbandModel) -> Iterator[tuple[Integers, SubbandLayout]]:
    """Yield the second transform of each field, fitted and quantised at several qualities."""
    least, most = model.gain_limits
    for path in sorted(folder.glob("*.npy")):
        field = np.load(path)
        x = (field - field.mean()) / np.ptp(field)
        everywhere = np.ones_like(x)
        for quality in QUALITIES:
            gain = least + (most - least) * quality / 100
            fitted = model.fitted([(x, everywhere)], gain)
            tile = fitted.analyse_tile(x, everywhere, gain)
            low = {
                key: band[tuple(map(slice, band_shape(x.shape, key, fitted.coding.kinds)))]
                for key, band in tile.low.items()
            }
            chosen = fitted.second.chosen(low, -tile.levels.astype(np.int64), x.shape)
            if chosen.layout is not None:
                yield chosen.coefficients, chosen.layout
        print("second", path.stem, flush=True)


def fit_mixing(parts: list[tuple[Integers, SubbandLayout]]) -> MixingModel:
    """Code second transforms in mixed order, and keep what chances and weights become."""
    model = MixingModel.untrained()
    for turn in range(2):
        for i in np.random.default_rng(turn).permutation(len(parts)):
            model = adapted(model, *parts[i], MOST_SEEN)
    return replace(model, seen=np.minimum(model.seen, TRUSTED))


def _maps(field: Real, seed: int) -> Iterator[Real]:
    """Largest values, distances to isosurfaces, the gradient, a box."""
    for share in (99, 95, 90, 50):
        yield (field > np.percentile(field, share)).astype(np.float64)
    for isovalue in (0, 1):
        above = field > isovalue
        border = above ^ ndimage.binary_erosion(above)
        if border.any():
            yield np.exp(-0.2 * ndimage.distance_transform_edt(~border))
    gradient = np.sqrt(sum(part**2 for part in np.gradient(field)))
    yield gradient / gradient.max()
    rng = np.random.default_rng(seed)
    box = np.zeros(field.shape)
    box[tuple(slice(a, a + rng.integers(8, 40)) for a in rng.integers(0, 40, 3))] = 1
    yield box


def main() -> None:
    """Simulate what is missing, fit, and write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    simulate(arguments.folder)
    priors = CodingPriors(fit(arguments.folder), fit_levels(), MixingModel.untrained())
    untrained = SubbandModel(pack_model(SubbandConfig(), priors))
    mixing = fit_mixing(list(_second_transforms(arguments.folder, untrained)))
    arguments.output.write_bytes(pack_model(SubbandConfig(), priors._replace(mixing=mixing)))


if __name__ == "__main__":
    sys.exit(main())
