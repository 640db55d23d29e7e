"""How soon the explorer draws: a selection to its picture, and a turn of the camera, without a browser.

    python benchmarks/explorer.py [FIELD] [--sides 128 256] [--size 1280 520] [--runs 7] [--json OUT.json]

Three panels (original, a smoothed copy as the reconstruction, their difference) draw a field, resampled to
each side; without one, a sum of waves. The selections are a random third of the blocks, which is harder than
the clusters that a click selects, and a box of an eighth. Medians: milliseconds on the clock, and processor
milliseconds of all threads, which a busy machine disturbs less.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy import ndimage
from shared.wave_scene import filled, waves

import idlat
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.scene import Scene
from idlat.explorer.scene.scene_settings import MODES, Mode

BLOCK = 16


@dataclass(frozen=True)
class Row:
    """Medians of one action, in milliseconds."""

    side: int
    mode: str
    action: str
    clock: float
    processor: float


def resampled(path: str | None, side: int) -> NDArray[np.float32]:
    """Return the first step of a field at another size, or waves."""
    if path is None:
        return waves(side)
    values = np.asarray(idlat.open_field(path).values, np.float32)
    first = values.reshape((-1, *values.shape[-3:]))[0]
    return ndimage.zoom(first, [side / n for n in first.shape], order=1)


def median(action: Callable[[], object], runs: int) -> tuple[float, float]:
    """Return median milliseconds on the clock and of the processor."""
    clocks, processors = [], []
    for _ in range(runs):
        clock, processor = time.perf_counter(), time.process_time()
        action()
        clocks.append(time.perf_counter() - clock)
        processors.append(time.process_time() - processor)
    return statistics.median(clocks) * 1e3, statistics.median(processors) * 1e3


def actions(scene: Scene, side: int) -> dict[str, Callable[[], object]]:
    """Return what is timed; each changes something every time."""
    random, blocks = np.random.default_rng(0), -(-side // BLOCK)
    place = np.indices((blocks,) * 3)

    def select(chosen: NDArray[np.bool_]) -> None:
        scene.show(replace(scene.state, selection=Selection((side,) * 3, chosen, BLOCK)))

    def select_random(moving: bool) -> None:
        select(random.random((blocks,) * 3) < 1 / 3)
        scene.render(moving)

    def select_box() -> None:
        select((place < blocks // 2).all(axis=0))
        scene.render()

    def turn(moving: bool) -> None:
        scene.orbit(10, 3)
        scene.render(moving)

    return {
        "turn, moving, all": lambda: turn(True),
        "turn, at rest, all": lambda: turn(False),
        "select a third, coarse": lambda: select_random(True),
        "select a third": lambda: select_random(False),
        "turn, moving, a third": lambda: turn(True),
        "select a box": select_box,
    }


def measure(field: NDArray[np.float32], mode: Mode, options: argparse.Namespace) -> list[Row]:
    """Time every action in one mode."""
    side = len(field)
    scene = filled(field, mode, *options.size)
    rows = [Row(side, mode, "first picture", *median(scene.render, 1))]
    scene.render(moving=True)
    for name, action in actions(scene, side).items():
        rows.append(Row(side, mode, name, *median(action, options.runs)))
    scene.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("field", nargs="?")
    parser.add_argument("--sides", type=int, nargs="+", default=[128, 256])
    parser.add_argument("--size", type=int, nargs=2, default=[1280, 520], metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: list[Row] = []
    for side in options.sides:
        field = resampled(options.field, side)
        for mode in options.modes:
            rows += measure(field, mode, options)
    table = Table("voxels", "mode", "action", "clock ms", "processor ms")
    for row in rows:
        table.add_row(f"{row.side}³", row.mode, row.action, f"{row.clock:.0f}", f"{row.processor:.0f}")
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
