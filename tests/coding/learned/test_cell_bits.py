"""What each cell costs: adds up to the stream, and lies where the latents are."""

import numpy as np
import pytest

from idlat.model import LearnedModel, load_model


@pytest.mark.parametrize("gain", [-6.0, -3.0, 2.0])
def test_cells_add_up_to_the_stream(gain: float) -> None:
    z, y, x = np.meshgrid(*(np.arange(n) / 9 for n in (64, 40, 24)), indexing="ij")
    noise = np.random.default_rng(0).normal(size=z.shape)
    field = (np.sin(z) * np.cos(y) + 0.5 * np.sin(2 * x + y) + 0.02 * noise).astype(np.float32)
    model, importance = load_model("learned"), np.exp(-np.abs(z - 3)).astype(np.float32)
    latents = model.analyse(field, importance, gain)
    (bits,) = model.cell_bits([latents])
    (stream,) = model.encode_chunks([latents])
    assert bits.shape == latents.shape[1:]
    side = 8 * len(stream) - bits.sum()  # header, ẑ, and the coder's last word
    assert 0 < side < 128 + 0.09 * bits.sum() + 64
    layers = bits.mean(axis=(1, 2))
    assert layers[2:5].mean() > 2 * layers[[0, 6]].mean()  # importance is highest at z = 27


def test_only_coded_cells_cost(tiny_model: LearnedModel) -> None:
    chunk = np.zeros((tiny_model.channels, 8, 8, 8), np.int32)
    assert tiny_model.cell_bits([chunk])[0].sum() == 0
    chunk[2:, :4, :4, :4] = np.random.default_rng(0).integers(-40, 41, (tiny_model.channels - 2, 4, 4, 4))
    (bits,) = tiny_model.cell_bits([chunk])
    assert (bits[:4, :4, :4] > 0).all()
    assert bits[:4, :4, :4].sum() == bits.sum()
