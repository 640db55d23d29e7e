"""Isosurface similarity maps by four methods on the same field and isovalues, in one run.

    python benchmarks/isosurfaces.py FIELD [--isovalues 80] [--select 4] [--paper] [--json OUT.json]

Prints the seconds of both stages, the processor seconds of all threads (which a busy machine disturbs less),
how many times less than exact distance fields each takes, the isovalues chosen and how well each pair of maps
agrees: the rank correlation of their entries above the diagonal. `latent` compares what the model's transform
gives, `latent, refined` what its analysis network makes of it under each map; with --paper also in the
paper's tiling, 8³ cores with a halo each, which takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

import idlat
from idlat.analysis import PEERS, LatentOptions, SimilarityMap, latent_map, peer_map
from idlat.parallel import run_tasks, worker_count


@dataclass(frozen=True)
class Row:
    """Figures of one method."""

    method: str
    seconds_representation: float
    seconds_similarity: float
    processor_seconds: float
    representative: list[float]

    @property
    def total(self) -> float:
        """Seconds of both stages."""
        return self.seconds_representation + self.seconds_similarity


def volume(path: str) -> npt.NDArray[np.float32]:
    """Return the first step of a field file."""
    values = np.ascontiguousarray(idlat.open_field(path).values, np.float32)
    return values.reshape((-1, *values.shape[-3:]))[0]


def all_maps(
    field: npt.NDArray[np.float32], levels: npt.NDArray[np.float64], options: argparse.Namespace
) -> dict[str, tuple[SimilarityMap, float]]:
    """Compute every map, the model warm; and its processor seconds."""
    model = idlat.load_model()
    threads = partial(run_tasks, workers=worker_count(None))
    latent_map(field[:16, :16, :16], levels[:2], model, mapping=threads)
    choices = {"latent": LatentOptions(), "latent, refined": LatentOptions(refine=True)}
    if options.paper:
        choices["refined, 8³ cores"] = LatentOptions(refine=True, tile=8)
    calls: dict[str, Callable[[], SimilarityMap]] = {
        name: partial(latent_map, field, levels, model, choice, mapping=threads)
        for name, choice in choices.items()
    }
    calls |= {peer: partial(peer_map, peer, field, levels) for peer in PEERS}
    maps = {}
    for name, call in calls.items():
        start = time.process_time()
        maps[name] = (call(), time.process_time() - start)
    return maps


def agreement(a: SimilarityMap, b: SimilarityMap) -> float:
    """Rank correlation of two maps' entries above the diagonal."""
    above = np.triu_indices(len(a.isovalues), 1)
    return float(spearmanr(a.similarity[above], b.similarity[above]).statistic)


def print_rows(rows: list[Row]) -> None:
    """Print the table of times and choices."""
    exact = next(row for row in rows if row.method == "distance-field")
    heads = f"{'represent s':>12} {'compare s':>10} {'times':>6} {'processor s':>12} {'times':>6}"
    print(f"{'method':18} {heads}  chosen")
    for row in rows:
        chosen = ", ".join(f"{value:.3g}" for value in row.representative)
        stages = f"{row.seconds_representation:12.2f} {row.seconds_similarity:10.3f}"
        wall = f"{stages} {exact.total / row.total:6.1f}"
        work = f"{row.processor_seconds:12.2f} {exact.processor_seconds / row.processor_seconds:6.1f}"
        print(f"{row.method:18} {wall} {work}  {chosen}", flush=True)


def main() -> None:
    """Print the tables and write the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("field", metavar="FIELD")
    parser.add_argument("--isovalues", type=int, default=80)
    parser.add_argument("--select", type=int, default=4)
    parser.add_argument("--paper", action="store_true", help="8³ cores too, each with its own halo")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    options = parser.parse_args()
    field = volume(options.field)
    levels = np.linspace(*np.percentile(field, (1, 99)), options.isovalues)
    maps = all_maps(field, levels, options)
    rows = [
        Row(name, m.seconds_representation, m.seconds_similarity, processor, m.representative(options.select))
        for name, (m, processor) in maps.items()
    ]
    print(
        f"{field.shape}, {len(levels)} isovalues {levels[0]:.4g} to {levels[-1]:.4g}, {os.cpu_count()} CPUs"
    )
    print_rows(rows)
    names = list(maps)
    ranks = {
        f"{a} / {b}": agreement(maps[a][0], maps[b][0]) for i, a in enumerate(names) for b in names[i + 1 :]
    }
    for pair, rank in ranks.items():
        print(f"rank correlation {pair}: {rank:.3f}")
    if options.json:
        report = {"shape": field.shape, "rows": [asdict(row) for row in rows], "rank_correlation": ranks}
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
