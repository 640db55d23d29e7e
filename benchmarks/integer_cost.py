"""What exactness costs: the entropy networks in integers beside the same networks in floats.

    python benchmarks/integer_cost.py FIELD [--quality 20,35,50,65,80] [--map EXPRESSION]

Integers and floats sum −log2 p of every latent in closed form; the real streams hold, beside the integer
networks' bits, what frozen tables, escapes, whole words and headers cost.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

import idlat
from idlat.model import LearnedNetwork
from idlat.model.learned.entropy_prior import Prior

SIDE = 64


def cubes(values: np.ndarray) -> list[np.ndarray]:
    """Cut whole chunks of 64³ voxels out of a field (z, y, x)."""
    starts = [range(0, n - SIDE + 1, SIDE) for n in values.shape]
    return [
        values[z : z + SIDE, y : y + SIDE, x : x + SIDE]
        for z in starts[0]
        for y in starts[1]
        for x in starts[2]
    ]


@torch.inference_mode()
def closed_form(prior: Prior, latents: np.ndarray) -> float:
    """Bits of chunks (B, C, 8, 8, 8) by a prior, its ẑ rounded."""
    whole = torch.from_numpy(latents.astype(np.float32))
    y, level = whole[:, 1:], whole[:, :1]
    return float(prior.coded_bits(y, level).sum())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("field")
    parser.add_argument("--quality", default="20,35,50,65,80", help="qualities, separated by commas")
    parser.add_argument("--map", default="1", help="an importance expression")
    parser.add_argument("--model", help="a model file; the shipped one unless told")
    options = parser.parse_args()
    model = idlat.load_model(options.model or "learned")
    exact = model.network.prior
    floats = LearnedNetwork(model.config)
    floats.load_state_dict(model.network.state_dict())
    floats.prior.set_quantised(False)
    field = idlat.open_field(options.field).load()
    field = field.isel(time=0, drop=True) if "time" in field.dims else field
    importance = idlat.importance.parse(options.map).evaluate(field).values.astype(np.float32)
    values = ((field.values - field.values.mean()) / field.values.std()).astype(np.float32)
    low, high = model.gain_limits
    print("quality, bytes of streams, bytes in integers, bytes in floats, integers over floats")
    for quality in map(float, options.quality.split(",")):
        gain = low + quality / 100 * (high - low)
        pairs = zip(cubes(values), cubes(importance), strict=True)
        chunks = [model.analyse(x, i, gain) for x, i in pairs]
        streams = sum(len(stream) for stream in model.encode_chunks(chunks))
        integer, real = (closed_form(prior, np.stack(chunks)) / 8 for prior in (exact, floats.prior))
        print(f"{quality:7.0f} {streams:10d} {integer:12.0f} {real:12.0f} {integer / real:8.4f}", flush=True)


if __name__ == "__main__":
    main()
