"""Transform coding without learning beside SPERR: real streams, decoded, at equal PSNR.

    python benchmarks/transform_coding.py FIELD.npy... [--psnr 40,50,60,70,80] [--chunk 64] [--json OUT]

Each field is transformed (lapped cells or octaves along z, y and x: the best of --transforms), its low
subbands once more by octaves where that saves bytes, quantised by rate and distortion, and coded chunk by
chunk under contexts, with tables fitted to it. SPERR has the whole field. Bytes are those of all streams and
tables; PSNR is that of the field decoded from them, in float32, and at least the one asked for.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
from peers import PEERS, Curve

from idlat.coding.context_model import ContextModel
from idlat.coding.context_tables import fit_tables, read_tables
from idlat.coding.magnitudes import split_sizes
from idlat.coding.size_contexts import CLASSES
from idlat.coding.subband_stream import decode_box, encode_symbols
from idlat.coding.subband_walk import NOT_CODED, Box, Symbols, span
from idlat.coding.symbol_counts import bits_of, counts_of
from idlat.model.contexts import default_contexts
from idlat.model.rdo_quantisation import BITS_OF_ERROR, quantise_box
from idlat.transform import (
    Kinds,
    SubbandLayout,
    cell_subbands,
    from_octaves,
    from_subbands,
    octave_subbands,
    to_octaves,
    to_subbands,
)

Real = npt.NDArray[np.float64]
Key = tuple[int, ...]

MEAN: Key = (0, 0, 0)
LOWEST = 40  # subbands that octaves are tried on
CELL = 8
PER_CELL = {"lapped": (1,) * 8, "octaves": (1, 1, 2, 4)}  # coefficients along an axis, by subband
NAMES = {"L": "lapped", "O": "octaves"}


@dataclass(frozen=True)
class Coded:
    """A field's symbols at one step."""

    step: float
    octaves: dict[Key, Symbols]
    chunks: list[Symbols]
    psnr: float

    def all(self) -> list[Symbols]:
        """In the order of coding."""
        return [*self.octaves.values(), *self.chunks]


@dataclass(frozen=True)
class Row:
    """One field at one PSNR; `ratio` is bytes over SPERR's."""

    field: str
    shape: tuple[int, ...]
    psnr: float
    transforms: str
    octaves: int
    tables: int
    second: int
    chunks: int
    bytes: int
    sperr: float
    ratio: float


class FieldCoder:
    """Codes one field under one choice of transforms.

    Parameters
    ----------
    field : ndarray of float64
        (Z, Y, X), finite.
    kinds : Kinds
    chunk : int
        Voxels of a chunk along an axis, a multiple of 8.
    """

    def __init__(self, field: Real, kinds: Kinds, chunk: int) -> None:
        self.field, self.kinds = field, kinds
        self.range = float(np.ptp(field))
        self.subbands = to_subbands(field, kinds)
        cuts = [[(a, min(a + chunk, n)) for a in range(0, n, chunk)] for n in field.shape]
        self.boxes = list(product(*cuts))
        self.layouts = [cell_subbands(tuple(b - a for a, b in box), kinds) for box in self.boxes]  # type: ignore[arg-type]
        self.octaves = {}
        for key in sorted(self.subbands, key=lambda key: sum(k * k for k in key))[:LOWEST]:
            axes = tuple(a for a in range(3) if kinds[a] == "lapped" or key[a] == 0)
            layout = octave_subbands(self.subbands[key].shape, axes)  # type: ignore[arg-type]
            if len(layout.bands) > 1:
                self.octaves[key] = (axes, layout, to_octaves(self.subbands[key], axes))
        self.twice: set[Key] = {MEAN} & self.octaves.keys()

    def part(self, array: npt.NDArray, key: Key, box: tuple) -> npt.NDArray:
        """What a chunk holds of a subband."""
        at = []
        for axis, (begin, end) in enumerate(box):
            per = PER_CELL[self.kinds[axis]][key[axis]]
            stop = None if end == self.field.shape[axis] else end // CELL * per
            at.append(slice(begin // CELL * per, stop))
        return array[tuple(at)]

    def choose(self, step: float, model: ContextModel) -> None:
        """Transform a low subband again where that costs less in bits and error."""
        self.twice = {MEAN} & self.octaves.keys()
        alone = self._costs(self.quantise(step, model), model)
        for key, (axes, layout, coefficients) in self.octaves.items():
            if key == MEAN or max(np.abs(coefficients).max(), np.abs(self.subbands[key]).max()) < step / 2:
                continue
            symbols = quantise_box(coefficients / step, flat_box(layout), model)
            back = from_octaves(symbols.coefficients * step, self.subbands[key].shape, axes)
            error = np.square((back - self.subbands[key]) / step).sum()
            if bits_of(symbols, model) + BITS_OF_ERROR * error < 0.99 * alone[key]:
                self.twice.add(key)

    def _costs(self, coded: Coded, model: ContextModel) -> dict[Key, float]:
        """Bits and error of each subband that is coded in chunks."""
        costs = dict.fromkeys(self.subbands, 0.0)
        bits = np.pad(model.bits, ((0, NOT_CODED + 1 - CLASSES), (0, 0)))
        for box, layout, symbols in zip(self.boxes, self.layouts, coded.chunks, strict=True):
            exact = self._flat(layout, box) / coded.step
            sizes = np.abs(symbols.coefficients.astype(np.int64))
            each = bits[symbols.classes, split_sizes(sizes)[0]]
            each += BITS_OF_ERROR * np.square(exact - symbols.coefficients)
            for index, band in enumerate(layout.bands):
                costs[band.key] += each[span(layout, index)].sum()
        return costs

    def _flat(self, layout: SubbandLayout, box: tuple) -> Real:
        return np.concatenate([self.part(self.subbands[b.key], b.key, box).ravel() for b in layout.bands])

    def quantise(self, step: float, model: ContextModel) -> Coded:
        """Choose all coefficients; the PSNR is that of the field they give."""
        octaves = {
            key: quantise_box(self.octaves[key][2] / step, flat_box(self.octaves[key][1]), model)
            for key in sorted(self.twice)
        }
        low = {key: self._low(key, symbols.coefficients, step) for key, symbols in octaves.items()}
        boxes = self._context_boxes(low, step)
        chunks = [
            quantise_box(self._flat(layout, at) / step, box, model)
            for at, layout, box in zip(self.boxes, self.layouts, boxes, strict=True)
        ]
        flat = [symbols.coefficients for symbols in chunks]
        error = np.square(self._field(low, flat, step) - self.field).mean()
        return Coded(step, octaves, chunks, 20 * math.log10(self.range) - 10 * math.log10(error))

    def _low(self, key: Key, coefficients: npt.NDArray[np.int32], step: float) -> Real:
        return from_octaves(coefficients * step, self.subbands[key].shape, self.octaves[key][0])

    def _context_boxes(self, low: dict[Key, Real], step: float) -> list[Box]:
        """The chunks, with what the subbands that are coded before them give as contexts."""
        known = {key: np.rint(values / step).astype(np.int64) for key, values in low.items()}
        return [
            flat_box(
                layout,
                {i: self.part(known[b.key], b.key, at) for i, b in enumerate(layout.bands) if b.key in known},
            )
            for at, layout in zip(self.boxes, self.layouts, strict=True)
        ]

    def _field(self, low: dict[Key, Real], chunks: list[npt.NDArray[np.int32]], step: float) -> Real:
        """The field of coefficients."""
        back = {key: low.get(key, np.zeros_like(values)) for key, values in self.subbands.items()}
        for at, layout, flat in zip(self.boxes, self.layouts, chunks, strict=True):
            for index, band in enumerate(layout.bands):
                if band.key not in low:
                    self.part(back[band.key], band.key, at)[...] = (
                        flat[span(layout, index)].reshape(band.shape) * step
                    )
        return from_subbands(back, self.kinds, self.field.shape)  # type: ignore[arg-type]

    def through_bytes(self, coded: Coded) -> tuple[dict[str, int], float]:
        """Encode, decode everything, and return bytes by part and the PSNR of the decoded float32 field."""
        default = default_contexts()
        tables, fitted = fit_tables(counts(coded), default.tables)
        encoder = ContextModel(default.weights, fitted)
        decoder = ContextModel(default.weights, read_tables(tables, default.tables))
        second = {key: encode_symbols(symbols, encoder) for key, symbols in coded.octaves.items()}
        streams = [encode_symbols(symbols, encoder) for symbols in coded.chunks]
        low = {
            key: self._low(key, decode_box(data, flat_box(self.octaves[key][1]), decoder), coded.step)
            for key, data in second.items()
        }
        boxes = self._context_boxes(low, coded.step)
        flat = [decode_box(data, box, decoder) for data, box in zip(streams, boxes, strict=True)]
        decoded = self._field(low, flat, coded.step).astype(np.float32)
        error = np.square(decoded.astype(np.float64) - self.field).mean()
        sizes = {
            "tables": len(tables),
            "second": sum(map(len, second.values())) + math.ceil(LOWEST / 8),
            "chunks": sum(map(len, streams)),
        }
        return sizes, 20 * math.log10(self.range) - 10 * math.log10(error)

    def at_psnr(self, psnr: float, rounds: int = 7) -> Coded:
        """The symbols of the largest step found at which `psnr` is reached."""
        low, high = math.log(self.range * 1e-7), math.log(self.range)
        step, model, best = self.range * 10 ** (-psnr / 20) * 3, default_contexts(), None
        for _ in range(rounds):
            self.choose(step, model)
            coded = self.quantise(step, model)
            fitted = fit_tables(counts(coded), default_contexts().tables)[1]
            model = ContextModel(default_contexts().weights, fitted)
            if coded.psnr >= psnr:
                low = max(low, math.log(step))
                best = coded if best is None or coded.step > best.step else best
            else:
                high = min(high, math.log(step))
            if 0 <= coded.psnr - psnr < 0.02:
                break
            guess = math.log(step) + (coded.psnr - psnr - 0.01) * math.log(10) / 20
            step = math.exp(guess if low < guess < high else (low + high) / 2)
        if best is None:
            self.choose(math.exp(low), model)
            best = self.quantise(math.exp(low), model)
        return best


def flat_box(layout: SubbandLayout, known: dict[int, npt.NDArray[np.int64]] | None = None) -> Box:
    """A box of one quantisation step."""
    return Box(layout, {band.shape: np.zeros(band.shape, np.int64) for band in layout.bands}, known or {})


def counts(coded: Coded) -> npt.NDArray[np.int64]:
    """How often each symbol comes in each class."""
    return np.sum([counts_of(symbols) for symbols in coded.all()], axis=0)


def measured(name: str, field: Real, psnr: float, transforms: list[str], chunk: int, curve: Curve) -> Row:
    """Code a field under the best of `transforms`, at first judged by a coarse search."""
    best: tuple[float, FieldCoder] | None = None
    for letters in transforms:
        coder = FieldCoder(field, tuple(NAMES[letter] for letter in letters), chunk)  # type: ignore[arg-type]
        coded = coder.at_psnr(psnr, rounds=3)
        sizes, reached = coder.through_bytes(coded)
        estimate = sum(sizes.values()) * 10 ** (0.8 * (psnr - reached) / 20)
        if best is None or estimate < best[0]:
            best = estimate, coder
    assert best is not None
    coder = best[1]
    coded = coder.at_psnr(psnr)
    sizes, reached = coder.through_bytes(coded)
    total = sum(sizes.values())
    peer = curve.bytes_at(reached)
    letters = "".join(kind[0].upper() for kind in coder.kinds)
    return Row(
        name, field.shape, reached, letters, len(coder.twice), *sizes.values(), total, peer, total / peer
    )


def read(path: Path) -> Real:
    """A field of floats; what is not finite, or a fill value of 10⁹ and more, becomes the mean."""
    field = np.load(path).astype(np.float64)
    outside = ~np.isfinite(field) | (np.abs(field) > 1e9)
    return np.where(outside, field[~outside].mean(), field)


def main() -> None:
    """Print a line a field and PSNR, and medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fields", nargs="+", type=Path)
    parser.add_argument("--psnr", default="40,50,60,70,80")
    parser.add_argument("--transforms", default="LLL,OLL,OOO", help="L: lapped cells, O: octaves; z, y, x")
    parser.add_argument("--chunk", type=int, default=64)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows: list[Row] = []
    for path in arguments.fields:
        field = read(path)
        values = field.astype(np.float32)
        curve = Curve(PEERS["SPERR"], values, np.ones_like(values))
        for psnr in map(float, arguments.psnr.split(",")):
            row = measured(path.stem, field, psnr, arguments.transforms.split(","), arguments.chunk, curve)
            rows.append(row)
            print(
                f"{row.field:28} {row.psnr:6.2f} dB {row.transforms} octaves {row.octaves:2} "
                f"bytes {row.bytes:8} = tables {row.tables} + second {row.second} + chunks {row.chunks}; "
                f"SPERR {row.sperr:9.0f}  ratio {row.ratio:.3f}",
                flush=True,
            )
            if arguments.json:
                arguments.json.write_text(json.dumps([asdict(r) for r in rows], indent=1))
    for name, chosen in (
        ("to 65 dB", [r for r in rows if r.psnr < 65]),
        ("above", [r for r in rows if r.psnr >= 65]),
    ):
        if chosen:
            ratios = [r.ratio for r in chosen]
            print(f"{name}: median {median(ratios):.3f}, largest {max(ratios):.3f} of {len(ratios)}")


if __name__ == "__main__":
    sys.exit(main())
