"""Whether a family of maps that training never saw still steers the bits (paper, Sect. 4).

    python benchmarks/generality.py TRAIN... --test FIELD [--steps 150] [--batch 1] [--json FILE]

For each family of training maps in turn a model is trained from the same start on the others. Blocks of the
test field are then coded under maps of the family left out, and under the uniform map. A cell's bits, its
share of ẑ included, count evenly for its voxels. Printed are bits a voxel where I ≥ 0.5 over where I < 0.1,
and the same under the uniform map for the same voxels. Uniform maps have no such two places: there it is the
bits under I = 1 over those under I = 0.05, against 1.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import torch

import idlat
from idlat.allocator import keep_freed_memory
from idlat.fields import fill_values_of
from idlat.model import LearnedConfig, LearnedModel
from idlat.model.learned.symbol_probabilities import bits
from idlat.training.learned_recipe import LearnedRecipe
from idlat.training.maps import FAMILIES, random_map
from idlat.training.sampling import BLOCK, BlockSampler, read_block, volumes
from idlat.training.trainer import Schedule, Trainer

HIGH, LOW = 0.5, 0.1
LEAST_SHARE = 0.02  # of a block's voxels on either side, for a map to be used


@torch.inference_mode()
def bits_of_cells(model: LearnedModel, latents: np.ndarray) -> np.ndarray:
    """Bits of each cell (8, 8, 8) of a chunk (C, 8, 8, 8) by the exact prior."""
    whole = torch.from_numpy(latents.astype(np.float32))[None]
    y, level, prior = whole[:, 1:], whole[:, :1], model.network.prior
    activity = prior.activity(y)
    z = prior.hyper_analysis(y, activity).round()
    pair, means, rest = prior.distributions(y, level, z, activity)
    cells = bits(pair, means).sum(1) + bits(y[:, 1:], rest).sum(1)
    return (cells + prior.hyper_table.bits(z, activity) / cells[0].numel())[0].numpy()


def voxel_bits(model: LearnedModel, x: np.ndarray, importance: np.ndarray, gain: float) -> np.ndarray:
    """Bits of each voxel (64, 64, 64) of a block under a map."""
    cells = bits_of_cells(model, model.analyse(x, importance, gain)) / model.cell**3
    for axis in range(3):
        cells = np.repeat(cells, model.cell, axis)
    return cells


def steering(model: LearnedModel, blocks: list[np.ndarray], family: str, gain: float) -> tuple[float, float]:
    """Bits a voxel where I ≥ 0.5 over where I < 0.1: under maps of a family, and under the uniform map."""
    rng = np.random.default_rng(0)
    sums = np.zeros((2, 2))  # under the family's map and the uniform one; where important and where not
    counts = np.zeros(2)
    for block in blocks:
        uniform = voxel_bits(model, block, np.ones_like(block), gain)
        if family == "uniform":
            low = voxel_bits(model, block, np.full_like(block, LOW / 2), gain)
            sums += [[uniform.sum(), low.sum()], [uniform.sum()] * 2]
            counts += block.size
            continue
        for _ in range(50):
            importance = random_map(rng, block, (family,))
            places = importance >= HIGH, importance < LOW
            if min(place.mean() for place in places) >= LEAST_SHARE:
                own = voxel_bits(model, block, importance, gain)
                sums += [[values[place].sum() for place in places] for values in (own, uniform)]
                counts += [place.sum() for place in places]
                break
    ratios = sums / counts
    return float(ratios[0, 0] / ratios[0, 1]), float(ratios[1, 0] / ratios[1, 1])


def trained(sampler: BlockSampler, families: tuple[str, ...], options: argparse.Namespace) -> LearnedModel:
    """A model of preset `learned`, trained from its seeded start on some families of maps."""
    schedule = Schedule(steps=options.steps, batch=options.batch, families=families, seed=options.seed)
    with tempfile.TemporaryDirectory() as folder:
        recipe = LearnedRecipe.begin(LearnedConfig(), options.seed)
        trainer = Trainer(recipe, sampler, schedule, Path(folder) / "checkpoint")
        trainer.run()
    return LearnedModel.from_network(trainer.raw.cpu())


def main() -> None:
    """Train, measure, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", nargs="+", help="fields to learn from")
    parser.add_argument("--test", required=True, help="a field that none learns from")
    parser.add_argument("--variable", help="of the files")
    parser.add_argument("--steps", type=int, default=150, help="updates a model")
    parser.add_argument("--batch", type=int, default=1, help="blocks of 64³ an update")
    parser.add_argument("--quality", type=float, default=50)
    parser.add_argument("--blocks", type=int, default=4, help="blocks of the test field")
    parser.add_argument("--families", default=",".join(FAMILIES), help="which to leave out, in turn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    keep_freed_memory()
    fields = [idlat.open_field(path, variable=options.variable).load() for path in options.train]
    sampler = BlockSampler([v for f in fields for v in volumes(f, fill_values_of(f))], options.seed)
    test = idlat.open_field(options.test, variable=options.variable).load()
    (volume,) = volumes(test, fill_values_of(test))
    starts = np.random.default_rng(1).integers(
        0, [max(n - BLOCK, 0) + 1 for n in volume.shape], (options.blocks, 3)
    )
    blocks = [read_block(volume, [int(n) for n in start]) for start in starts]
    print("family left out | bits a voxel, I ≥ 0.5 over I < 0.1 | uniform map, same voxels | times")
    rows = []
    for family in options.families.split(","):
        model = trained(sampler, tuple(name for name in FAMILIES if name != family), options)
        low, high = model.gain_limits
        own, uniform = steering(model, blocks, family, low + options.quality / 100 * (high - low))
        rows.append({"family": family, "ratio": own, "uniform": uniform, "times": own / uniform})
        print(f"{family} | {own:.3g} | {uniform:.3g} | {own / uniform:.3g}", flush=True)
        if options.json:
            settings = {name: str(value) for name, value in vars(options).items()}
            options.json.write_text(json.dumps({"settings": settings, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
