"""The tables of the suite: targets, kinds of fields, and what no peer's curve reached."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from suite.archives import DEFAULT_RANGE
from suite.compare import Case

Ratio = Callable[[Case], float | None]

LOWEST, HIGHEST = 30.0, 85.0  # dB of weighted PSNR that the tables cover


def any_peer(case: Case) -> float | None:
    """Over the best peer at equal weighted PSNR."""
    return case.ratio


def keeping_peer(case: Case) -> float | None:
    """Over the best peer that keeps the plain PSNR too."""
    return case.ratio_keeping


@dataclass(frozen=True)
class Target:
    """A row of the table of targets: which cases, against which peers, and what is asked for."""

    name: str
    wanted: Callable[[Case], bool]
    ratio: Ratio
    median: float
    largest: float


def _is(
    *kinds: str, low: float = LOWEST, high: float = HIGHEST, wide: bool = False
) -> Callable[[Case], bool]:
    """Choose single steps by kind of map and weighted PSNR; `wide` of an importance range not the default."""

    def wanted(case: Case) -> bool:
        default = case.point.importance_range == DEFAULT_RANGE
        inside = low <= case.point.wpsnr < high
        return case.map_kind in kinds and inside and default != wide and not is_series(case)

    return wanted


def is_series(case: Case) -> bool:
    """Whether the case is of a series."""
    return case.kind.endswith("series")


TARGETS = (
    Target("uniform, 35 to 65 dB", _is("uniform", low=35, high=65), any_peer, 0.58, 1.0),
    Target("uniform, 65 to 85 dB", _is("uniform", low=65), any_peer, 0.85, 1.05),
    Target("isosurface distance", _is("isosurface"), any_peer, 0.55, 0.95),
    Target("regions, peers keep the plain PSNR", _is("region"), keeping_peer, 0.40, 0.95),
    Target("regions, any peer", _is("region"), any_peer, 0.40, 0.95),
    Target("regions, range 14, any peer", _is("region", wide=True), any_peer, 0.9, 1.3),
    Target(
        "12-step series",
        lambda case: is_series(case) and LOWEST <= case.point.wpsnr < HIGHEST,
        any_peer,
        0.50,
        0.9,
    ),
    Target("fitted tables: uniform, all", _is("uniform"), any_peer, 0.45, 0.9),
    Target("fitted tables: regions", _is("region"), keeping_peer, 0.35, 0.9),
)


def target_table(cases: list[Case]) -> str:
    """Return the table of targets, in Markdown."""
    lines = [
        "| cases | number | median | target | smallest | largest | target | worst case |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for target in TARGETS:
        chosen = [case for case in cases if target.wanted(case)]
        figures = _figures(chosen, target.ratio)
        worst = max(chosen, key=lambda case: target.ratio(case) or 0, default=None)
        where = "" if worst is None or target.ratio(worst) is None else _place(worst)
        median, smallest, largest = figures.texts
        cells = (
            target.name,
            figures.number,
            median,
            f"≤ {target.median}",
            smallest,
            largest,
            f"≤ {target.largest}",
        )
        lines.append("| " + " | ".join(map(str, (*cells, where))) + " |")
    return "\n".join(lines)


def kind_table(cases: list[Case]) -> str:
    """Return median, smallest and largest by kind of field and of map, in Markdown."""
    columns: tuple[tuple[str, Callable[[Case], bool], Ratio], ...] = (
        ("uniform", lambda case: case.map_kind == "uniform", any_peer),
        ("isosurface", lambda case: case.map_kind == "isosurface", any_peer),
        ("regions, plain PSNR kept", lambda case: case.map_kind == "region", keeping_peer),
        ("regions, any peer", lambda case: case.map_kind == "region", any_peer),
    )
    lines = [
        "| field | " + " | ".join(name for name, *_ in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    inside = [
        case
        for case in cases
        if LOWEST <= case.point.wpsnr < HIGHEST and case.point.importance_range == DEFAULT_RANGE
    ]
    for kind in dict.fromkeys(case.kind for case in inside):
        cells = []
        for _, wanted, ratio in columns:
            figures = _figures((case for case in inside if case.kind == kind and wanted(case)), ratio)
            median, smallest, largest = figures.texts
            cells.append(f"{median} ({smallest} to {largest})" if figures.number else "–")
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def remarks(cases: list[Case]) -> str:
    """Say which cases no peer's curve reached, so that they are in no table."""
    lines = []
    for case in cases:
        if case.ratio is None:
            lines.append(f"outside every peer's curve: {_place(case)}, {case.point.size} bytes")
    return "\n".join(lines)


@dataclass(frozen=True)
class _Figures:
    values: tuple[float, ...]

    @property
    def number(self) -> int:
        return len(self.values)

    @property
    def texts(self) -> tuple[str, str, str]:
        """Median, smallest, largest."""
        if not self.values:
            return "–", "–", "–"
        found = statistics.median(self.values), min(self.values), max(self.values)
        return f"{found[0]:.2f}", f"{found[1]:.2f}", f"{found[2]:.2f}"


def _figures(cases: Iterable[Case], ratio: Ratio) -> _Figures:
    return _Figures(tuple(value for case in cases if (value := ratio(case)) is not None))


def _place(case: Case) -> str:
    point = case.point
    return f"{point.field}, {point.map}, {point.wpsnr:.1f} dB"
