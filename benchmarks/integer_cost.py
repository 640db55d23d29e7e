"""What exactness costs: bytes of real streams beside the bits that the same networks ask for in floats.

    python benchmarks/integer_cost.py FIELD [--quality 20,35,50,65,80] [--map EXPRESSION] [--checkpoint FILE]

The float column sums −log2 p of every latent with the entropy networks in ordinary float arithmetic and the
distributions in closed form; the bytes hold the integer networks, frozen tables, the coder's words and the
headers. With the checkpoint of a training (FILE, copied before it ended) the float networks have that
checkpoint's unrounded weights, else those of the model file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

import idlat
from idlat.model import Network
from idlat.model.prior import Prior
from idlat.training.trainer import load_checkpoint

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
def float_bits(prior: Prior, latents: np.ndarray) -> float:
    """Bits of chunks (B, C, 8, 8, 8) by the prior in floats, its ẑ rounded."""
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
    parser.add_argument("--checkpoint", type=Path)
    options = parser.parse_args()
    model = idlat.load_model(options.model)
    network = Network(model.config)
    network.load_state_dict(
        load_checkpoint(options.checkpoint)["network"] if options.checkpoint else model.network.state_dict()
    )
    network.prior.set_quantised(False)
    field = idlat.open_field(options.field).load()
    field = field.isel(time=0, drop=True) if "time" in field.dims else field
    importance = idlat.importance.parse(options.map).evaluate(field).values.astype(np.float32)
    values = ((field.values - field.values.mean()) / field.values.std()).astype(np.float32)
    low, high = model.gain_limits
    print("quality, bytes of streams, bytes in floats, streams over floats")
    for quality in map(float, options.quality.split(",")):
        gain = low + quality / 100 * (high - low)
        pairs = zip(cubes(values), cubes(importance), strict=True)
        chunks = [model.analyse(x, i, gain) for x, i in pairs]
        streams = sum(len(stream) for stream in model.encode_chunks(chunks))
        floats = float_bits(network.prior, np.stack(chunks)) / 8
        print(f"{quality:7.0f} {streams:10d} {floats:12.0f} {streams / floats:8.4f}", flush=True)


if __name__ == "__main__":
    main()
