"""Runs the suite: measures what is not kept, compares, and writes tables, figures and pictures."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import idlat
from suite.archives import DEFAULT_RANGE, ArchivePoint, ArchiveResults, has_importance_range
from suite.compare import Case, compare
from suite.fields import SuiteField, suite_fields
from suite.maps import MAPS, REGIONS, SuiteMap, map_of
from suite.peer_curves import PeerCurve, peer_curves
from suite.pictures import draw_curves
from suite.tables import kind_table, remarks, target_table

UNIFORM_QUALITIES = (25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 85.0)
MAP_QUALITIES = (35.0, 50.0, 65.0, 80.0)
QUICK_QUALITIES = (35.0, 60.0)
WIDE_RANGE = 14.0


@dataclass(frozen=True)
class SuiteOptions:
    """What to run.

    Parameters
    ----------
    data, cache, output
        Folders: of the real fields, of what is kept between runs, of the results.
    fields
        Parts of names of fields, or `real`, `simulated`, `series`; all if empty.
    maps, peers
        Names.
    qualities
        For every map; the suite's own if empty.
    ranges
        Importance ranges of the maps of regions.
    model
        A model's path or name; the shipped one if None.
    quick, fresh
        Small fields and two qualities only; measure idlat's points again.
    """

    data: Path
    cache: Path
    output: Path
    fields: list[str]
    maps: list[str]
    peers: list[str]
    qualities: list[float]
    ranges: list[float]
    model: str | None
    quick: bool
    fresh: bool


def run_suite(options: SuiteOptions) -> None:
    """Run it; print the tables, and write `cases.jsonl`, `tables.md` and `curves_MAP.png`."""
    options.cache.mkdir(parents=True, exist_ok=True)
    options.output.mkdir(parents=True, exist_ok=True)
    model = idlat.load_model(options.model)
    results = ArchiveResults(options.cache / "idlat.jsonl", model, options.fresh)
    cases: list[Case] = []
    drawn: dict[str, dict[str, list[PeerCurve]]] = {}
    print("field, map, range, quality, bytes, PSNR and weighted PSNR (dB), our bytes over the best peer's,")
    print("and over the best of those that keep our plain PSNR")
    for field in suite_fields(options.data, options.cache, options.fields, options.quick):
        maps = [found for name in options.maps if (found := map_of(field, name)) is not None]
        if not maps:
            continue
        curves = peer_curves(field, maps, options.peers, options.cache)
        for chosen in maps:
            drawn.setdefault(chosen.name, {})[field.name] = curves[chosen.name]
            for curve in curves[chosen.name]:
                if not curve.points:
                    print(f"  {curve.label} gave nothing on {field.name}: {curve.failure}", file=sys.stderr)
            for point in _points(field, chosen, results, options):
                cases.append(compare(field, chosen, point, curves[chosen.name]))
                print(line(cases[-1]), flush=True)
    _write(options.output, cases, drawn)


def _points(
    field: SuiteField, chosen: SuiteMap, results: ArchiveResults, options: SuiteOptions
) -> list[ArchivePoint]:
    """Our points of one field and map."""
    own = UNIFORM_QUALITIES if chosen.name == "uniform" else MAP_QUALITIES
    qualities = options.qualities or (QUICK_QUALITIES if options.quick else own)
    ranges = options.ranges if chosen.name in REGIONS else [DEFAULT_RANGE]
    return [results.at(field, chosen, quality, width) for width in ranges for quality in qualities]


def line(case: Case) -> str:
    """One line of the listing."""
    point = case.point
    start = f"{point.field[:26]:26} {point.map:10} {point.importance_range:3.0f} {point.quality:4.0f}"
    ratios = []
    for ratio, best in ((case.ratio, case.best), (case.ratio_keeping, case.best_keeping)):
        ratios.append("outside" if ratio is None or best is None else f"{ratio:5.2f} {best.peer}")
    return f"{start} {point.size:9d} {point.psnr:6.2f} {point.wpsnr:6.2f}  {ratios[0]:26} {ratios[1]}"


def _write(output: Path, cases: list[Case], drawn: dict[str, dict[str, list[PeerCurve]]]) -> None:
    with (output / "cases.jsonl").open("w") as file:
        for case in cases:
            content = asdict(case) | {"ratio": case.ratio, "ratio_keeping": case.ratio_keeping}
            file.write(json.dumps(content) + "\n")
    tables = f"{target_table(cases)}\n\n{kind_table(cases)}\n"
    (output / "tables.md").write_text(tables)
    print("\nOur bytes over the best peer's; below 1 idlat is smaller.\n")
    print(tables)
    print(remarks(cases))
    for name, curves in drawn.items():
        draw_curves(output / f"curves_{name}.png", name, cases, curves)


def default_ranges() -> list[float]:
    """Return the importance ranges that this version of idlat can write."""
    return [DEFAULT_RANGE, WIDE_RANGE] if has_importance_range() else [DEFAULT_RANGE]


def default_maps() -> list[str]:
    """Return the names of all maps."""
    return list(MAPS)
