"""Bytes at equal weighted PSNR: idlat beside other compressors, for fields and importance maps.

    python benchmarks/rate_distortion.py FIELD... [--quality 20,50,80] [--map "value > {p95}"] [--json OUT]

Each field is compressed under each map at each quality; every peer is then asked for the same weighted PSNR.
Maps are importance expressions in which {p95} stands for a percentile of the field and {m1} or {m0.5} for its
mean plus so many standard deviations. A peer is given the field as it is, smoothed where the map is low, or
clipped to the range that it has where the map is high.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr
from peers import PEERS, PREPARATIONS, Curve, PeerError

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


def expression(template: str, values: Real) -> str:
    """Fill a field's percentiles and standard deviations into a map's template."""

    def number(match: re.Match[str]) -> str:
        kind, amount = match[1], float(match[2])
        level = np.percentile(values, amount) if kind == "p" else values.mean() + amount * values.std()
        return f"{level:.6g}"

    return re.sub(r"\{([pm])(-?[0-9.]+)\}", number, template)


def rows(
    path: str, templates: list[str], qualities: list[float], peers: list[str], model: idlat.Model
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


def measure(field: xr.DataArray, values: Real, importance: Real, quality: float, model: idlat.Model) -> Row:
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
    parser.add_argument("fields", nargs="+", metavar="FIELD")
    parser.add_argument("--quality", default="20,50,80", help="qualities, separated by commas")
    parser.add_argument("--map", action="append", help="an expression; may be given several times")
    parser.add_argument("--peers", default="SPERR,SZ3,ZFP", help=f"of {', '.join(PEERS)}")
    parser.add_argument("--model", help="a model file; the shipped one unless told")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    options = parser.parse_args()
    qualities = [float(quality) for quality in options.quality.split(",")]
    peers = options.peers.split(",") if options.peers else []
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
