"""Make the data of the shipped model of preset `learned` and train it.

    python scripts/make_learned_model.py data DIR                      simulate (what stands is kept)

Vortices of seeds 101 to 108 at 128³ with viscosities from 0.006 to 0.03; velocities of seeds 109 to 112,
which are smoother; universes and hurricanes of seed 101; and 24 random fields. Seed 0 of each is for tests
and benchmarks; it is never trained on.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np

import idlat
from idlat.cli.train import show
from idlat.datasets import cosmology, hurricane, vortex
from idlat.datasets.hurricane import FILL
from idlat.datasets.random_fields import random_field, random_options
from idlat.datasets.vortex import VortexOptions, spin_up
from idlat.training import train

# seed: (viscosity, saved steps), 0.4 time units apart
VORTICES = {
    101: (0.02, 8),
    102: (0.012, 6),
    103: (0.006, 6),
    104: (0.02, 6),
    105: (0.012, 6),
    106: (0.006, 6),
    107: (0.03, 6),
    108: (0.02, 6),
}
VELOCITIES = {109: 0.02, 110: 0.012, 111: 0.006, 112: 0.03}  # seed: viscosity
MEMBERS = 6
SHAPES = ((96, 96, 96), (128, 128, 128), (96, 128, 112), (112, 96, 128))


def make_data(folder: Path) -> None:
    """Write every training field as .npy, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (viscosity, steps) in VORTICES.items():
        paths = [folder / f"vortex_s{seed}_t{step:02d}.npy" for step in range(steps)]
        if all(path.exists() for path in paths):
            continue
        for step, field in vortex(128, steps, seed, viscosity, interval=0.4):
            save(paths[step], field.values)
    for seed, viscosity in VELOCITIES.items():
        make_velocities(folder, seed, viscosity)
    for member in range(MEMBERS):
        path = folder / f"cosmology_{member}.npy"
        if not path.exists():
            _, field = next(cosmology(128, MEMBERS, 101, start=member))
            save(path, field.values)
    for step, variables in hurricane(240, 3, 101):
        for name, field in variables.data_vars.items():
            save(folder / f"hurricane_{name}_t{step}.npy", field.where(field < FILL).values)
    for seed in range(24):
        path = folder / f"smooth_{seed:02d}.npy"
        if not path.exists():
            shape = SHAPES[(seed // 4 + seed) % 4]
            save(path, random_field(shape, seed, random_options(seed)).values)


def make_velocities(folder: Path, seed: int, viscosity: float, steps: int = 3) -> None:
    """Write two components and the magnitude of the velocity of a few steps."""
    names = ("z", "y", "magnitude")
    paths = [[folder / f"velocity_s{seed}_t{step:02d}_{name}.npy" for name in names] for step in range(steps)]
    if all(path.exists() for row in paths for path in row):
        return
    flow = spin_up(VortexOptions(128, steps, seed, viscosity, 0.8, 2))
    for row in paths:
        velocity = flow.velocity()
        values = (velocity[0], velocity[1], np.sqrt(np.square(velocity).sum(0)))
        for path, array in zip(row, values, strict=True):
            save(path, np.ascontiguousarray(array, np.float32))
        flow.advance(0.8)


def save(path: Path, values: np.ndarray) -> None:
    """Write and then rename, so that a killed run leaves no cut file."""
    part = path.with_suffix(".part.npy")
    np.save(part, values)
    os.replace(part, path)
    print(path, flush=True)


def main() -> None:
    """Run one of the two stages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    stages = parser.add_subparsers(dest="stage", required=True)
    data = stages.add_parser("data")
    data.add_argument("folder", type=Path)
    training = stages.add_parser("train")
    training.add_argument("folder", type=Path)
    training.add_argument("model", type=Path)
    training.add_argument("--minutes", type=float, default=45)
    training.add_argument("--start-from")
    training.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    if options.stage == "data":
        make_data(options.folder)
        return
    fields = [idlat.open_field(path) for path in sorted(options.folder.glob("*.npy"))]
    train(
        fields,
        options.model,
        minutes=options.minutes,
        start_from=options.start_from,
        resume=options.resume,
        report=show,
    )


if __name__ == "__main__":
    main()
