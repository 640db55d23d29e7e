"""Bytes at equal weighted PSNR: idlat beside other compressors, for fields and importance maps.

    python benchmarks/rate_distortion.py FIELD... [--quality 20,50,80] [--map "value > {p95}"] [--json OUT]
    python benchmarks/rate_distortion.py --suite DATA [--cache DIR] [-o DIR] [--fields real] [--maps top5]

Each field is compressed under each map at each quality; every peer is then asked for the same weighted PSNR.
Maps are importance expressions in which {p95} stands for a percentile of the field and {m1} or {m0.5} for its
mean plus so many standard deviations. A peer is given the field as it is, smoothed where the map is low, or
clipped to the range that it has where the map is high.

The suite runs every kind of field of a data folder (`NAME.npy` and `NAME.json` in a folder a kind), simulated
fields that no model has seen, and series, under six maps. It compares on the peers' curves, which it measures
once and keeps. What it measured of idlat it keeps too, as long as the package's sources stay the same.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr
from shared.peers import PEERS, PREPARATIONS, Curve, PeerError
from suite.maps import expression
from suite.run import SuiteOptions, default_maps, default_ranges, run_suite

import idlat

DEFAULT_MAPS = ("1", "isosurface({m1}, decay=0.2)", "value > {p95}")

Real = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PeerResult:
    """A peer's bytes at the archive's weighted PSNR, or why there are none.

    `ratio` is the archive's bytes over the peer's: below 1 the archive is smaller.
    """

    peer: str
    preparation: str
    size: float | None = None
    lsr: float | None = None
    ratio: float | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Row:
    """One archive and its peers; RMSEs are in percent of the field's range."""

    field: str
    map: str
    mean_importance: float
    quality: float
    bytes_streams: int
    lsr: float
    lsr_everything: float
    wpsnr: float
    psnr: float
    rmse_important: float | None
    rmse_other: float | None
    peers: tuple[PeerResult, ...] = ()


def rows(
    path: str, templates: list[str], qualities: list[float], peers: list[str], model: idlat.LatentModel
) -> Iterator[Row]:
    """Measure one field: a row for each map and quality."""
    field = idlat.open_field(path).load()
    field = field.isel(time=0, drop=True) if "time" in field.dims else field
    values = np.ascontiguousarray(field.values, np.float32)
    for template in templates:
        text = expression(template, values)
        importance = idlat.importance.parse(text).evaluate(field).values
        curves = [
            Curve(PEERS[peer], values, importance, preparation)
            for peer in peers
            for preparation in (PREPARATIONS if template != "1" else ["plain"])
        ]
        for quality in qualities:
            row = measure(field, values, importance, quality, model)
            row = replace(row, field=Path(path).stem, map=text)
            yield replace(row, peers=tuple(compare(curve, row) for curve in curves))


def measure(
    field: xr.DataArray, values: Real, importance: Real, quality: float, model: idlat.LatentModel
) -> Row:
    """Compress, decode and measure one field under one map."""
    with tempfile.TemporaryDirectory() as folder:
        archive = idlat.compress(field, Path(folder) / "a.idlat", importance, model, quality=quality)
        result = idlat.evaluate(archive, field, importance)
        error = (archive.decode().values.reshape(values.shape) - values) / np.ptp(values)
    inside = importance >= 0.5
    return Row(
        field="",
        map="",
        mean_importance=float(importance.mean()),
        quality=quality,
        bytes_streams=result.bytes_streams,
        lsr=result.lsr,
        lsr_everything=result.lsr_everything,
        wpsnr=result.wpsnr,
        psnr=result.psnr,
        rmse_important=_rmse(error[inside]),
        rmse_other=_rmse(error[~inside]),
    )


def _rmse(error: Real) -> float | None:
    return 100 * float(np.sqrt(np.mean(np.square(error, dtype=np.float64)))) if error.size else None


def compare(curve: Curve, row: Row) -> PeerResult:
    """Ask a peer for the archive's weighted PSNR."""
    name, preparation = curve.peer.name, curve.preparation
    try:
        size = curve.bytes_at(row.wpsnr)
    except PeerError as error:
        return PeerResult(name, preparation, failure=str(error))
    return PeerResult(name, preparation, size, curve.values.nbytes / size, row.bytes_streams / size)


def line(row: Row) -> str:
    """One line of the table: a peer's LSR, with the archive's bytes over its own in brackets."""
    inside = "-" if row.rmse_important is None else f"{row.rmse_important:.2f}"
    outside = "-" if row.rmse_other is None else f"{row.rmse_other:.2f}"
    texts = [
        f"{row.field[:20]:20} {row.map[:34]:34} {row.mean_importance:5.3f} {row.quality:4.0f}",
        f"{row.lsr:8.1f} {row.wpsnr:6.2f} {inside:>6} {outside:>6}",
    ]
    for peer in row.peers:
        label = peer.peer if peer.preparation == "plain" else f"{peer.peer} {peer.preparation}"
        texts.append(f"{label} -" if peer.lsr is None else f"{label} {peer.lsr:.1f} ({peer.ratio:.2f})")
    return "  ".join(texts)


def main() -> None:
    """Print the table and write the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fields", nargs="*", metavar="FIELD")
    parser.add_argument("--quality", "--qualities", help="separated by commas; 20,50,80, or the suite's own")
    parser.add_argument("--map", action="append", help="an expression; may be given several times")
    parser.add_argument("--peers", help=f"of {', '.join(PEERS)}; all in the suite, else SPERR,SZ3,ZFP")
    parser.add_argument("--model", help="a model's file or name; the shipped one unless told")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    suite = parser.add_argument_group("the suite")
    suite.add_argument("--suite", type=Path, metavar="DATA", help="run the suite on this folder of fields")
    suite.add_argument("--cache", type=Path, default=Path("suite-cache"), help="what is kept between runs")
    suite.add_argument(
        "-o", "--output", type=Path, default=Path("suite-results"), help="cases, tables, pictures"
    )
    suite.add_argument("--fields", dest="wanted", default="", help="parts of names; real, simulated, series")
    suite.add_argument("--maps", help=f"of {', '.join(default_maps())}")
    suite.add_argument("--importance-range", help="of the maps of regions: 7,14 unless told")
    suite.add_argument("--quick", action="store_true", help="small fields at two qualities")
    suite.add_argument("--fresh", action="store_true", help="measure idlat again, though nothing changed")
    options = parser.parse_args()
    if bool(options.suite) == bool(options.fields):
        parser.error("give fields, or --suite DATA")
    if options.suite:
        run_suite(_suite_options(options))
    else:
        _run_fields(options)


def _listed(text: str | None) -> list[str]:
    return [part for part in (text or "").split(",") if part]


def _suite_options(options: argparse.Namespace) -> SuiteOptions:
    ranges = [float(number) for number in _listed(options.importance_range)]
    return SuiteOptions(
        data=options.suite,
        cache=options.cache,
        output=options.output,
        fields=_listed(options.wanted),
        maps=_listed(options.maps) or default_maps(),
        peers=list(PEERS) if options.peers is None else _listed(options.peers),
        qualities=[float(quality) for quality in _listed(options.quality)],
        ranges=ranges or default_ranges(),
        model=options.model,
        quick=options.quick,
        fresh=options.fresh,
    )


def _run_fields(options: argparse.Namespace) -> None:
    """Measure fields of the user's own."""
    qualities = [float(quality) for quality in _listed(options.quality) or ("20", "50", "80")]
    peers = ["SPERR", "SZ3", "ZFP"] if options.peers is None else _listed(options.peers)
    model = idlat.load_model(options.model)
    print("field, map, mean I, quality, LSR, wPSNR (dB), RMSE (% of range) where I >= 0.5 and elsewhere,")
    print("then each peer's LSR and, in brackets, idlat's bytes over the peer's")
    table = []
    for path in options.fields:
        for row in rows(path, options.map or list(DEFAULT_MAPS), qualities, peers, model):
            table.append(row)
            print(line(row), flush=True)
            for peer in row.peers:
                if peer.failure:
                    print(f"  {peer.failure}", file=sys.stderr)
    if options.json:
        report = {"model": model.sha256, "rows": [asdict(row) for row in table]}
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
