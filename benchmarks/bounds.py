"""Bytes under an error bound that holds on every voxel: idlat beside SZ3, SPERR and ZFP.

    python benchmarks/bounds.py --suite DATA [--fields real] [--bounds 1e-2,1e-3] [--maps top5]

The fields and maps are those of the suite of `rate_distortion.py`. Bounds are parts of a field's range; peers
keep them absolutely, SPERR point by point, ZFP by its accuracy. Under the uniform map every voxel has the
bound; under a map of a region idlat has it where I = 1 and `--outside` times it, a tenth of the range at
most, where I = 0; peers have the tighter one everywhere. Fields with missing values are given to peers filled
smoothly, and their mask, which a peer's user must keep besides, counts.

Printed are bytes, our bytes over those of the best peer whose bound holds, the largest error over the bound
and the voxels beyond it, counted for idlat and for peers on what each decodes to.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from shared.peers import Peer, PeerError
from suite.fields import SuiteField, suite_fields
from suite.maps import MAPS, SuiteMap, map_of

import idlat

BOUNDS = (1e-2, 1e-3, 1e-4, 1e-5)
OUTSIDE = 100.0
HELD = 1.0 + 1e-6  # a peer's bound that rounding to float32 breaks by less counts as held


def _sperr(bound: float, span: float) -> Any:
    from numcodecs_wasm_sperr import Sperr

    return Sperr(mode="pwe", pwe=bound * span)


def _sz3(bound: float, span: float) -> Any:
    from numcodecs_wasm_sz3 import Sz3

    return Sz3(eb_mode="abs", eb_abs=bound * span)


def _zfp(bound: float, span: float) -> Any:
    from numcodecs_wasm_zfp import Zfp

    return Zfp(mode="fixed-accuracy", tolerance=bound * span)


PEERS = (Peer("SZ3", _sz3), Peer("SPERR", _sperr), Peer("ZFP", _zfp))


@dataclass(frozen=True)
class Result:
    """What one compressor made of one field under one bound; `size` None where it failed."""

    field: str
    map: str
    bound: float
    compressor: str
    size: int | None
    over_bound: float
    beyond: int
    seconds: float


def judged(field: SuiteField, decoded: np.ndarray, limits: np.ndarray) -> tuple[float, int]:
    """Return the largest error over its bound, and the voxels beyond it."""
    valid = field.valid
    error = np.abs(decoded.astype(np.float64) - field.values.astype(np.float64))[valid]
    share = error / np.broadcast_to(limits, field.values.shape)[valid]
    return float(share.max(initial=0.0)), int((share > 1).sum())


def run_idlat(field: SuiteField, chosen: SuiteMap, bound: float, outside: float) -> Result:
    """Compress, decompress and judge by idlat."""
    span = float(np.nanmax(field.values) - np.nanmin(field.values))
    inside = bound * span
    loose = inside if chosen.name == "uniform" else min(outside * inside, 0.1 * span)
    importance = None if chosen.name == "uniform" else chosen.importance
    given = xr.DataArray(field.values, dims=("z", "y", "x"), name="field")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.idlat"
        idlat.compress(given, path, importance, max_error=(inside, loose))
        seconds = time.perf_counter() - start
        with idlat.open_archive(path) as archive:
            size, decoded = archive.info().bytes_streams, archive.decode().values
    i = chosen.importance.astype(np.float64)
    limits = np.asarray(inside) if importance is None else inside * (loose / inside) ** (1 - i)
    return Result(field.name, chosen.name, bound, "idlat", size, *judged(field, decoded, limits), seconds)


def run_peer(peer: Peer, field: SuiteField, bound: float) -> Result:
    """Compress, decompress and judge by a peer."""
    span, start = float(np.nanmax(field.values) - np.nanmin(field.values)), time.perf_counter()
    try:
        data, decoded = peer.run(field.filled, bound * span / (float(np.ptp(field.filled)) or 1.0))
    except PeerError as error:
        print(f"  {error}", file=sys.stderr)
        return Result(field.name, "", bound, peer.name, None, 0.0, 0, 0.0)
    over, beyond = judged(field, decoded, np.asarray(bound * span))
    seconds = time.perf_counter() - start
    return Result(field.name, "", bound, peer.name, len(data) + field.mask_bytes, over, beyond, seconds)


def best_peer(peers: list[Result]) -> Result | None:
    """Return the smallest whose bound holds, to the rounding of float32."""
    held = [peer for peer in peers if peer.size is not None and peer.over_bound <= HELD]
    return min(held or [peer for peer in peers if peer.size], key=lambda peer: peer.size or 0, default=None)


def run(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Run every field, map and bound; print a line of each."""
    rows = []
    print(
        "field | map | bound | bytes | over bound | best peer | bytes | ratio | voxels beyond: ours, peers'"
    )
    for field in suite_fields(options.suite, options.cache, options.fields, options.quick):
        if field.is_series:
            continue
        for bound in options.bounds:
            peers = [run_peer(peer, field, bound) for peer in PEERS]
            best = best_peer(peers)
            for name in options.maps:
                chosen = map_of(field, name)
                if chosen is None:
                    continue
                own = run_idlat(field, chosen, bound, options.outside)
                ratio = None if best is None or not best.size or not own.size else own.size / best.size
                beyond = ", ".join(f"{peer.compressor} {peer.beyond}" for peer in peers)
                said = "none" if best is None else f"{best.compressor} | {best.size}"
                shown = "" if ratio is None else f"{ratio:.3f}"
                cells = [field.name, name, f"{bound:g}", str(own.size), f"{own.over_bound:.6f}", said, shown]
                print(" | ".join([*cells, f"{own.beyond}; {beyond}"]), flush=True)
                rows.append({"own": asdict(own), "peers": [asdict(peer) for peer in peers], "ratio": ratio})
    return rows


def summary(rows: list[dict[str, Any]]) -> str:
    """Return a table: by map and bound the median and the largest ratio, and what exceeded its bound."""
    lines = [
        "| map | bound | fields | median | largest | largest error over bound |",
        "|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row["own"]["map"] for row in rows):
        for bound in dict.fromkeys(row["own"]["bound"] for row in rows):
            part = [r for r in rows if (r["own"]["map"], r["own"]["bound"]) == (name, bound) and r["ratio"]]
            if part:
                ratios = [row["ratio"] for row in part]
                over = max(row["own"]["over_bound"] for row in part)
                figures = f"{statistics.median(ratios):.3f} | {max(ratios):.3f} | {over:.6f}"
                lines.append(f"| {name} | {bound:g} | {len(part)} | {figures} |")
    return "\n".join(lines)


def main() -> None:
    """Run, print the tables, write the rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite", type=Path, required=True, metavar="DATA", help="folder of real fields")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "idlat-suite")
    parser.add_argument("--fields", type=lambda text: text.split(","), default=[], help="parts of names")
    parser.add_argument("--maps", type=lambda text: text.split(","), default=list(MAPS))
    parser.add_argument(
        "--bounds", type=lambda text: [float(e) for e in text.split(",")], default=list(BOUNDS)
    )
    parser.add_argument(
        "--outside", type=float, default=OUTSIDE, help="bound where I = 0, in bounds where I = 1"
    )
    parser.add_argument("--quick", action="store_true", help="small fields only")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    rows = run(options)
    print(f"\nOur bytes over the best peer's; below 1 idlat is smaller.\n\n{summary(rows)}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
